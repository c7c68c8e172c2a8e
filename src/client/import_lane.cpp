#include "client/import_lane.h"

#include <algorithm>
#include <iterator>

namespace ct::client {
namespace {

using sync::OperationKind;

constexpr std::size_t kReversibleMax = 3;
constexpr std::size_t kEditsPerStep = 1'000;

}  // namespace

/// The edit that takes this one back, given what is stored now.
Result<Edit> ImportLane::inverse(const Edit& edit) const {
    Edit back{OperationKind::remove, edit.model, edit.record, {}};
    if (edit.kind == OperationKind::create) return back;
    const auto record = doors_.get(edit.model, edit.record);
    if (!record) return fail(record.error());
    if (!*record) return back;  // the store will refuse the edit itself
    if (edit.kind == OperationKind::remove) {
        back.kind = OperationKind::create;
        back.changes = crm::all_of(**record);
        return back;
    }
    back.kind = OperationKind::update;
    for (const auto& [field, value] : edit.changes.fields)
        back.changes.set(field, crm::own((*record)->fields.get(field)));
    return back;
}

Result<std::vector<std::optional<Error>>> ImportLane::commit(std::vector<Edit>&& edits) {
    std::vector<Edit> back;
    for (const Edit& edit : edits) {
        auto one = inverse(edit);
        if (!one) return fail(one.error());
        back.push_back(*std::move(one));
    }
    auto saved = doors_.commit(std::move(edits));
    if (!saved) return saved;
    for (std::size_t i = 0; i < back.size(); ++i) {
        if (!(*saved)[i]) run_->back.push_back(std::move(back[i]));
    }
    return saved;
}

void ImportLane::begin(StartImport& request) {
    run_ = std::make_unique<Run>();
    run_->ticket = request.ticket;
    run_->dry_run = request.options.dry_run;
    run_->text = std::move(request.text);
    run_->rows_total = std::count(run_->text->begin(), run_->text->end(), '\n');
    ImportDoors doors = doors_;
    doors.commit = [this](std::vector<Edit>&& edits) { return commit(std::move(edits)); };
    auto csv = ImportRun::begin(*run_->text, std::move(request.options), std::move(doors));
    if (!csv) return end(csv.error(), false);
    run_->csv = *std::move(csv);
}

void ImportLane::begin(ReverseImport& request) {
    run_ = std::make_unique<Run>();
    run_->ticket = request.ticket;
    run_->reversing = true;
    const auto known = std::find_if(reversible_.begin(), reversible_.end(),
                                    [&](const auto& one) { return one.first == request.ticket; });
    if (known == reversible_.end()) {
        return end(
            Error{
                ErrorKind::not_found, "NOT_REVERSIBLE", "this import was too long ago to be taken back as a whole", {}},
            false);
    }
    run_->edits = std::move(known->second);
    std::reverse(run_->edits.begin(), run_->edits.end());
    reversible_.erase(known);
    run_->rows_total = static_cast<std::int64_t>(run_->edits.size());
}

Result<bool> ImportLane::go_on_with_edits() {
    const std::size_t end = std::min(run_->next + kEditsPerStep, run_->edits.size());
    std::vector<Edit> part(std::make_move_iterator(run_->edits.begin() + static_cast<std::ptrdiff_t>(run_->next)),
                           std::make_move_iterator(run_->edits.begin() + static_cast<std::ptrdiff_t>(end)));
    run_->next = end;
    std::vector<OperationKind> kinds;
    for (const Edit& edit : part) kinds.push_back(edit.kind);
    const auto saved = commit(std::move(part));
    if (!saved) return fail(saved.error());
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        if ((*saved)[i])
            run_->report.rejected.push_back({0, (*saved)[i]->message});
        else
            ++(kinds[i] == OperationKind::update ? run_->report.updated : run_->report.created);
    }
    return end < run_->edits.size();
}

Result<bool> ImportLane::go_on() { return run_->csv ? run_->csv->step() : go_on_with_edits(); }

void ImportLane::step() {
    if (!run_) {
        if (waiting_.empty()) return;
        auto request = std::move(waiting_.front());
        waiting_.pop_front();
        std::visit([this](auto& wanted) { begin(wanted); }, request);
        return;
    }
    const auto more = go_on();
    if (!more) return end(more.error(), false);
    const std::int64_t rows = run_->csv ? run_->csv->rows() : static_cast<std::int64_t>(run_->next);
    emit_(ImportProgress{run_->ticket, rows, std::max(rows, run_->rows_total)});
    if (!*more) end(std::nullopt, false);
}

void ImportLane::cancel() {
    if (run_) return end(std::nullopt, true);
    if (waiting_.empty()) return;
    const auto* start = std::get_if<StartImport>(&waiting_.front());
    ImportEnded ended;
    if (start != nullptr) ended.ticket = start->ticket;
    ended.cancelled = true;
    waiting_.pop_front();
    emit_(std::move(ended));
}

void ImportLane::end(std::optional<Error> error, bool cancelled) {
    const std::unique_ptr<Run> run = std::move(run_);
    ImportEnded ended;
    ended.ticket = run->ticket;
    ended.report = run->csv ? run->csv->report() : std::move(run->report);
    ended.dry_run = run->dry_run;
    ended.cancelled = cancelled;
    ended.reversed = run->reversing;
    ended.error = std::move(error);
    if (!run->back.empty()) {
        reversible_.emplace_back(run->ticket, std::move(run->back));
        if (reversible_.size() > kReversibleMax) reversible_.pop_front();
    }
    emit_(std::move(ended));
}

}  // namespace ct::client
