// The account, how often to sync, how it looks, and what new records begin with. Changes hold at once.
#pragma once

#include <array>
#include <string>

#include "ui/desk.h"
#include "ui/file_chooser.h"
#include "ui/sign_in.h"
#include "ui/table_csv.h"

namespace ct::ui {

class Settings {
  public:
    void draw(Desk& desk);

  private:
    void draw_account(Desk& desk);
    void draw_sync(Desk& desk);
    static void draw_parts(Desk& desk);
    static void draw_fields_kept(Desk& desk, crm::Model model);
    void draw_look(Desk& desk);
    void draw_region(Desk& desk);
    void draw_notices(Desk& desk);
    void draw_receipts(Desk& desk);
    void draw_data(Desk& desk);
    void draw_storage(Desk& desk);
    void draw_exchange(Desk& desk);
    void draw_keys(Desk& desk);
    void draw_about(Desk& desk);

    SignInForm sign_in_;
    std::array<TableExport, crm::kModelCount> exports_;
    FileChooser backup_chooser_, restore_chooser_;
    std::string backup_file_, backup_passphrase_, restore_file_, restore_passphrase_;
    bool restoring_ = false;  // its form is open
    int shown_in_frame_ = -2;
};

/// A label at the left; the widget that follows stands at the right, as wide as that.
void label_before(const Theme& theme, const char* words, float widget_width, float widget_height = 36);

}  // namespace ct::ui
