#include "client/commands.h"

#include <algorithm>
#include <utility>

#include "crm/validate.h"

namespace ct::client {

namespace {

using sync::OperationKind;

constexpr std::size_t kStepsMax = 200;
constexpr std::int64_t kAbsent = -1;  // InFlight: the record was not there

Failure gone(crm::Model model) {
    return fail(ErrorKind::not_found, "NO_SUCH_RECORD", "this " + std::string(crm::name(model)) + " is not there any more");
}

/// Everything that a record says, as changes that make it anew.
crm::Changes all_of(const crm::Record& record) {
    crm::Record empty;
    empty.model = record.model;
    return crm::difference(empty, record);
}

std::string label_of(std::string_view verb, crm::Model model) { return std::string(verb) + " " + std::string(crm::name(model)); }

}  // namespace

Editor::Editor(State& state, const Clock& clock, Random& random, Post post)
    : state_(state), clock_(clock), ids_(clock, random), post_(std::move(post)) {}

Result<Uuid> Editor::add(crm::Model model, crm::Changes changes) {
    Edit edit{OperationKind::create, model, ids_.next(), std::move(changes)};
    const Uuid id = edit.record;
    std::vector<Edit> edits;
    edits.push_back(std::move(edit));
    if (auto done = apply(std::move(edits), label_of("Add", model)); !done) return fail(done.error());
    return id;
}

Result<void> Editor::set(crm::Model model, const Uuid& id, crm::Changes changes) {
    std::vector<Edit> edits;
    edits.push_back({OperationKind::update, model, id, std::move(changes)});
    return apply(std::move(edits), label_of("Edit", model));
}

Result<void> Editor::remove(crm::Model model, const Uuid& id) {
    std::vector<Edit> edits;
    edits.push_back({OperationKind::remove, model, id, {}});
    return apply(std::move(edits), label_of("Delete", model));
}

Result<void> Editor::apply(std::vector<Edit> edits, std::string label) {
    if (edits.empty()) return {};
    Step step;
    step.label = std::move(label);
    for (Edit& edit : edits) {
        Result<void> valid;
        if (edit.kind == OperationKind::create) valid = crm::validate_new(edit.model, edit.changes);
        if (edit.kind == OperationKind::update) valid = crm::validate(edit.model, edit.changes);
        if (!valid) return valid;
        auto back = inverse(edit);
        if (!back) return fail(back.error());
        step.backward.push_back(std::move(*back));
    }
    std::reverse(step.backward.begin(), step.backward.end());
    step.forward = edits;
    step.ticket = run(std::move(edits));
    redo_.clear();
    undo_.push_back(std::move(step));
    if (undo_.size() > kStepsMax) undo_.pop_front();
    return {};
}

/// The edit that takes this one back, given what is shown now. Undoing a delete says "create": the store turns that into
/// a restore where a tombstone is left (a record that nobody else ever saw leaves none).
Result<Edit> Editor::inverse(const Edit& edit) const {
    if (edit.kind == OperationKind::create) return Edit{OperationKind::remove, edit.model, edit.record, {}};
    const crm::Record* now = state_.find(edit.model, edit.record);
    if (now == nullptr) return gone(edit.model);
    if (edit.kind == OperationKind::remove) return Edit{OperationKind::create, edit.model, edit.record, all_of(*now)};
    Edit back{OperationKind::update, edit.model, edit.record, {}};
    for (const auto& [field, value] : edit.changes.fields) back.changes.set(field, crm::own(now->fields.get(field)));
    return back;
}

std::uint64_t Editor::run(std::vector<Edit> edits) {
    InFlight in_flight;
    const UnixMs now = clock_.now();
    for (const Edit& edit : edits) {
        const crm::Record* shown = state_.find(edit.model, edit.record);
        crm::Record before;
        if (shown != nullptr) before = *shown;
        before.id = edit.record;
        before.model = edit.model;
        crm::Record after = before;
        if (shown == nullptr) before.version = kAbsent;
        in_flight.before.push_back(std::move(before));
        if (shown == nullptr) after.created_at = now;
        after.updated_at = std::max(now, after.updated_at);
        after.sync_status = crm::SyncStatus::pending;
        after.deleted = edit.kind == OperationKind::remove;
        crm::apply(after, edit.changes);
        state_.put(std::move(after));
    }
    const std::uint64_t ticket = next_ticket_++;
    in_flight_.emplace(ticket, std::move(in_flight));
    post_(Commit{ticket, std::move(edits)});
    return ticket;
}

void Editor::take_back(InFlight& in_flight) {
    for (auto record = in_flight.before.rbegin(); record != in_flight.before.rend(); ++record) {
        if (record->version == kAbsent) {
            state_.remove(record->model, record->id);
        } else {
            state_.put(std::move(*record));
        }
    }
}

std::optional<std::string> Editor::observe(const Event& event) {
    if (const auto* saved = std::get_if<Saved>(&event)) {
        in_flight_.erase(saved->ticket);
        return std::nullopt;
    }
    const auto* failed = std::get_if<SaveFailed>(&event);
    if (failed == nullptr) return std::nullopt;
    const auto at = in_flight_.find(failed->ticket);
    if (at == in_flight_.end()) return std::nullopt;
    take_back(at->second);
    in_flight_.erase(at);
    for (std::deque<Step>* stack : {&undo_, &redo_}) {  // what did not happen cannot be undone
        const auto step = std::find_if(stack->begin(), stack->end(), [&](const Step& s) { return s.ticket == failed->ticket; });
        if (step == stack->end()) continue;
        std::string label = std::move(step->label);
        stack->erase(step);
        return label;
    }
    return std::string("Edit");
}

// --- undo and redo ------------------------------------------------------------------------------------------------------

const std::string& Editor::undo_label() const {
    static const std::string kNone;
    return undo_.empty() ? kNone : undo_.back().label;
}

const std::string& Editor::redo_label() const {
    static const std::string kNone;
    return redo_.empty() ? kNone : redo_.back().label;
}

/// Moves the newest step from one stack to the other, and carries out one of its directions.
Result<void> Editor::step(std::deque<Step>& from, std::deque<Step>& to, std::vector<Edit> Step::*direction) {
    if (from.empty()) return {};
    Step taken = std::move(from.back());
    from.pop_back();
    for (const Edit& edit : taken.*direction) {
        const bool there = state_.find(edit.model, edit.record) != nullptr;
        if (there == (edit.kind == OperationKind::create)) return gone(edit.model);  // somebody else was faster
    }
    taken.ticket = run(taken.*direction);
    to.push_back(std::move(taken));
    return {};
}

Result<void> Editor::undo() { return step(undo_, redo_, &Step::backward); }
Result<void> Editor::redo() { return step(redo_, undo_, &Step::forward); }

}  // namespace ct::client
