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

std::vector<std::string> split_words(const std::string& typed) {
    std::vector<std::string> words;
    const std::string folded = fold(typed);
    for (std::size_t at = 0; at < folded.size();) {
        const std::size_t end = std::min(folded.find(' ', at), folded.size());
        if (end > at) words.push_back(folded.substr(at, end - at));
        at = end + 1;
    }
    return words;
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
    const SortKey& x = keys_[a];
    const SortKey& y = keys_[b];
    if (x.absent != y.absent) return y.absent;
    if (x.number != y.number) return (x.number < y.number) != query_.descending;
    if (const int order = x.text.compare(y.text); order != 0) return (order < 0) != query_.descending;
    return ids_[a] < ids_[b];
}

/// Where it is, or belongs.
Order::Rows::iterator Order::place(Rows& rows, std::uint32_t row) const {
    return std::lower_bound(rows.begin(), rows.end(), row,
                            [this](std::uint32_t a, std::uint32_t b) { return before(a, b); });
}

bool Order::passes(const client::Table& table, std::uint32_t row, const Rules& rules) const {
    for (const std::string& word : wanted_) {
        if (words_[row].find(word) == std::string::npos) return false;
    }
    return rules.accept(table.at(row));
}

void Order::resize(std::size_t rows) {
    ids_.resize(rows);
    keys_.resize(rows);
    if (searched_) words_.resize(rows);
}

void Order::refresh(const client::Table& table, std::uint32_t row, const Rules& rules) {
    ids_[row] = table.at(row).id;
    keys_[row] = rules.key(table.at(row));
    if (searched_) words_[row] = rules.words(table.at(row));
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
    std::erase_if(sorted_, [&](std::uint32_t row) { return moved[row]; });
    resize(table.size());
    Rows fresh;
    for (const std::uint32_t row : changed) {
        if (row >= table.size()) continue;
        refresh(table, row, rules);
        fresh.push_back(row);
    }
    const auto less = [this](std::uint32_t a, std::uint32_t b) { return before(a, b); };
    std::sort(fresh.begin(), fresh.end(), less);
    Rows joined;
    joined.reserve(sorted_.size() + fresh.size());
    std::merge(sorted_.begin(), sorted_.end(), fresh.begin(), fresh.end(), std::back_inserter(joined), less);
    sorted_ = std::move(joined);
}

void Order::filter(const client::Table& table, const Rules& rules, bool only_narrower) {
    if (!wanted_.empty() && !std::exchange(searched_, true)) {
        words_.resize(table.size());
        for (std::size_t row = 0; row < table.size(); ++row) words_[row] = rules.words(table.at(row));
    }
    const auto pass = [&](std::uint32_t row) { return passes(table, row, rules); };
    if (only_narrower) {
        std::erase_if(shown_, [&](std::uint32_t row) { return !pass(row); });
        return;
    }
    shown_.clear();
    std::copy_if(sorted_.begin(), sorted_.end(), std::back_inserter(shown_), pass);
}

bool Order::update(const client::Table& table, const Query& query, const Rules& rules) {
    const bool same_records = revision_ == table.revision();
    if (same_records && query == query_) return false;
    const Query old = std::exchange(query_, query);
    if (old.filter != query.filter) wanted_ = split_words(query.filter);
    const auto journal = table.changed_since(revision_);
    const bool new_order = old.sort != query.sort || old.descending != query.descending;
    revision_ = table.revision();
    Rows changed;
    if (journal) {
        changed.assign(journal->begin(), journal->end());
        std::sort(changed.begin(), changed.end());
        changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    }
    if (!journal || new_order) {
        sort_all(table, rules, !same_records || old.sort != query.sort);
    } else if (changed.size() <= kFew && old == query) {
        move_each(table, changed, rules);
        return true;
    } else if (!changed.empty()) {
        move_together(table, changed, rules);
    }
    // One more letter typed can only take rows away: look at those that are shown.
    const bool only_narrower = same_records && !new_order && old.quick == query.quick && old.epoch == query.epoch &&
                               !old.filter.empty() && query.filter.starts_with(old.filter);
    filter(table, rules, only_narrower);
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
