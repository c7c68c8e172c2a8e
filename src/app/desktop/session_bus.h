// The desktop's session bus (D-Bus): shows notifications that can be clicked, and hears how the desktop wishes to look.
// The library is loaded when the program starts; where it or a bus is not there, nothing is heard and nothing can be
// shown.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ct::app {

class SessionBus {
  public:
    /// Connects in a thread of its own. `wake` is called from it when there is something new to ask for.
    explicit SessionBus(std::function<void()> wake);
    ~SessionBus();
    SessionBus(const SessionBus&) = delete;
    SessionBus& operator=(const SessionBus&) = delete;

    /// False: there is no bus, or nobody shows notifications; it has to be said in another way. Any thread.
    [[nodiscard]] bool notify(const std::string& title, const std::string& words);
    /// What the desktop wishes now (org.freedesktop.appearance: color-scheme, contrast). Any thread.
    struct Wishes {
        std::optional<bool> dark;  ///< nothing: it has not said
        bool contrast = false;     ///< more of it
    };
    [[nodiscard]] Wishes wishes() const;
    /// Whether one of our notifications was clicked since the last call. Any thread.
    [[nodiscard]] bool take_clicked();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ct::app
