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
/// Notifications are shown as a little HTML: the words as they are to be written there.
[[nodiscard]] std::string without_markup(const std::string& words);
/// As the files of the GTK desktops say; what a desktop says itself is SessionBus's to hear.
[[nodiscard]] bool desktop_prefers_dark();
[[nodiscard]] std::filesystem::path program_file();
/// Gives the system back what the program has freed: the C library keeps it otherwise. Some milliseconds.
void give_back_memory();
[[nodiscard]] std::int64_t resident_bytes();  ///< the memory that this program has now; 0: not known

}  // namespace ct::app
