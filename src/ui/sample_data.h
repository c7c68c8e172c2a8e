// A small customer book to look around in, added on request and taken away by one undo.
#pragma once

#include "ui/desk.h"

namespace ct::ui {

void add_sample_data(Desk& desk);

}  // namespace ct::ui
