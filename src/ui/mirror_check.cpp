#include "ui/mirror_check.h"

#include <algorithm>

namespace ct::ui {
namespace {

using namespace client;

constexpr std::size_t kBetweenLooks = 64;  // records, between two looks at the clock

}  // namespace

void MirrorCheck::begin(const Desk& desk) {
    *this = {};
    phase_ = Phase::comparing;
    ticket_ = inspect::steady_us();
    for (const crm::ModelDef& model : crm::models())
        total_ += static_cast<std::int64_t>(desk.state.table(model.model).size());
    desk.post(inspect::ReadMirror{ticket_});
}

void MirrorCheck::take(inspect::MirrorPart&& part) {
    if (phase_ == Phase::comparing && part.ticket == ticket_) parts_.push_back(std::move(part));
}

void MirrorCheck::suspect(crm::Model model, const Uuid& id) {
    if (suspects_.size() < kSuspectsKept) {
        suspects_.emplace_back(model, id);
    } else {
        found_.more = true;
    }
}

/// True: behind the model's last row, or there is no need to look.
bool MirrorCheck::look_for_surplus(const State& state, const inspect::MirrorPart& part) {
    const auto records = state.table(part.model).all();
    if (records.size() + static_cast<std::size_t>(missing_) == part.ids.size()) return true;
    const std::size_t end = std::min(row_ + kBetweenLooks, records.size());
    for (; row_ < end; ++row_) {
        if (!std::binary_search(part.ids.begin(), part.ids.end(), records[row_].id))
            suspect(part.model, records[row_].id);
    }
    return row_ >= records.size();
}

/// False: nothing is there to be compared.
bool MirrorCheck::compare_some(const State& state) {
    if (parts_.empty()) return false;
    const inspect::MirrorPart& part = parts_.front();
    const std::size_t end = std::min(at_ + kBetweenLooks, part.records.size());
    for (; at_ < end; ++at_) {
        const auto& [id, digest] = part.records[at_];
        const crm::Record* here = state.find(part.model, id);
        if (here == nullptr) ++missing_;
        if (here == nullptr || inspect::digest_of(*here) != digest) suspect(part.model, id);
        ++compared_;
    }
    if (at_ < part.records.size()) return true;
    if (part.error) error_ = part.error->message;
    if (part.last && !part.error && !look_for_surplus(state, part)) return true;
    if (part.last) {
        row_ = 0;
        missing_ = 0;
        if (part.model == crm::models().back().model) phase_ = Phase::again;
    }
    at_ = 0;
    parts_.pop_front();
    return true;
}

void MirrorCheck::end_of_models(const Desk& desk) {
    if (suspects_.empty()) {
        phase_ = Phase::done;
    } else {
        desk.post(inspect::ReadDigests{std::exchange(suspects_, {})});
    }
}

void MirrorCheck::take(inspect::DigestsRead&& read) {
    if (phase_ != Phase::again) return;
    if (read.error) error_ = read.error->message;
    again_ = std::move(read.records);
    if (again_.empty()) phase_ = Phase::done;
}

void MirrorCheck::judge(const State& state, const inspect::DigestsRead::One& one) {
    const crm::Record* here = state.find(one.model, one.id);
    if (here == nullptr && !one.digest) return;
    if (here == nullptr) {
        ++found_.missing;
    } else if (!one.digest) {
        ++found_.surplus;
    } else if (inspect::digest_of(*here) != *one.digest) {
        ++found_.differing;
    } else {
        return;
    }
    found_.wrong.emplace_back(one.model, one.id);
}

/// False: there is nothing to be done until more is told.
bool MirrorCheck::step(const Desk& desk) {
    if (phase_ == Phase::comparing) {
        const bool any = compare_some(desk.state);
        if (phase_ == Phase::again) end_of_models(desk);
        return any;
    }
    if (again_.empty()) return false;
    for (std::size_t i = 0; i < kBetweenLooks && !again_.empty(); ++i) {
        judge(desk.state, again_.back());
        again_.pop_back();
    }
    if (again_.empty()) phase_ = Phase::done;
    return running();
}

void MirrorCheck::go_on(Desk& desk) {
    if (!running()) return;
    const std::int64_t begun = inspect::steady_us();
    while (step(desk) && inspect::steady_us() - begun < kSlice_us) {
    }
    desk.redraw_within(running() ? 16 : 0);
}

}  // namespace ct::ui
