#include "ui/order.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "base/utf8.h"

namespace ct::ui {
namespace {

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
    return seen_[a].id < seen_[b].id;
}

std::vector<std::uint32_t> Order::changed_rows(const client::Table& table) {
    std::vector<std::uint32_t> changed;
    const std::size_t before_count = seen_.size();
    seen_.resize(table.size());
    for (std::size_t row = 0; row < table.size(); ++row) {
        const crm::Record& record = table.at(row);
        const Seen now{record.id, record.updated_at, record.version, record.sync_status};
        if (row < before_count && seen_[row] == now) continue;
        seen_[row] = now;
        changed.push_back(static_cast<std::uint32_t>(row));
    }
    return changed;
}

void Order::refresh(const client::Table& table, const std::vector<std::uint32_t>& changed, const Rules& rules) {
    keys_.resize(table.size());
    if (!words_.empty()) words_.resize(table.size());
    for (const std::uint32_t row : changed) {
        keys_[row] = rules.key(table.at(row));
        if (!words_.empty()) words_[row] = rules.words(table.at(row));
    }
}

void Order::insert_sorted(const std::vector<std::uint32_t>& changed) {
    std::vector<bool> moved(seen_.size(), false);
    for (const std::uint32_t row : changed) moved[row] = true;
    std::erase_if(sorted_, [&](std::uint32_t row) { return row >= moved.size() || moved[row]; });
    std::vector<std::uint32_t> fresh = changed;
    const auto less = [this](std::uint32_t a, std::uint32_t b) { return before(a, b); };
    std::sort(fresh.begin(), fresh.end(), less);
    std::vector<std::uint32_t> joined;
    joined.reserve(sorted_.size() + fresh.size());
    std::merge(sorted_.begin(), sorted_.end(), fresh.begin(), fresh.end(), std::back_inserter(joined), less);
    sorted_ = std::move(joined);
}

void Order::filter(const client::Table& table, const Rules& rules, bool only_narrower) {
    const std::vector<std::string> wanted = split_words(query_.filter);
    if (!wanted.empty() && words_.size() != table.size()) {
        words_.resize(table.size());
        for (std::size_t row = 0; row < table.size(); ++row) words_[row] = rules.words(table.at(row));
    }
    const auto passes = [&](std::uint32_t row) {
        for (const std::string& word : wanted) {
            if (words_[row].find(word) == std::string::npos) return false;
        }
        return rules.accept(table.at(row));
    };
    if (only_narrower) {
        std::erase_if(shown_, [&](std::uint32_t row) { return !passes(row); });
        return;
    }
    shown_.clear();
    std::copy_if(sorted_.begin(), sorted_.end(), std::back_inserter(shown_), passes);
}

bool Order::update(const client::Table& table, const Query& query, const Rules& rules) {
    const bool same_records = revision_ == table.revision();
    if (same_records && query == query_) return false;
    const Query old = std::exchange(query_, query);
    const bool resort = old.sort != query.sort || old.descending != query.descending || revision_ == 0;
    if (!same_records || revision_ == 0) {
        const std::vector<std::uint32_t> changed = changed_rows(table);
        refresh(table, changed, rules);
        if (!resort) insert_sorted(changed);
        revision_ = table.revision();
    }
    if (resort) {
        if (old.sort != query.sort) {
            for (std::size_t row = 0; row < table.size(); ++row) keys_[row] = rules.key(table.at(row));
        }
        sorted_.resize(table.size());
        std::iota(sorted_.begin(), sorted_.end(), 0U);
        std::sort(sorted_.begin(), sorted_.end(), [this](std::uint32_t a, std::uint32_t b) { return before(a, b); });
    }
    // One more letter typed can only take rows away: look at those that are shown.
    const bool only_narrower = same_records && !resort && old.quick == query.quick && old.epoch == query.epoch &&
                               !old.filter.empty() && query.filter.starts_with(old.filter);
    filter(table, rules, only_narrower);
    return true;
}

}  // namespace ct::ui
