#include "ui/order.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/utf8.h"

namespace ct::ui {
namespace {

/// Rows that are worth moving one by one: each costs the move of half an index in memory.
constexpr std::size_t kFew = 32;
/// Rows that are moved within one frame: each costs two searches, together two passes over an index.
constexpr std::size_t kMany = 2'000;

void keep_each_once(std::vector<std::uint32_t>& rows) {
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
}

/// Each old word stands within a new one: what passes now has passed before.
bool narrower(const std::vector<std::string>& before, const std::vector<std::string>& now) {
    return std::all_of(before.begin(), before.end(), [&](const std::string& word) {
        return std::any_of(now.begin(), now.end(),
                           [&](const std::string& longer) { return longer.find(word) != std::string::npos; });
    });
}

}  // namespace

SortKey SortKey::of(std::string_view folded) {
    if (folded.empty()) return {};
    constexpr std::size_t kPrefix = 8;
    std::uint64_t prefix = 0;
    for (std::size_t i = 0; i < kPrefix; ++i) {
        prefix = prefix << 8 | (i < folded.size() ? static_cast<unsigned char>(folded[i]) : 0U);
    }
    // Signed comparison must give the order of the unsigned bytes.
    return {false, static_cast<std::int64_t>(prefix ^ (1ULL << 63)),
            SmallBytes(folded.size() > kPrefix ? folded : std::string_view{})};
}

bool Order::before(std::uint32_t a, std::uint32_t b) const {
    const std::size_t width = query_.sort.size();
    for (std::size_t i = 0; i < width; ++i) {
        const SortKey& x = keys_[a * width + i];
        const SortKey& y = keys_[b * width + i];
        if (x.absent != y.absent) return y.absent;
        if (x.number != y.number) return (x.number < y.number) != query_.sort[i].descending;
        if (const int order = x.text.view().compare(y.text.view()); order != 0)
            return (order < 0) != query_.sort[i].descending;
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

/// What it costs more to try a row whose words are not known yet.
std::size_t Order::words_cost(std::uint32_t row) const {
    constexpr std::size_t kWordsCost = 19;
    return !query_.words.empty() && words_[row].empty() ? kWordsCost : 0;
}

void Order::resize(std::size_t rows) {
    ids_.resize(rows);
    keys_.resize(rows * query_.sort.size());
    if (!words_.empty() || !query_.words.empty()) words_.resize(rows);
}

void Order::refresh(const client::Table& table, std::uint32_t row, const Rules& rules) {
    const crm::Record& record = table.at(row);
    const std::size_t width = query_.sort.size();
    ids_[row] = record.id;
    if (keys_.size() < (row + 1) * width) keys_.resize((row + 1) * width);
    for (std::size_t i = 0; i < width; ++i) keys_[row * width + i] = rules.key(record, query_.sort[i].column);
}

/// Nothing: of all rows.
void Order::forget_words(std::optional<std::span<const std::uint32_t>> changed) {
    if (!changed) return words_.clear();
    for (const std::uint32_t row : *changed) {
        if (row < words_.size()) words_[row].clear();
    }
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

/// Many: taken out in one pass, sorted among themselves, and put in from the back in another.
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
    const auto join = [&](Rows& rows) {
        std::size_t from = rows.size();
        rows.resize(rows.size() + fresh.size());
        for (std::size_t left = fresh.size(); left > 0; --left) {
            const auto begin = rows.begin();
            const auto end = begin + static_cast<std::ptrdiff_t>(from);
            const auto at = std::lower_bound(begin, end, fresh[left - 1],
                                             [this](std::uint32_t a, std::uint32_t b) { return before(a, b); });
            std::move_backward(at, end, end + static_cast<std::ptrdiff_t>(left));
            from = static_cast<std::size_t>(at - begin);
            rows[from + left - 1] = fresh[left - 1];
        }
    };
    std::sort(fresh.begin(), fresh.end(), [this](std::uint32_t a, std::uint32_t b) { return before(a, b); });
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
    std::size_t spent = 0;
    for (; next_ < source_.size() && spent < budget; ++next_) {
        const std::uint32_t row = source_[next_];
        spent += 1 + words_cost(row);
        if (passes(table, row, rules)) shown_.push_back(row);
    }
    if (next_ < source_.size()) return;
    source_.clear();
    next_ = 0;
}

/// Into an order that is not being made: same_filter tells whether shown_ is what the filter lets pass.
void Order::take_changes(const client::Table& table, Rows changed, bool same_filter, const Rules& rules) {
    keep_each_once(changed);
    if (changed.size() > kMany && table.size() > kRowsPerFrame) {
        if (!same_filter) shown_.clear();
        return sort_into(table, std::move(changed));
    }
    const bool settled = same_filter && next_ == source_.size();
    if (settled && changed.size() <= kFew) return move_each(table, changed, rules);
    move_together(table, changed, rules);
    if (!settled) begin_filter(false);
}

bool Order::update(const client::Table& table, const Query& query, const Rules& rules, std::size_t budget) {
    const bool same_records = revision_ == table.revision();
    if (same_records && query == query_ && complete()) return false;
    const Query old = std::exchange(query_, query);
    const auto journal = table.changed_since(revision_);
    revision_ = table.revision();
    if (!same_records) forget_words(journal);
    Rows changed;
    if (journal) changed.assign(journal->begin(), journal->end());
    const bool same_filter = old.conditions == query.conditions && old.quick == query.quick &&
                             old.epoch == query.epoch && old.words == query.words;
    const bool same_columns = std::equal(old.sort.begin(), old.sort.end(), query.sort.begin(), query.sort.end(),
                                         [](const SortBy& a, const SortBy& b) { return a.column == b.column; });
    const bool stale_keys = old.keys_epoch != query.keys_epoch;
    if (!journal || old.sort != query.sort || stale_keys) {
        const bool keys_known = journal && same_columns && !stale_keys && !sorting_;
        sort_all(table, keys_known);
        sorting_->shown_whole = journal && old.sort == query.sort;
        if (keys_known) late_ = std::move(changed);
        if (!same_filter) shown_.clear();
    } else if (sorting_) {
        late_.insert(late_.end(), changed.begin(), changed.end());
        if (!same_filter) {
            sorting_->at.clear();  // what is merged so far was for another filter
            shown_.clear();
        }
    } else if (!changed.empty()) {
        take_changes(table, std::move(changed), same_filter, rules);
    } else if (!same_filter) {
        // One more letter typed can only take rows away: look at those that are shown.
        begin_filter(old.conditions == query.conditions && old.quick == query.quick && old.epoch == query.epoch &&
                     narrower(old.words, query.words));
    }
    if (sorting_) {
        if (!same_records) hold(table);
        go_on_sorting(table, rules, budget);
    } else {
        go_on(table, rules, budget);
    }
    return true;
}

void Order::hold(const client::Table& table) {
    std::erase_if(shown_, [&](std::uint32_t row) { return row >= table.size(); });
}

// ---- Tally

void Tally::count(const client::Table& table, std::span<const Condition> conditions, std::size_t row) {
    const std::uint8_t before = passed_[row];
    std::uint8_t now = 0;
    for (std::size_t i = 0; row < table.size() && i < conditions.size(); ++i) {
        if (conditions[i](table.at(row))) now = static_cast<std::uint8_t>(now | 1U << i);
    }
    passed_[row] = now;
    for (std::size_t i = 0; i < conditions.size(); ++i) {
        counts_[i] += now >> i & 1U;
        counts_[i] -= before >> i & 1U;
    }
}

bool Tally::update(const client::Table& table, std::span<const Condition> conditions, std::size_t budget) {
    if (revision_ == table.revision() && next_ == table.size()) return true;
    const auto changed = table.changed_since(revision_);
    revision_ = table.revision();
    for (std::size_t row = table.size(); row < passed_.size(); ++row) count(table, conditions, row);
    passed_.resize(table.size(), 0);
    next_ = changed ? std::min(next_, table.size()) : 0;
    for (const std::uint32_t row : changed.value_or(std::span<const std::uint32_t>{})) {
        if (row < next_) count(table, conditions, row);
    }
    const std::size_t end = std::min(table.size(), next_ + budget);
    for (; next_ < end; ++next_) count(table, conditions, next_);
    return next_ == table.size();
}

}  // namespace ct::ui
