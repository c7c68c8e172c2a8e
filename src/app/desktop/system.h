// What the window asks of the desktop around it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace ct::app {

/// Opens a link with whatever the user has chosen for it (xdg-open). Does not wait.
void open_url(const std::string& url);
/// Shows a notification by the desktop's own means: notify-send, or gdbus where that is not there. Does not wait; where
/// neither is, nothing happens.
void notify(const std::string& title, const std::string& words);
[[nodiscard]] bool desktop_prefers_dark();
[[nodiscard]] std::filesystem::path program_file();
[[nodiscard]] std::int64_t resident_bytes();  ///< the memory that this program has now; 0: not known

}  // namespace ct::app
