// The icons that windows draw, by their short names.
#pragma once

#include "../../assets/icons.h"

namespace ct::ui {
namespace icon = ct::assets::icon;
}  // namespace ct::ui
