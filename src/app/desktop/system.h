// What the window asks of the desktop around it.
#pragma once

#include <filesystem>
#include <string>

namespace ct::app {

/// Opens a link with whatever the user has chosen for it (xdg-open). Does not wait.
void open_url(const std::string& url);
[[nodiscard]] bool desktop_prefers_dark();
[[nodiscard]] std::filesystem::path program_file();

}  // namespace ct::app
