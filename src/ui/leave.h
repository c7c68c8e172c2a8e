// Asks before one goes away from work that nobody else has yet: closing the window, signing out.
#pragma once

#include "ui/desk.h"

namespace ct::ui {

enum class Leaving : std::uint8_t { close, sign_out };

class LeaveDialog {
  public:
    void ask(Leaving what) { wanted_ = what, open_next_ = true; }
    void draw(Desk& desk);
    /// The window was allowed to close.
    [[nodiscard]] bool may_close() const { return may_close_; }
    /// A sync ended: when it sent everything, the dialog goes on by itself.
    void on_finished() { waiting_ = false; }

  private:
    void draw_inside(Desk& desk);
    void go(Desk& desk);

    Leaving wanted_ = Leaving::close;
    bool open_next_ = false, waiting_ = false, may_close_ = false;
};

/// Records whose edits no server has; 0 where there is none to send to.
[[nodiscard]] std::int64_t unsent_records(const Desk& desk);
/// Such records, or files that no server has.
[[nodiscard]] bool anything_unsent(const Desk& desk);

}  // namespace ct::ui
