// Sorting a table anew in parts that fit into frames: runs of rows are read and sorted, and then merged from the top,
// so that the first page is there long before the last.
#include <algorithm>
#include <numeric>
#include <utility>

#include "ui/order.h"

namespace ct::ui {
namespace {

constexpr std::size_t kRun = 8'192;
/// In what a row tried by a filter costs.
constexpr std::size_t kReadCost = 6, kMergeCost = 6;
/// More than any screen shows.
constexpr std::size_t kFirstPage = 300;
constexpr std::size_t kKeysFreedPerFrame = 50'000;

}  // namespace

Order::Head Order::head_of(std::uint32_t row, std::size_t run) const {
    Head head;
    head.row = row;
    head.run = static_cast<std::uint32_t>(run);
    if (query_.sort.empty()) return head;
    const SortKey& key = keys_[row * query_.sort.size()];
    head.absent = key.absent;
    head.number = key.number;
    return head;
}

bool Order::before(const Head& a, const Head& b) const {
    if (a.absent != b.absent) return b.absent;
    if (a.number != b.number) return (a.number < b.number) != query_.sort[0].descending;
    return before(a.row, b.row);
}

/// From nothing. What is shown stays until there is better.
void Order::sort_all(const client::Table& table, bool keys_known) {
    Rows all(keys_known ? ids_.size() : table.size());
    std::iota(all.begin(), all.end(), 0U);
    if (!keys_known) {
        old_keys_ = std::exchange(keys_, {});
        keys_.reserve(table.size() * query_.sort.size());
    }
    sorted_.clear();
    begin_sort(table, std::move(all));
    sorting_->keys_known = keys_known;
}

/// Merges rows that changed with the others, whose order holds.
void Order::sort_into(const client::Table& table, Rows changed) {
    Rows others = std::exchange(sorted_, {});
    begin_sort(table, std::move(changed));
    sorting_->moved.resize(std::max(ids_.size(), table.size()), false);
    for (const std::uint32_t row : sorting_->todo) {
        if (row < sorting_->moved.size()) sorting_->moved[row] = true;
    }
    sorting_->runs.push_back(std::move(others));
}

void Order::begin_sort(const client::Table& table, Rows todo) {
    sorting_ = Sorting{};
    sorting_->todo = std::move(todo);
    late_.clear();
    source_.clear();
    next_ = 0;
    ids_.resize(std::max(ids_.size(), table.size()));
}

/// What it cost.
std::size_t Order::read_runs(const client::Table& table, const Rules& rules, std::size_t budget) {
    Sorting& s = *sorting_;
    std::size_t spent = 0;
    while (s.read < s.todo.size() && spent < budget) {
        const std::size_t count =
            std::min({kRun, s.todo.size() - s.read, std::max<std::size_t>(1, (budget - spent) / kReadCost)});
        std::vector<Head> heads;
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint32_t row = s.todo[s.read++];
            if (row >= table.size()) continue;
            if (!s.keys_known) refresh(table, row, rules);
            heads.push_back(head_of(row, 0));
        }
        spent += count * kReadCost;
        if (heads.empty()) continue;
        std::sort(heads.begin(), heads.end(), [this](const Head& a, const Head& b) { return before(a, b); });
        Rows& run = s.runs.emplace_back();
        for (const Head& head : heads) run.push_back(head.row);
    }
    return spent;
}

/// The next one of a run, but for those that have moved. False: there is none.
bool Order::next_head(std::size_t run, Head& head) {
    Sorting& s = *sorting_;
    const Rows& rows = s.runs[run];
    const bool old_order = run == 0 && !s.moved.empty();
    while (old_order && s.at[run] < rows.size() && s.moved[rows[s.at[run]]]) ++s.at[run];
    if (s.at[run] == rows.size()) return false;
    head = head_of(rows[s.at[run]++], run);
    return true;
}

void Order::begin_merge() {
    Sorting& s = *sorting_;
    s.at.assign(s.runs.size(), 0);
    s.heads.clear();
    s.merged.clear();
    s.passed.clear();
    s.first_page_shown = false;
    for (std::size_t run = 0; run < s.runs.size(); ++run) {
        if (Head head; next_head(run, head)) s.heads.push_back(head);
    }
    std::make_heap(s.heads.begin(), s.heads.end(), [this](const Head& a, const Head& b) { return before(b, a); });
}

/// In place of the one on top of the heap.
void Order::sink(Head head) {
    std::vector<Head>& heads = sorting_->heads;
    std::size_t at = 0;
    for (std::size_t child = 1; child < heads.size(); child = 2 * at + 1) {
        if (child + 1 < heads.size() && before(heads[child + 1], heads[child])) ++child;
        if (!before(heads[child], head)) break;
        heads[at] = heads[child];
        at = child;
    }
    heads[at] = head;
}

void Order::merge(const client::Table& table, const Rules& rules, std::size_t budget) {
    Sorting& s = *sorting_;
    std::size_t spent = 0;
    while (!s.heads.empty() && spent < budget) {
        const Head first = s.heads.front();
        if (Head next; next_head(first.run, next)) {
            sink(next);
        } else {
            next = s.heads.back();
            s.heads.pop_back();
            if (!s.heads.empty()) sink(next);
        }
        s.merged.push_back(first.row);
        spent += kMergeCost;
        if (first.row >= table.size()) continue;
        spent += words_cost(first.row);
        if (passes(table, first.row, rules)) (s.first_page_shown ? shown_ : s.passed).push_back(first.row);
    }
    if (s.first_page_shown || (!s.heads.empty() && (s.shown_whole || s.passed.size() < kFirstPage))) return;
    shown_ = std::exchange(s.passed, {});
    s.first_page_shown = true;
}

void Order::go_on_sorting(const client::Table& table, const Rules& rules, std::size_t budget) {
    old_keys_.resize(old_keys_.size() - std::min(old_keys_.size(), kKeysFreedPerFrame));
    if (old_keys_.empty()) old_keys_ = {};
    if (!query_.words.empty() && words_.size() < ids_.size()) words_.resize(ids_.size());
    const std::size_t spent = read_runs(table, rules, budget);
    if (sorting_->read < sorting_->todo.size() || spent >= budget) return;
    if (sorting_->at.size() != sorting_->runs.size()) begin_merge();
    merge(table, rules, budget - spent);
    if (!sorting_->heads.empty()) return;
    sorted_ = std::move(sorting_->merged);
    sorting_.reset();
    // Those beyond the end went meanwhile: they are late, or were never read.
    for (Rows* rows : {&sorted_, &shown_}) std::erase_if(*rows, [&](std::uint32_t row) { return row >= table.size(); });
    keys_.resize(ids_.size() * query_.sort.size());
    if (!late_.empty()) return take_changes(table, std::exchange(late_, {}), true, rules);
    resize(table.size());
}

}  // namespace ct::ui
