// Says when a reminder is due: a toast, and a notification of the desktop. What fell due while the laptop slept or the
// program was not running comes as one digest at once.
#pragma once

#include <cstdint>

#include "ui/desk.h"

namespace ct::ui {

class Notices {
  public:
    /// In every frame; asks for the next one when something will be due.
    void update(Desk& desk);

  private:
    static void tell(Desk& desk, std::size_t count, const crm::Record& first, bool after_a_gap);

    UnixMs told_until_ = 0;  // what was due until then has been told
    UnixMs looked_at_ = 0;
    UnixMs next_due_ = 0;
    std::uint64_t seen_ = 0;  // of the reminders
    bool began_ = false;
};

}  // namespace ct::ui
