#include "ui/actions.h"

#include <algorithm>
#include <utility>

#include "base/local_time.h"
#include "client/turn_round.h"
#include "crm/tables.h"
#include "ui/activity.h"
#include "ui/format.h"
#include "ui/payment_acts.h"

namespace ct::ui {
namespace {

using client::Edit;
using crm::field_id;
using crm::Model;
using sync::OperationKind;

constexpr crm::FieldId kDueDate = field_id(Model::reminder, "reminderDate");
constexpr crm::FieldId kSnoozed = field_id(Model::reminder, "snoozedUntil");
constexpr crm::FieldId kDone = field_id(Model::reminder, "isCompleted");
constexpr crm::FieldId kLead = field_id(Model::reminder, "leadId");
constexpr UnixMs kMorning_ms = 10 * 3'600'000;  // when the next step is proposed for
constexpr crm::FieldId kRepeat = field_id(Model::reminder, "repeat");

/// The first date after `now` that a repeating reminder falls on; 0 when it does not repeat.
UnixMs next_date(UnixMs at, std::string_view repeat, UnixMs now) {
    if (repeat != "DAILY" && repeat != "WEEKLY" && repeat != "MONTHLY") return 0;
    LocalTime local = to_local(at);
    const int wanted_day = local.day;
    UnixMs next = at;
    constexpr int kStepsMax = 40'000;  // a hundred years of days
    for (int i = 0; i < kStepsMax && next <= std::max(now, at); ++i) {
        if (repeat == "MONTHLY") {
            local.month += 1;
            if (local.month > 12) {
                local.month = 1;
                local.year += 1;
            }
            local.day = wanted_day;
            // The 31st of a short month is its last day.
            while (to_local(from_local(local)).month != local.month) --local.day;
        } else {
            local.day += repeat == "DAILY" ? 1 : 7;
            LocalTime carried = to_local(from_local(local));
            carried.hour = local.hour;
            local = carried;
        }
        next = from_local(local);
    }
    return next;
}

crm::Changes one(crm::FieldId field, crm::Value value) {
    crm::Changes changes;
    changes.set(field, std::move(value));
    return changes;
}

Edit next_reminder(Desk& desk, const crm::Record& done, UnixMs at) {
    Edit edit{OperationKind::create, Model::reminder, desk.new_id(), {}};
    done.fields.each([&](crm::FieldId field, crm::ValueView value) {
        if (field != kSnoozed && field != kDone) edit.changes.set(field, crm::own(value));
    });
    edit.changes.set(kDueDate, at);
    return edit;
}

}  // namespace

void offer_undo(Desk& desk, std::string text) {
    desk.toasts.add(ToastKind::done, std::move(text), "Undo", [&desk] { undo(desk); });
}

std::string count_of(Model model, std::size_t count) {
    std::string one(crm::def(model).name);
    std::string many(crm::def(model).plural);
    for (std::string* word : {&one, &many}) word->front() = static_cast<char>(word->front() - 'A' + 'a');
    return count_text(static_cast<std::int64_t>(count), one, many);
}

std::function<void(const Result<std::size_t>&)> told_at_end(Desk& desk, std::function<std::string(std::size_t)> words) {
    return [&desk, words = std::move(words)](const Result<std::size_t>& done) {
        if (desk.accepted(done) && *done > 0) offer_undo(desk, words(*done));
    };
}

void remove_records(Desk& desk, Model model, const std::vector<Uuid>& ids) {
    client::Editor::Many many;
    many.records = ids;
    many.edit = [&desk, model](const Uuid& id) -> Result<std::optional<Edit>> {
        if (desk.state.find(model, id) == nullptr) return std::nullopt;
        return Edit{OperationKind::remove, model, id, {}};
    };
    many.label = [model](std::size_t count) { return "Delete " + count_of(model, count); };
    many.done = told_at_end(desk, [model](std::size_t count) { return "Deleted " + count_of(model, count); });
    desk.editor.apply_each(std::move(many));
}

void set_choice(Desk& desk, Model model, const std::vector<Uuid>& ids, crm::FieldId field, std::string_view value) {
    client::Editor::Many many;
    many.records = ids;
    many.edit = [&desk, model, field, wanted = std::string(value)](const Uuid& id) -> Result<std::optional<Edit>> {
        const crm::Record* record = desk.state.find(model, id);
        if (record == nullptr || record->fields.text(field) == wanted) return std::nullopt;
        Edit edit{OperationKind::update, model, id, one(field, wanted)};
        date_completed(*record, edit.changes, desk.now());
        return edit;
    };
    const std::string to = words_of_choice(value);
    many.label = [model, to](std::size_t count) { return "Set " + count_of(model, count) + " to " + to; };
    many.done = told_at_end(desk, [model, to](std::size_t count) { return count_of(model, count) + " set to " + to; });
    desk.editor.apply_each(std::move(many));
}

void set_reminder_done(Desk& desk, const Uuid& id, bool done) {
    const crm::Record* reminder = desk.state.find(Model::reminder, id);
    if (reminder == nullptr) return;
    std::vector<Edit> edits{{OperationKind::update, Model::reminder, id, one(kDone, done)}};
    const UnixMs next =
        done ? next_date(reminder->fields.integer(kDueDate), reminder->fields.text(kRepeat), desk.now()) : 0;
    if (next > 0) edits.push_back(next_reminder(desk, *reminder, next));
    const std::string title = crm::title(*reminder);
    const std::string lead(reminder->fields.text(kLead));
    if (!desk.accepted(desk.editor.apply(std::move(edits), (done ? "Complete " : "Reopen ") + title))) return;
    std::string said = done ? "Done: " + title : "Open again: " + title;
    if (next > 0) said += ". Next " + due_text(next, desk.now());
    if (!done || next > 0) return offer_undo(desk, std::move(said));
    // What is done is followed by something, or the lead is forgotten.
    desk.toasts.add(
        ToastKind::done, std::move(said), "Undo", [&desk] { undo(desk); }, "Plan the next step",
        [&desk, lead] {
            crm::Changes preset;
            if (!lead.empty()) preset.set(kLead, lead);
            preset.set(field_id(Model::reminder, "type"), std::string("FOLLOW_UP"));
            preset.set(kDueDate, start_of_day(desk.now(), 1) + kMorning_ms);
            desk.create(Model::reminder, std::move(preset));
        });
}

void snooze_reminder(Desk& desk, const Uuid& id, UnixMs until) {
    if (desk.accepted(desk.editor.set(Model::reminder, id, one(kSnoozed, until)))) {
        offer_undo(desk, "Put off to " + due_text(until, desk.now()));
    }
}

bool can_turn_round(const Desk& desk, const store::AuditRow& decision) {
    const crm::Record* there = desk.state.find(decision.model, decision.record);
    return client::way_round(decision, there) != client::WayRound::none;
}

void turn_round(Desk& desk, const store::AuditRow& decision) {
    auto edit = client::turning_round(decision, desk.state.find(decision.model, decision.record));
    if (!edit) return;
    const std::string title = title_of(record_of(desk, decision));
    if (desk.accepted(desk.editor.apply({*std::move(edit)}, "Turn round a decision about " + title)))
        offer_undo(desk, "Turned round. It goes to everybody with the next sync");
}

void discard_change(Desk& desk, const sync::QueuedOperation& queued) {
    const sync::Operation& operation = queued.operation;
    const auto edit = [&operation](OperationKind kind, crm::Changes changes = {}) {
        return Edit{kind, operation.model, operation.record, std::move(changes)};
    };
    const crm::Record* record = desk.state.find(operation.model, operation.record);
    const crm::Changes said = record == nullptr ? crm::Changes{} : crm::all_of(*record);
    desk.post(client::DiscardOperation{operation.id});
    const std::string words = "Your change is discarded";
    if (operation.kind == OperationKind::update && !operation.changes.empty()) {
        desk.editor.note("Discard a change", {edit(OperationKind::update, queued.before)},
                         {edit(OperationKind::update, operation.changes)});
    } else if (operation.kind == OperationKind::create && !said.empty()) {
        desk.editor.note("Discard a change", {edit(OperationKind::remove)}, {edit(OperationKind::create, said)});
    } else if (operation.kind == OperationKind::remove) {
        desk.editor.note("Discard a change", {edit(OperationKind::create, queued.before)},
                         {edit(OperationKind::remove)});
    } else {
        return desk.toasts.add(ToastKind::info, words);
    }
    offer_undo(desk, words);
}

void undo(Desk& desk) {
    if (!desk.editor.can_undo()) return;
    const std::string label = desk.editor.undo_label();
    if (desk.accepted(desk.editor.undo())) {
        desk.toasts.add(ToastKind::info, "Undone: " + label, "Redo", [&desk] { redo(desk); });
    }
}

void redo(Desk& desk) {
    if (!desk.editor.can_redo()) return;
    const std::string label = desk.editor.redo_label();
    if (desk.accepted(desk.editor.redo())) {
        desk.toasts.add(ToastKind::info, "Done again: " + label, "Undo", [&desk] { undo(desk); });
    }
}

UnixMs due_at(const crm::Record& reminder) {
    return std::max(reminder.fields.integer(kDueDate), reminder.fields.integer(kSnoozed));
}

bool is_done(const crm::Record& reminder) { return reminder.fields.flag(kDone); }

std::string lead_of(const client::State& state, const crm::Record& record) {
    const auto parent = crm::def(record.model).parent;
    if (!parent) return {};
    const auto id = Uuid::parse(record.fields.text(*parent));
    const crm::Record* lead = id ? state.find(Model::lead, *id) : nullptr;
    return lead == nullptr ? std::string{} : crm::title(*lead);
}

std::string title_of(const crm::Record& record) {
    if (record.model != Model::payment) return crm::title(record);
    const crm::Fields& fields = record.fields;
    return (is_outgoing(record) ? "−" : "") + money_text(fields.integer(field_id(Model::payment, "amount")),
                                                         fields.text(field_id(Model::payment, "currency")));
}

}  // namespace ct::ui
