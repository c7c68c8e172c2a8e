#include "sync/three_way.h"

#include <algorithm>
#include <set>
#include <vector>

namespace ct::sync {

namespace {

using Lines = std::vector<std::string_view>;

/// Without their ends; a text that ends with a newline has an empty last line, so that joining gives it back.
Lines lines_of(std::string_view text) {
    Lines lines;
    for (;;) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return lines;
        text.remove_prefix(end + 1);
    }
}

std::set<std::string_view> items_of(std::string_view text) {
    std::set<std::string_view> items;
    for (const std::string_view line : lines_of(text)) {
        if (!line.empty()) items.insert(line);
    }
    return items;
}

/// One stretch of the base and what a side made of it; `begin == end` is an insertion before that line.
struct Hunk {
    std::size_t begin, end;              // in the base
    std::size_t other_begin, other_end;  // in the side
};

constexpr std::size_t kDifferencesMax = 2'000;

/// Myers' greedy algorithm: for each number of differences d the furthest point on each diagonal. `trace[d]` holds the
/// points before step d, for walking back.
class Difference {
  public:
    Difference(const Lines& base, const Lines& side) : base_(base), side_(side) {}

    /// False: too many differences.
    [[nodiscard]] bool run() {
        const std::ptrdiff_t n = std::ssize(base_);
        const std::ptrdiff_t m = std::ssize(side_);
        const std::ptrdiff_t most = std::min<std::ptrdiff_t>(n + m, kDifferencesMax);
        std::vector<std::ptrdiff_t> furthest(static_cast<std::size_t>(2 * most + 3), 0);
        const auto at = [&](std::ptrdiff_t k) -> std::ptrdiff_t& {
            return furthest[static_cast<std::size_t>(k + most + 1)];
        };
        for (std::ptrdiff_t d = 0; d <= most; ++d) {
            trace_.emplace_back(&at(-d - 1), &at(d + 1) + 1);
            for (std::ptrdiff_t k = -d; k <= d; k += 2) {
                const bool down = k == -d || (k != d && at(k - 1) < at(k + 1));
                std::ptrdiff_t x = down ? at(k + 1) : at(k - 1) + 1;
                while (x < n && x - k < m &&
                       base_[static_cast<std::size_t>(x)] == side_[static_cast<std::size_t>(x - k)])
                    ++x;
                at(k) = x;
                if (x >= n && x - k >= m) {
                    walk_back(n, m);
                    return true;
                }
            }
        }
        return false;
    }

    [[nodiscard]] const std::vector<Hunk>& hunks() const { return hunks_; }

  private:
    void walk_back(std::ptrdiff_t x, std::ptrdiff_t y) {
        for (std::ptrdiff_t d = std::ssize(trace_) - 1; d > 0; --d) {
            const std::vector<std::ptrdiff_t>& before = trace_[static_cast<std::size_t>(d)];
            const auto at = [&](std::ptrdiff_t k) { return before[static_cast<std::size_t>(k + d + 1)]; };
            const std::ptrdiff_t k = x - y;
            const bool down = k == -d || (k != d && at(k - 1) < at(k + 1));
            const std::ptrdiff_t old_k = down ? k + 1 : k - 1;
            const std::ptrdiff_t old_x = at(old_k), old_y = old_x - old_k;
            const auto begin = static_cast<std::size_t>(old_x), other = static_cast<std::size_t>(old_y);
            add(down ? Hunk{begin, begin, other, other + 1} : Hunk{begin, begin + 1, other, other});
            x = old_x;
            y = old_y;
        }
        std::reverse(hunks_.begin(), hunks_.end());
    }

    /// Single steps come last first; neighbours become one hunk.
    void add(const Hunk& step) {
        if (!hunks_.empty() && step.end == hunks_.back().begin && step.other_end == hunks_.back().other_begin) {
            hunks_.back().begin = step.begin;
            hunks_.back().other_begin = step.other_begin;
            return;
        }
        hunks_.push_back(step);
    }

    const Lines& base_;
    const Lines& side_;
    std::vector<std::vector<std::ptrdiff_t>> trace_;
    std::vector<Hunk> hunks_;
};

/// A side, its differences from the base, and how far they were used.
struct Side {
    Lines lines;
    std::vector<Hunk> hunks;
    std::size_t next = 0;

    [[nodiscard]] bool done() const { return next == hunks.size(); }
    [[nodiscard]] const Hunk& hunk() const { return hunks[next]; }
    [[nodiscard]] std::vector<std::string_view> text(const Hunk& of) const {
        return {lines.begin() + static_cast<std::ptrdiff_t>(of.other_begin),
                lines.begin() + static_cast<std::ptrdiff_t>(of.other_end)};
    }
};

bool insertion(const Hunk& hunk) { return hunk.begin == hunk.end; }

/// Changes that touch the same lines, or an insertion within the other's stretch. Two stretches that only meet are
/// apart; an insertion at the edge of a changed stretch is not, because its place is gone.
bool together(const Hunk& a, const Hunk& b) {
    if (insertion(a) && insertion(b)) return a.begin == b.begin;
    if (insertion(a)) return b.begin <= a.begin && a.begin <= b.end;
    if (insertion(b)) return a.begin <= b.begin && b.begin <= a.end;
    return a.begin < b.end && b.begin < a.end;
}

class Merge {
  public:
    Merge(const Lines& base, Side first, Side second)
        : base_(base), first_(std::move(first)), second_(std::move(second)) {}

    [[nodiscard]] std::optional<Lines> run() {
        while (!first_.done() || !second_.done()) {
            if (!first_.done() && !second_.done() && together(first_.hunk(), second_.hunk())) {
                if (!both()) return std::nullopt;
            } else if (second_.done() || (!first_.done() && first_.hunk().begin <= second_.hunk().begin)) {
                take(first_);
            } else {
                take(second_);
            }
        }
        copy_until(base_.size());
        return std::move(out_);
    }

  private:
    void copy_until(std::size_t line) {
        for (; at_ < line; ++at_) out_.push_back(base_[at_]);
    }
    void append(const Lines& lines) { out_.insert(out_.end(), lines.begin(), lines.end()); }

    void take(Side& side) {
        const Hunk& hunk = side.hunk();
        copy_until(hunk.begin);
        append(side.text(hunk));
        at_ = hunk.end;
        ++side.next;
    }

    /// The same change made twice counts once; two insertions at one place both stay.
    [[nodiscard]] bool both() {
        const Hunk a = first_.hunk(), b = second_.hunk();
        const Lines mine = first_.text(a), theirs = second_.text(b);
        const bool same = a.begin == b.begin && a.end == b.end && mine == theirs;
        if (!same && !(insertion(a) && insertion(b))) return false;
        take(first_);
        ++second_.next;
        if (!same) append(theirs);
        return true;
    }

    const Lines& base_;
    Side first_, second_;
    Lines out_;
    std::size_t at_ = 0;
};

std::optional<Side> side_of(const Lines& base, std::string_view text) {
    Side side;
    side.lines = lines_of(text);
    Difference difference(base, side.lines);
    if (!difference.run()) return std::nullopt;
    side.hunks = difference.hunks();
    return side;
}

std::string joined(const Lines& lines) {
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i > 0) text += '\n';
        text += lines[i];
    }
    return text;
}

}  // namespace

std::string merge_sets(std::string_view base, std::string_view first, std::string_view second) {
    const auto before = items_of(base), a = items_of(first), b = items_of(second);
    std::set<std::string_view> all = a;
    all.insert(b.begin(), b.end());
    std::string merged;
    for (const std::string_view item : all) {
        const bool removed = before.contains(item) && (!a.contains(item) || !b.contains(item));
        if (removed) continue;
        if (!merged.empty()) merged += '\n';
        merged += item;
    }
    return merged;
}

std::optional<std::string> merge_lines(std::string_view base, std::string_view first, std::string_view second) {
    if (first == second || second == base) return std::string(first);
    if (first == base) return std::string(second);
    // No line at all, which is not one empty line: what both write into an empty text are two insertions.
    const Lines lines = base.empty() ? Lines{} : lines_of(base);
    auto a = side_of(lines, first), b = side_of(lines, second);
    if (!a || !b) return std::nullopt;
    const auto merged = Merge(lines, std::move(*a), std::move(*b)).run();
    if (!merged) return std::nullopt;
    return joined(*merged);
}

}  // namespace ct::sync
