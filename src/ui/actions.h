// Edits that more than one window offers, each one undo step with a toast that can take it back.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ui/desk.h"

namespace ct::ui {

/// Says what was done, with a way back.
void offer_undo(Desk& desk, std::string text);
/// "3 leads", "1 payment".
[[nodiscard]] std::string count_of(crm::Model model, std::size_t count);
/// For the end of an edit of many: says what was done to how many, with a way back, or what went wrong.
[[nodiscard]] std::function<void(const Result<std::size_t>&)> told_at_end(
    Desk& desk, std::function<std::string(std::size_t)> words);
void remove_records(Desk& desk, crm::Model model, const std::vector<Uuid>& ids);
/// Gives one choice field of all these records the same value.
void set_choice(Desk& desk, crm::Model model, const std::vector<Uuid>& ids, crm::FieldId field, std::string_view value);
/// Ticks a reminder off, or on again. One that repeats leaves the next one behind, in the same undo step.
void set_reminder_done(Desk& desk, const Uuid& id, bool done);
void snooze_reminder(Desk& desk, const Uuid& id, UnixMs until);
/// Gives back what a rule decided against, as an edit that can be undone.
void turn_round(Desk& desk, const store::AuditRow& decision);
/// Whether that would change anything now.
[[nodiscard]] bool can_turn_round(const Desk& desk, const store::AuditRow& decision);
/// Gives up an edit that was refused or is in conflict. One undo makes it anew.
void discard_change(Desk& desk, const sync::QueuedOperation& queued);
void undo(Desk& desk);
void redo(Desk& desk);

/// When a reminder wants attention: its date, or the later one that it was put off to.
[[nodiscard]] UnixMs due_at(const crm::Record& reminder);
[[nodiscard]] bool is_done(const crm::Record& reminder);
/// The title of the lead that a record belongs to, or empty.
[[nodiscard]] std::string lead_of(const client::State& state, const crm::Record& record);
/// What to call a record on the screen: payments have no name, so theirs is the amount, with a minus where we pay.
[[nodiscard]] std::string title_of(const crm::Record& record);

}  // namespace ct::ui
