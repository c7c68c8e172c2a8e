// The rescue copy as a form: where to, and a passphrase, twice. Offered where unsent work waits: behind the indicator,
// and beside signing out.
#pragma once

#include <string>

#include "ui/desk.h"
#include "ui/file_chooser.h"

namespace ct::ui {

class RescueForm {
  public:
    /// A button that opens it, where anything is unsent.
    static void draw_offer(Desk& desk);
    /// The form, when `desk.rescue.wanted` or already open.
    void draw(Desk& desk);

  private:
    void draw_fields(Desk& desk);
    void submit(Desk& desk);

    FileChooser chooser_;
    std::string file_, passphrase_, again_;
    bool open_ = false;
};

}  // namespace ct::ui
