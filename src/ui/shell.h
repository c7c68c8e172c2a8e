// The frame around the pages: navigation at the left, the bar at the top, the page, and the drawer at the right.
#pragma once

#include <array>
#include <optional>

#include "ui/activity.h"
#include "ui/conflicts.h"
#include "ui/drawer.h"
#include "ui/duplicates.h"
#include "ui/import_window.h"
#include "ui/indicator.h"
#include "ui/key_sheet.h"
#include "ui/leave.h"
#include "ui/notices.h"
#include "ui/palette.h"
#include "ui/payments_page.h"
#include "ui/pipeline.h"
#include "ui/records.h"
#include "ui/reminders_page.h"
#include "ui/settings.h"
#include "ui/today.h"

namespace ct::ui {

class Shell {
  public:
    explicit Shell(const Clock& clock);
    void draw(Desk& desk);
    void handle_keys(Desk& desk);
    static void zoom(Desk& desk);  ///< Ctrl is held: by + - and 0
    [[nodiscard]] LeaveDialog& leave() { return leave_; }
    [[nodiscard]] const LeaveDialog& leave() const { return leave_; }
    [[nodiscard]] CommandPalette& palette() { return palette_; }
    [[nodiscard]] KeySheet& keys() { return keys_; }
    [[nodiscard]] Notices& notices() { return notices_; }

    [[nodiscard]] Drawer& drawer() { return drawer_; }
    [[nodiscard]] RemindersPage& reminders() { return reminders_; }
    /// Where the page ends and the drawer begins.
    [[nodiscard]] float page_right(const Theme& theme) const;
    [[nodiscard]] IndicatorView& indicator() { return indicator_; }
    [[nodiscard]] Activity& activity() { return activity_; }
    [[nodiscard]] ImportWindow& imports() { return imports_; }
    [[nodiscard]] Records& records(crm::Model model);

  private:
    [[nodiscard]] static float navigation_width(const Theme& theme);
    [[nodiscard]] bool drawer_covers(const Theme& theme) const;  ///< the page: there is no room for both
    void draw_navigation(Desk& desk);
    void draw_brand(const Theme& theme, ImVec2 at);
    void draw_account(Desk& desk);
    bool draw_item(Desk& desk, Page page, const char* label, const char* icon, std::size_t count);
    void draw_top_bar(Desk& desk, float width);
    void draw_page(Desk& desk);
    [[nodiscard]] Records* current(const Desk& desk);  ///< whose search is at the top
    [[nodiscard]] Records* table(const Desk& desk);    ///< that is to be seen
    void handle_control_keys(Desk& desk);

    Records leads_;
    PaymentsPage payments_;
    RemindersPage reminders_;
    Notices notices_;
    LeaveDialog leave_;
    Today today_;
    Pipeline pipeline_;
    Conflicts conflicts_;
    Activity activity_;
    Settings settings_;
    Drawer drawer_;
    IndicatorView indicator_;
    CommandPalette palette_;
    KeySheet keys_;
    ImportWindow imports_;
    Duplicates duplicates_;
    float item_step_ = 0;          // from one page in the navigation to the next
    bool popup_was_open_ = false;  // at the end of the last frame: Esc was for it
    bool search_active_ = false;
    Page drawn_page_ = Page::today;
    std::optional<Uuid> drawn_record_;  // in the drawer, in the last frame; nil: a new one
};

}  // namespace ct::ui
