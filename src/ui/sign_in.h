// The form that binds this laptop to a server.
#pragma once

#include <string>

#include "ui/desk.h"

namespace ct::ui {

class SignInForm {
  public:
    void draw(Desk& desk);
    void forget() { password_.clear(); }  ///< not kept longer than needed

  private:
    void submit(Desk& desk);
    void draw_error(Desk& desk);

    std::string server_, email_, password_, workspace_;
    bool sent_ = false;     // and not answered, as far as it is known here
    bool discard_ = false;  // another user's unsent work
    std::string missing_;   // the label of a field that must be filled in first
};

}  // namespace ct::ui
