#include "client/commands.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "crm/validate.h"

namespace ct::client {

namespace {

using sync::OperationKind;

constexpr std::size_t kStepsMax = 200;

Failure gone(crm::Model model) {
    return fail(ErrorKind::not_found, "NO_SUCH_RECORD",
                "this " + std::string(crm::name(model)) + " is not there any more");
}

/// One edit on top of a record. What went away meanwhile is not brought back by an update: the store refuses it too.
void put_on_top(std::optional<crm::Record>& record, const Edit& edit, UnixMs at) {
    if (edit.kind == OperationKind::remove) record.reset();
    if (edit.kind == OperationKind::create && !record) {
        record.emplace();
        record->id = edit.record;
        record->model = edit.model;
        record->created_at = at;
    }
    if (!record) return;
    crm::apply(*record, edit.changes);
    record->updated_at = std::max(record->updated_at, at);
    record->sync_status = crm::SyncStatus::pending;
}

std::string label_of(std::string_view verb, crm::Model model) {
    return std::string(verb) + " " + std::string(crm::name(model));
}

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
    step.first_ticket = step.ticket = run(std::move(edits));
    keep(std::move(step));
    return {};
}

void Editor::keep(Step step) {
    step.id = next_step_++;
    for (Step& ended : redo_) let_go(std::move(ended));
    redo_.clear();
    undo_.push_back(std::move(step));
    if (undo_.size() <= kStepsMax) return;
    let_go(std::move(undo_.front()));
    undo_.pop_front();
}

/// A step leaves the history: where it is being carried out still, that goes on.
void Editor::let_go(Step&& step) {
    if (long_ && long_->of != 0 && long_->of == step.id) long_->step = std::move(step);
}

Editor::Step* Editor::find_step(std::uint64_t id) {
    for (std::deque<Step>* stack : {&undo_, &redo_}) {
        const auto at = std::find_if(stack->begin(), stack->end(), [id](const Step& step) { return step.id == id; });
        if (at != stack->end()) return &*at;
    }
    return long_ && long_->step.id == id ? &long_->step : nullptr;
}

void Editor::note(std::string label, std::function<void()> turn) {
    Step step;
    step.label = std::move(label);
    step.turn = std::move(turn);
    keep(std::move(step));
}

void Editor::note(std::string label, std::vector<Edit> forward, std::vector<Edit> backward) {
    Step step;
    step.label = std::move(label);
    step.forward = std::move(forward);
    step.backward = std::move(backward);
    keep(std::move(step));
}

// ---- many edits

void Editor::apply_each(Many many) {
    finish();
    long_ = Long{};  // clang 14 emplaces no nested type that has member initialisers
    long_->many = std::move(many);
    run_part();
}

bool Editor::go_on() {
    if (long_) run_part();
    return long_.has_value();
}

void Editor::finish() {
    while (long_) run_part();
}

void Editor::run_part() { long_->of == 0 ? run_new_part() : run_old_part(); }

/// Of a step that is undone or done again.
void Editor::run_old_part() {
    Long& now = *long_;
    Step* const step = find_step(now.of);
    if (step == nullptr) return long_.reset();
    const std::vector<Edit>& edits = step->*now.direction;
    std::vector<Edit> part;
    const std::size_t from = now.next;
    now.next = std::min(edits.size(), from + kAtOnce);
    for (const Edit& edit : std::span(edits).subspan(from, now.next - from)) {
        // Those that somebody else was faster with are passed over.
        const bool there = state_.find(edit.model, edit.record) != nullptr;
        if (there != (edit.kind == OperationKind::create)) part.push_back(edit);
    }
    const std::uint64_t ticket = part.empty() ? 0 : run(std::move(part));
    step->parts.push_back({ticket, now.next - from});
    if (now.next == edits.size()) long_.reset();
}

/// Of a new step.
void Editor::run_new_part() {
    Long& now = *long_;
    std::vector<Edit> part;
    Result<void> good;
    // Looking at a record that needs no edit costs less than an edit, but not nothing.
    for (std::size_t looked = 0;
         good && now.next < now.many.records.size() && part.size() < kAtOnce && looked < 10 * kAtOnce; ++looked) {
        good = add_edit_of(now.many.records[now.next++], part);
    }
    if (!good && now.step.forward.empty()) {  // nothing has happened yet
        part.clear();
        now.step.backward.clear();
    }
    if (!part.empty()) {
        now.step.forward.insert(now.step.forward.end(), part.begin(), part.end());
        const std::size_t count = part.size();
        now.step.ticket = run(std::move(part));
        now.step.parts.push_back({now.step.ticket, count});
    }
    if (good && now.next < now.many.records.size()) return;
    end_long(good ? Result<std::size_t>(now.step.forward.size()) : Result<std::size_t>(fail(good.error())));
}

/// And what takes it back; neither where it needs none.
Result<void> Editor::add_edit_of(const Uuid& record, std::vector<Edit>& part) {
    auto edit = long_->many.edit(record);
    if (!edit) return fail(edit.error());
    if (!*edit) return {};
    if ((*edit)->kind == OperationKind::update) {
        if (auto valid = crm::validate((*edit)->model, (*edit)->changes); !valid) return valid;
    }
    auto back = inverse(**edit);
    if (!back) return fail(back.error());
    long_->step.backward.push_back(std::move(*back));
    part.push_back(std::move(**edit));
    return {};
}

void Editor::end_long(const Result<std::size_t>& done) {
    Long ended = *std::exchange(long_, std::nullopt);
    if (!ended.step.forward.empty()) {
        ended.step.label = ended.many.label(ended.step.forward.size());
        // A short one is as any other: what could not be saved takes the whole step with it.
        if (ended.step.parts.size() == 1) {
            ended.step.first_ticket = ended.step.parts.front().ticket;
            ended.step.parts.clear();
        }
        std::reverse(ended.step.backward.begin(), ended.step.backward.end());
        keep(std::move(ended.step));
    }
    if (ended.many.done) ended.many.done(done);
}

/// The edit that takes this one back, given what is shown now. Undoing a delete says "create": the store turns that
/// into a restore where a tombstone is left (a record that nobody else ever saw leaves none).
Result<Edit> Editor::inverse(const Edit& edit) const {
    if (edit.kind == OperationKind::create) return Edit{OperationKind::remove, edit.model, edit.record, {}};
    const crm::Record* now = state_.find(edit.model, edit.record);
    if (now == nullptr) return gone(edit.model);
    if (edit.kind == OperationKind::remove)
        return Edit{OperationKind::create, edit.model, edit.record, crm::all_of(*now)};
    Edit back{OperationKind::update, edit.model, edit.record, {}};
    for (const auto& [field, value] : edit.changes.fields) back.changes.set(field, crm::own(now->fields.get(field)));
    if (!edit.changes.extra.empty()) {
        crm::Record after = *now;
        crm::apply(after, edit.changes);
        back.changes.extra = crm::difference(after, *now).extra;
    }
    return back;
}

std::uint64_t Editor::run(std::vector<Edit> edits) {
    const std::uint64_t ticket = next_ticket_++;
    InFlight& in_flight = in_flight_[ticket];
    in_flight.at = clock_.now();
    in_flight.edits = edits;
    for (const Edit& edit : in_flight.edits) {
        const crm::Record* now = state_.find(edit.model, edit.record);
        std::optional<crm::Record> record;
        if (now != nullptr) record = *now;
        const auto [unsaved, first] = unsaved_.try_emplace(edit.record);
        if (first) unsaved->second.stored = record;
        unsaved->second.edits.push_back({ticket, in_flight.at, &edit});
        put_on_top(record, edit, in_flight.at);
        if (record)
            state_.put(std::move(*record));
        else
            state_.remove(edit.model, edit.record);
    }
    post_(Commit{ticket, std::move(edits)});
    return ticket;
}

// ---- what the worker says

std::optional<crm::Record> Editor::shown(const Unsaved& unsaved) {
    std::optional<crm::Record> record = unsaved.stored;
    for (const OnTop& top : unsaved.edits) put_on_top(record, *top.edit, top.at);
    return record;
}

/// The edits of a ticket are stored now, or never will be. Saved ones count as stored even before the event that tells
/// the records: when the worker joins several saves, only the last event has them.
void Editor::end(std::uint64_t ticket, bool saved) {
    const auto at = in_flight_.find(ticket);
    if (at == in_flight_.end()) return;
    for (const Edit& edit : at->second.edits) {
        const auto unsaved = unsaved_.find(edit.record);
        if (unsaved == unsaved_.end()) continue;
        if (saved) put_on_top(unsaved->second.stored, edit, at->second.at);
        std::erase_if(unsaved->second.edits, [&](const OnTop& top) { return top.edit == &edit; });
        if (!saved) {
            if (auto record = shown(unsaved->second))
                state_.put(std::move(*record));
            else
                state_.remove(edit.model, edit.record);
        }
        if (unsaved->second.edits.empty()) unsaved_.erase(unsaved);
    }
    in_flight_.erase(at);
}

void Editor::put_edits_on_top(store::Visible& visible) {
    if (unsaved_.empty()) return;
    std::vector<std::pair<crm::Model, Uuid>> hidden;
    for (crm::Record& record : visible.changed) {
        const auto unsaved = unsaved_.find(record.id);
        if (unsaved == unsaved_.end()) continue;
        unsaved->second.stored.reset();
        if (!record.deleted) unsaved->second.stored = record;
        if (auto top = shown(unsaved->second))
            record = std::move(*top);
        else
            record.deleted = true;
    }
    for (const auto& [model, id] : visible.removed) {
        const auto unsaved = unsaved_.find(id);
        if (unsaved != unsaved_.end()) unsaved->second.stored.reset();
        auto top = unsaved == unsaved_.end() ? std::nullopt : shown(unsaved->second);
        if (top)
            visible.changed.push_back(std::move(*top));
        else
            hidden.emplace_back(model, id);
    }
    visible.removed = std::move(hidden);
}

/// Takes the edits of one part out of a long step. `mirrored`: those of the other direction stand in the opposite
/// order.
std::optional<Editor::Step> Editor::split_off(Step& step, std::uint64_t ticket, bool mirrored) {
    std::size_t before = 0;
    auto part = step.parts.begin();
    for (; part != step.parts.end() && part->ticket != ticket; ++part) before += part->edits;
    if (part == step.parts.end()) return std::nullopt;
    Step rest;
    rest.label = step.label;
    rest.rest_of = step.id;
    const auto cut = [&](std::vector<Edit>& edits, std::vector<Edit>& into, bool from_the_end) {
        const std::size_t first = from_the_end ? edits.size() - before - part->edits : before;
        const auto begin = edits.begin() + static_cast<std::ptrdiff_t>(first);
        const auto end = begin + static_cast<std::ptrdiff_t>(part->edits);
        into.assign(std::make_move_iterator(begin), std::make_move_iterator(end));
        edits.erase(begin, end);
    };
    const bool undone = step.carried == Carried::undone;
    cut(step.forward, rest.forward, undone && mirrored);
    cut(step.backward, rest.backward, !undone && mirrored);
    step.parts.erase(part);
    return rest;
}

/// What could not be undone (or done again) is there to be undone still; all of one step is one step again.
void Editor::put_back(std::deque<Step>& stack, Step rest) {
    if (stack.empty() || stack.back().rest_of != rest.rest_of) return stack.push_back(std::move(rest));
    Step& first = stack.back();
    const auto append = [](std::vector<Edit>& to, std::vector<Edit>& more) {
        to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    };
    const bool undone = rest.carried == Carried::undone;
    std::vector<Edit>& in_order = undone ? first.backward : first.forward;
    std::vector<Edit>& mirrored = undone ? first.forward : first.backward;
    append(in_order, undone ? rest.backward : rest.forward);
    append(undone ? rest.forward : rest.backward, mirrored);
    mirrored = std::move(undone ? rest.forward : rest.backward);
}

/// Of a long step: a part of a new one never happened, the others did; a part of an undo is still to be undone.
std::optional<std::string> Editor::take_back_part(std::uint64_t ticket) {
    if (long_ && long_->of == 0 && split_off(long_->step, ticket, false))
        return long_->many.label(long_->step.forward.size());
    std::vector<Step*> steps;
    for (std::deque<Step>* stack : {&undo_, &redo_}) {
        for (Step& step : *stack) steps.push_back(&step);
    }
    if (long_ && long_->of != 0) steps.push_back(&long_->step);
    for (Step* step : steps) {
        const Carried carried = step->carried;
        std::optional<Step> rest = split_off(*step, ticket, true);
        if (!rest) continue;
        const std::string label = step->label;
        const bool under_way = long_ && long_->of == step->id;
        if (under_way) long_->next -= rest->forward.size();
        if (!under_way && step->forward.empty()) {
            const auto same = [id = step->id](const Step& one) { return one.id == id; };
            std::erase_if(undo_, same);
            std::erase_if(redo_, same);
        }
        if (carried == Carried::first) return label;
        rest->carried = carried;
        rest->id = next_step_++;
        put_back(carried == Carried::undone ? undo_ : redo_, *std::move(rest));
        return label;
    }
    return std::nullopt;
}

/// The step that this save was part of: a new edit never happened; a failed undo or redo left things as they were.
std::optional<std::string> Editor::take_back(std::uint64_t ticket) {
    if (auto label = take_back_part(ticket)) return label;
    for (std::deque<Step>* stack : {&undo_, &redo_}) {
        const auto found = std::find_if(stack->begin(), stack->end(), [&](const Step& step) {
            return step.ticket == ticket || step.first_ticket == ticket;
        });
        if (found == stack->end()) continue;
        Step step = std::move(*found);
        stack->erase(found);
        std::string label = step.label;
        if (step.first_ticket != ticket) (stack == &undo_ ? redo_ : undo_).push_back(std::move(step));
        return label;
    }
    return std::string("Edit");
}

std::optional<std::string> Editor::observe(Event& event) {
    if (auto* saved = std::get_if<Saved>(&event)) {
        end(saved->ticket, true);
        put_edits_on_top(saved->visible);
    } else if (auto* changed = std::get_if<RecordsChanged>(&event)) {
        put_edits_on_top(changed->visible);
    } else if (const auto* failed = std::get_if<SaveFailed>(&event); failed && in_flight_.contains(failed->ticket)) {
        end(failed->ticket, false);
        return take_back(failed->ticket);
    }
    return std::nullopt;
}

// ---- undo and redo

const std::string& Editor::undo_label() const {
    static const std::string kNone;
    return undo_.empty() ? kNone : undo_.back().label;
}

const std::string& Editor::redo_label() const {
    static const std::string kNone;
    return redo_.empty() ? kNone : redo_.back().label;
}

/// What is removed comes back, if it does, as it is now: since the step was taken others may have edited it.
void Editor::renew_creations(const std::vector<Edit>& edits, std::vector<Edit>& opposite) const {
    std::unordered_map<Uuid, const crm::Record*> removed;
    for (const Edit& edit : edits) {
        if (edit.kind == OperationKind::remove) removed.emplace(edit.record, state_.find(edit.model, edit.record));
    }
    for (Edit& creation : opposite) {
        const auto at = creation.kind == OperationKind::create ? removed.find(creation.record) : removed.end();
        if (at != removed.end()) creation.changes = crm::all_of(*at->second);
    }
}

/// Moves the newest step from one stack to the other, and carries out one of its directions.
Result<void> Editor::step(std::deque<Step>& from, std::deque<Step>& to, std::vector<Edit> Step::*direction) {
    finish();
    if (from.empty()) return {};
    Step taken = std::move(from.back());
    from.pop_back();
    if (taken.turn) {
        taken.turn();
        to.push_back(std::move(taken));
        return {};
    }
    if ((taken.*direction).size() > kAtOnce) {
        taken.parts.clear();
        taken.carried = &to == &redo_ ? Carried::undone : Carried::redone;
        taken.rest_of = 0;
        long_ = Long{};  // clang 14 emplaces no nested type that has member initialisers
        long_->of = taken.id;
        long_->direction = direction;
        to.push_back(std::move(taken));
        run_part();
        return {};
    }
    for (const Edit& edit : taken.*direction) {
        const bool there = state_.find(edit.model, edit.record) != nullptr;
        if (there == (edit.kind == OperationKind::create)) return gone(edit.model);  // somebody else was faster
    }
    renew_creations(taken.*direction, direction == &Step::forward ? taken.backward : taken.forward);
    taken.ticket = run(taken.*direction);
    to.push_back(std::move(taken));
    return {};
}

Result<void> Editor::undo() { return step(undo_, redo_, &Step::backward); }
Result<void> Editor::redo() { return step(redo_, undo_, &Step::forward); }

}  // namespace ct::client
