// `?`: the sheet of all keys.
#pragma once

#include "ui/desk.h"

namespace ct::ui {

class KeySheet {
  public:
    void open() { open_next_ = true; }
    void draw(const Desk& desk);

  private:
    bool open_next_ = false;
};

}  // namespace ct::ui
