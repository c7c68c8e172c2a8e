// The account, how often to sync, how it looks, and what new records begin with. Changes hold at once.
#pragma once

#include "ui/desk.h"
#include "ui/sign_in.h"

namespace ct::ui {

class Settings {
  public:
    void draw(Desk& desk);

  private:
    void draw_account(Desk& desk);
    void draw_sync(Desk& desk);
    static void draw_parts(Desk& desk);
    void draw_look(Desk& desk);
    void draw_region(Desk& desk);
    void draw_keys(Desk& desk);
    void draw_about(Desk& desk);

    SignInForm sign_in_;
};

}  // namespace ct::ui
