// Reminders: by day as an agenda, or as a table. Done, put off and opened in place.
#pragma once

#include <string>
#include <vector>

#include "ui/desk.h"
#include "ui/records.h"

namespace ct::ui {

class RemindersPage {
  public:
    RemindersPage();
    void draw(Desk& desk);
    [[nodiscard]] Records& records() { return records_; }
    /// Whether the table is shown, which selection and Del are for.
    [[nodiscard]] bool table() const { return view_ == 1; }
    void show_table(bool on) { view_ = on ? 1 : 0; }

  private:
    void update(Desk& desk);
    void filter(Desk& desk);
    void draw_head(Desk& desk);
    void draw_agenda(Desk& desk);
    void draw_one(Desk& desk, const crm::Record& reminder);
    void draw_snooze(Desk& desk, const crm::Record& reminder, ImVec2 at);

    Records records_;
    std::size_t view_ = 0;
    std::vector<Uuid> open_;  // earliest first
    std::uint64_t seen_ = 0;
    Filter filter_;
    std::string parsed_;       // what filter_ was made of
    UnixMs parsed_on_ = 0;     // the day: "today" is another one tomorrow
    std::vector<Uuid> found_;  // of open_: what it lets pass
    std::size_t next_ = 0;     // of open_: not tried yet
    std::uint64_t seen_leads_ = 0, seen_people_ = 0;
};

/// Where a reminder can be put off to: later today, tomorrow, next week.
struct SnoozeChoice {
    std::string words;  ///< "Tomorrow 09:00"
    UnixMs until = 0;
};
[[nodiscard]] std::vector<SnoozeChoice> snooze_choices(UnixMs now);
/// The popup "snooze" with these choices for one reminder, when it is open.
void draw_snooze_choices(Desk& desk, const Uuid& reminder);

}  // namespace ct::ui
