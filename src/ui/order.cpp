#include "ui/order.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "base/utf8.h"

namespace ct::ui {
namespace {

/// Rows that are worth moving one by one: each costs the move of half an index in memory.
constexpr std::size_t kFew = 32;

/// Each old word stands within a new one: what passes now has passed before.
bool narrower(const std::vector<std::string>& before, const std::vector<std::string>& now) {
    return std::all_of(before.begin(), before.end(), [&](const std::string& word) {
        return std::any_of(now.begin(), now.end(),
                           [&](const std::string& longer) { return longer.find(word) != std::string::npos; });
    });
}

}  // namespace

SortKey SortKey::of(std::string folded) {
    if (folded.empty()) return {};
    std::uint64_t prefix = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        prefix = prefix << 8 | (i < folded.size() ? static_cast<unsigned char>(folded[i]) : 0U);
    }
    // Signed comparison must give the order of the unsigned bytes.
    return {false, static_cast<std::int64_t>(prefix ^ (1ULL << 63)), std::move(folded)};
}

bool Order::before(std::uint32_t a, std::uint32_t b) const {
    const std::size_t width = query_.sort.size();
    for (std::size_t i = 0; i < width; ++i) {
        const SortKey& x = keys_[a * width + i];
        const SortKey& y = keys_[b * width + i];
        if (x.absent != y.absent) return y.absent;
        if (x.number != y.number) return (x.number < y.number) != query_.sort[i].descending;
        if (const int order = x.text.compare(y.text); order != 0) return (order < 0) != query_.sort[i].descending;
    }
    return ids_[a] < ids_[b];
}

/// Where it is, or belongs.
Order::Rows::iterator Order::place(Rows& rows, std::uint32_t row) const {
    return std::lower_bound(rows.begin(), rows.end(), row,
                            [this](std::uint32_t a, std::uint32_t b) { return before(a, b); });
}

bool Order::passes(const client::Table& table, std::uint32_t row, const Rules& rules) {
    if (!query_.words.empty()) {
        std::string& words = words_[row];
        if (words.empty()) words = rules.words(table.at(row));
        for (const std::string& word : query_.words) {
            if (words.find(word) == std::string::npos) return false;
        }
    }
    return rules.accept(table.at(row));
}

void Order::resize(std::size_t rows) {
    ids_.resize(rows);
    keys_.resize(rows * query_.sort.size());
    if (!words_.empty() || !query_.words.empty()) words_.resize(rows);
}

void Order::refresh(const client::Table& table, std::uint32_t row, const Rules& rules) {
    const crm::Record& record = table.at(row);
    ids_[row] = record.id;
    for (std::size_t i = 0; i < query_.sort.size(); ++i)
        keys_[row * query_.sort.size() + i] = rules.key(record, query_.sort[i].column);
    if (!words_.empty()) words_[row].clear();
}

void Order::sort_all(const client::Table& table, const Rules& rules, bool new_keys) {
    if (new_keys) {
        resize(table.size());
        for (std::uint32_t row = 0; row < table.size(); ++row) refresh(table, row, rules);
    }
    sorted_.resize(table.size());
    std::iota(sorted_.begin(), sorted_.end(), 0U);
    std::sort(sorted_.begin(), sorted_.end(), [this](std::uint32_t a, std::uint32_t b) { return before(a, b); });
}

/// The same rows pass, in another order.
void Order::show_sorted() {
    std::vector<bool> pass(ids_.size(), false);
    for (const std::uint32_t row : shown_) pass[row] = true;
    shown_.clear();
    std::copy_if(sorted_.begin(), sorted_.end(), std::back_inserter(shown_),
                 [&](std::uint32_t row) { return pass[row]; });
}

/// Few: each is found by its old key, taken out, and put in where its new key belongs.
void Order::move_each(const client::Table& table, const Rows& changed, const Rules& rules) {
    for (const std::uint32_t row : changed) {
        if (row >= ids_.size()) continue;
        for (Rows* rows : {&sorted_, &shown_}) {
            const auto at = place(*rows, row);
            if (at != rows->end() && *at == row) rows->erase(at);
        }
    }
    resize(table.size());
    for (const std::uint32_t row : changed) {
        if (row >= table.size()) continue;
        refresh(table, row, rules);
        sorted_.insert(place(sorted_, row), row);
        if (passes(table, row, rules)) shown_.insert(place(shown_, row), row);
    }
}

/// Many: taken out in one pass, sorted among themselves, and merged in another.
void Order::move_together(const client::Table& table, const Rows& changed, const Rules& rules) {
    const std::size_t all = std::max(ids_.size(), table.size());
    std::vector<bool> moved(all, false);
    for (const std::uint32_t row : changed) {
        if (row < all) moved[row] = true;
    }
    for (Rows* rows : {&sorted_, &shown_}) std::erase_if(*rows, [&](std::uint32_t row) { return moved[row]; });
    resize(table.size());
    Rows fresh;
    for (const std::uint32_t row : changed) {
        if (row >= table.size()) continue;
        refresh(table, row, rules);
        fresh.push_back(row);
    }
    const auto less = [this](std::uint32_t a, std::uint32_t b) { return before(a, b); };
    const auto join = [&](Rows& rows) {
        Rows joined;
        joined.reserve(rows.size() + fresh.size());
        std::merge(rows.begin(), rows.end(), fresh.begin(), fresh.end(), std::back_inserter(joined), less);
        rows = std::move(joined);
    };
    std::sort(fresh.begin(), fresh.end(), less);
    join(sorted_);
    std::erase_if(fresh, [&](std::uint32_t row) { return !passes(table, row, rules); });
    join(shown_);
}

void Order::begin_filter(bool only_narrower) {
    if (!query_.words.empty()) words_.resize(ids_.size());
    if (only_narrower) {  // what is shown, and what was still to be tried
        shown_.insert(shown_.end(), source_.begin() + static_cast<std::ptrdiff_t>(next_), source_.end());
        source_ = std::move(shown_);
    } else {
        source_ = sorted_;
    }
    shown_.clear();
    next_ = 0;
}

void Order::go_on(const client::Table& table, const Rules& rules, std::size_t budget) {
    constexpr std::size_t kWordsCost = 10;
    std::size_t spent = 0;
    for (; next_ < source_.size() && spent < budget; ++next_) {
        const std::uint32_t row = source_[next_];
        spent += !query_.words.empty() && words_[row].empty() ? kWordsCost : 1;
        if (passes(table, row, rules)) shown_.push_back(row);
    }
    if (next_ < source_.size()) return;
    source_.clear();
    next_ = 0;
}

bool Order::update(const client::Table& table, const Query& query, const Rules& rules, std::size_t budget) {
    const bool same_records = revision_ == table.revision();
    if (same_records && query == query_ && complete()) return false;
    const Query old = std::exchange(query_, query);
    const auto journal = table.changed_since(revision_);
    const bool new_order = old.sort != query.sort;
    const bool same_filter = old.conditions == query.conditions && old.quick == query.quick &&
                             old.epoch == query.epoch && old.words == query.words;
    revision_ = table.revision();
    Rows changed;
    if (journal) {
        changed.assign(journal->begin(), journal->end());
        std::sort(changed.begin(), changed.end());
        changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    }
    const bool was_complete = complete();
    if (!journal || new_order) {
        const bool same_columns = std::equal(old.sort.begin(), old.sort.end(), query.sort.begin(), query.sort.end(),
                                             [](const SortBy& a, const SortBy& b) { return a.column == b.column; });
        sort_all(table, rules, !same_records || !same_columns);
    } else if (!changed.empty() && same_filter && was_complete) {
        if (changed.size() <= kFew)
            move_each(table, changed, rules);
        else
            move_together(table, changed, rules);
        return true;
    } else if (!changed.empty()) {
        move_together(table, changed, rules);
    }
    if (new_order && same_records && same_filter && was_complete) {
        show_sorted();
        return true;
    }
    if (!same_records || new_order || !same_filter) {
        // One more letter typed can only take rows away: look at those that are shown.
        const bool only_narrower = same_records && !new_order && old.conditions == query.conditions &&
                                   old.quick == query.quick && old.epoch == query.epoch &&
                                   narrower(old.words, query.words);
        begin_filter(only_narrower);
    }
    go_on(table, rules, budget);
    return true;
}

// ---- Tally

void Tally::update(const client::Table& table, std::span<const Condition> conditions) {
    if (revision_ == table.revision()) return;
    const auto changed = table.changed_since(revision_);
    revision_ = table.revision();
    const auto count = [&](std::size_t row, bool there) {
        const std::uint8_t before = passed_[row];
        std::uint8_t now = 0;
        for (std::size_t i = 0; there && i < conditions.size(); ++i) {
            if (conditions[i](table.at(row))) now = static_cast<std::uint8_t>(now | 1U << i);
        }
        passed_[row] = now;
        for (std::size_t i = 0; i < conditions.size(); ++i) {
            counts_[i] += now >> i & 1U;
            counts_[i] -= before >> i & 1U;
        }
    };
    passed_.resize(std::max(passed_.size(), table.size()), 0);
    if (changed) {
        for (const std::uint32_t row : *changed) {
            if (row < passed_.size()) count(row, row < table.size());
        }
    } else {
        for (std::size_t row = 0; row < passed_.size(); ++row) count(row, row < table.size());
    }
    passed_.resize(table.size());
}

}  // namespace ct::ui
