// What one does with a record beside editing it: call, write, chat, also with the lead whose payment or reminder it is;
// print a payment's receipt; tick a reminder off, put it off, take it to a calendar.
#pragma once

#include <string>
#include <unordered_map>

#include "ui/desk.h"

namespace ct::ui {

class Contact {
  public:
    /// The buttons that fit the record, in a row that begins at `left`; nothing where none fits.
    void draw(Desk& desk, const crm::Record& record, float left);

  private:
    void draw_reach(Desk& desk, const crm::Record& lead);
    static void draw_payment(Desk& desk, const crm::Record& payment);
    static void draw_reminder(Desk& desk, const crm::Record& reminder);
    void draw_message(Desk& desk, const crm::Record& lead);

    std::unordered_map<Uuid, std::string> texts_;  // by lead: what is typed stays until it is sent or kept
};

/// The template with what it names: {name} (the first one), {company}, {me}.
[[nodiscard]] std::string filled(const std::string& words, const crm::Record& lead, const std::string& me);

}  // namespace ct::ui
