// A month to click on, in a popup.
#pragma once

#include <optional>

#include "base/clock.h"
#include "ui/theme.h"

namespace ct::ui {

/// To be called inside a popup. Keeps the month that it shows in ImGui's storage of that popup. The day that was
/// clicked, at the hour and minute of `current`.
[[nodiscard]] std::optional<UnixMs> date_picker(const Theme& theme, std::optional<UnixMs> current, UnixMs now);

}  // namespace ct::ui
