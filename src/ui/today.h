// The first page: what is late, what is due today, who pays soon, and what changed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ui/desk.h"
#include "ui/order.h"

namespace ct::ui {

class Today {
  public:
    void draw(Desk& desk);
    /// Looks again when records or the day changed. Reminders late or due today, for the badge beside the page's name.
    std::size_t update(const Desk& desk);

  private:
    struct Changed {
        Uuid id;
        UnixMs at = 0;
    };
    void find_reminders(const client::Table& reminders, UnixMs now);
    void find_payments(const client::Table& payments, UnixMs now);
    void find_changed(const client::Table& leads);
    void draw_welcome(Desk& desk);
    void draw_outbox(Desk& desk, float width);
    void draw_tiles(Desk& desk);
    bool draw_tile(Desk& desk, const char* label, const std::string& number, const char* icon, const Tone& tone,
                   float width);
    void draw_reminders(Desk& desk);
    void draw_group(Desk& desk, const char* title, const std::vector<Uuid>& ids, ImU32 color);
    void draw_reminder(Desk& desk, const crm::Record& reminder);
    void draw_payments(Desk& desk);
    void draw_payment(Desk& desk, const crm::Record& payment);
    void draw_changed(Desk& desk);
    struct Line {
        std::string title, below, right;
        ImU32 right_color = 0;
        std::string act{};  ///< label of what can be done, below `right`; empty: nothing
    };
    /// True: its act was chosen.
    bool draw_line(Desk& desk, const crm::Record& record, const Line& line);

    std::uint64_t seen_leads_ = 0, seen_payments_ = 0, seen_reminders_ = 0;  // revisions of the tables
    UnixMs minute_ = 0;
    std::vector<Uuid> late_, today_, soon_;  // reminders, earliest first
    std::vector<Uuid> payments_;             // due within a week or late, earliest first
    std::size_t payments_total_ = 0;
    std::vector<Changed> changed_;  // leads, newest first
    Tally leads_;                   // those that were not merged into others
};

}  // namespace ct::ui
