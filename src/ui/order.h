// Which rows of a table are shown, and in which order. Kept up to date by what changed, not from scratch: an edit among
// 100,000 records costs well under a frame, and a frame without a change costs nothing. A new filter is tried on as
// many rows as a frame has time for, from the top of the table: what the screen shows is there at once, also among a
// million. Sorting anew, too, is done in parts: rows are read and sorted in runs, then the runs are merged from the
// top. Until the first page of the new order is there, the old one stays; where nobody has asked for another order and
// only the keys changed (keys_epoch), it stays until the new one is whole: a table does not shrink under its reader.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/small_bytes.h"
#include "client/state.h"

namespace ct::ui {

/// What a row is sorted by. Absent ones come last, whichever way the rest runs.
struct SortKey {
    bool absent = true;
    std::int64_t number = 0;  ///< of texts: their first eight bytes, so that most comparisons end here
    SmallBytes text;          ///< all of it, where it has more than those

    [[nodiscard]] static SortKey of(std::int64_t number) { return {false, number, {}}; }
    [[nodiscard]] static SortKey of(std::string_view folded);
};

struct SortBy {
    int column = 0;  ///< names the key function's kind
    bool descending = false;
    bool operator==(const SortBy&) const = default;
};

struct Query {
    std::vector<SortBy> sort;        ///< the first counts most; those that are equal in all stay in the order of ids
    std::vector<std::string> words;  ///< folded; each must be found in the record's words
    std::string conditions;          ///< names the accept function's kind
    std::size_t quick = 0;           ///< names another part of it
    std::int64_t epoch = 0;          ///< grows when it depends on something else that changed (the day)
    std::uint64_t keys_epoch = 0;    ///< another one when keys depend on something else that changed (people's names)

    bool operator==(const Query&) const = default;
};

struct Rules {
    std::function<SortKey(const crm::Record&, int column)> key;
    std::function<std::string(const crm::Record&)> words;  ///< folded; searched by the filter
    std::function<bool(const crm::Record&)> accept;
};

class Order {
  public:
    /// What a frame may spend. A row tried by a filter costs one, more when its words are not known yet.
    static constexpr std::size_t kRowsPerFrame = 50'000;

    /// True when rows() changed, or is not complete yet: then the next frame goes on.
    bool update(const client::Table& table, const Query& query, const Rules& rules, std::size_t budget = kRowsPerFrame);
    /// Instead of update, while a table is being filled: rows() stays as it is, but for those that went.
    void hold(const client::Table& table);
    [[nodiscard]] std::span<const std::uint32_t> rows() const { return shown_; }
    [[nodiscard]] bool complete() const { return !sorting_ && next_ == source_.size(); }
    [[nodiscard]] bool sorting() const { return sorting_.has_value(); }

  private:
    using Rows = std::vector<std::uint32_t>;

    /// A row with what decides most comparisons, side by side in memory.
    struct Head {
        bool absent = true;
        std::int64_t number = 0;
        std::uint32_t row = 0, run = 0;
    };
    /// A sort under way: first rows are read and sorted in runs, then the runs are merged.
    struct Sorting {
        Rows todo;
        std::size_t read = 0;  // of todo
        bool keys_known = false;
        bool shown_whole = false;  // no first page before the rest
        std::vector<Rows> runs;
        std::vector<bool> moved;  // rows of todo; not empty: the first run is the old order, in which they are stale
        std::vector<std::size_t> at;    // in each run; none until the merge begins
        std::vector<Head> heads;        // of the runs: a heap, the first one on top
        Rows merged, passed;            // so far: all, and those that the filter lets pass
        bool first_page_shown = false;  // then those that pass go to shown_ at once
    };

    void resize(std::size_t rows);
    void refresh(const client::Table& table, std::uint32_t row, const Rules& rules);
    void forget_words(std::optional<std::span<const std::uint32_t>> changed);
    void take_changes(const client::Table& table, Rows changed, bool same_filter, const Rules& rules);
    void move_each(const client::Table& table, const Rows& changed, const Rules& rules);
    void move_together(const client::Table& table, const Rows& changed, const Rules& rules);
    void begin_filter(bool only_narrower);
    void go_on(const client::Table& table, const Rules& rules, std::size_t budget);
    [[nodiscard]] bool passes(const client::Table& table, std::uint32_t row, const Rules& rules);
    [[nodiscard]] std::size_t words_cost(std::uint32_t row) const;
    [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const;
    [[nodiscard]] Rows::iterator place(Rows& rows, std::uint32_t row) const;

    // order_sort.cpp
    void sort_all(const client::Table& table, bool keys_known);
    void sort_into(const client::Table& table, Rows changed);
    void begin_sort(const client::Table& table, Rows todo);
    std::size_t read_runs(const client::Table& table, const Rules& rules, std::size_t budget);
    void begin_merge();
    void merge(const client::Table& table, const Rules& rules, std::size_t budget);
    void go_on_sorting(const client::Table& table, const Rules& rules, std::size_t budget);
    [[nodiscard]] Head head_of(std::uint32_t row, std::size_t run) const;
    [[nodiscard]] bool before(const Head& a, const Head& b) const;
    bool next_head(std::size_t run, Head& head);
    void sink(Head head);

    std::uint64_t revision_ = 0;
    Query query_;
    std::vector<Uuid> ids_;           // by row, as all below was made from
    std::vector<SortKey> keys_;       // by row, one for each of query_.sort
    std::vector<SortKey> old_keys_;   // given back to the system bit by bit
    std::vector<std::string> words_;  // by row, made when first looked at; none until something is searched for
    Rows sorted_;                     // all rows; none while they are sorted anew
    Rows shown_;                      // those that pass; while they are sorted anew, those of before
    Rows source_;                     // what the filter is tried on, in the order of sorted_; none when that is done
    std::size_t next_ = 0;            // of source_: not tried yet
    std::optional<Sorting> sorting_;
    Rows late_;  // changed while they were sorted; their keys stay as they were until that is done
};

/// How many rows of a table pass each of several conditions, kept up to date by what changed. At most 8 conditions.
class Tally {
  public:
    static constexpr std::size_t kRowsPerFrame = 20'000;
    using Condition = std::function<bool(const crm::Record&)>;
    /// False: many rows are new, and not all are counted yet; the next frame goes on.
    bool update(const client::Table& table, std::span<const Condition> conditions, std::size_t budget = kRowsPerFrame);
    [[nodiscard]] std::size_t count(std::size_t condition) const { return counts_[condition]; }

  private:
    void count(const client::Table& table, std::span<const Condition> conditions, std::size_t row);

    std::uint64_t revision_ = 0;
    std::vector<std::uint8_t> passed_;  // by row, one bit for each condition
    std::size_t next_ = 0;              // rows from here on are to be looked at
    std::array<std::size_t, 8> counts_{};
};

}  // namespace ct::ui
