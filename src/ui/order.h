// Which rows of a table are shown, and in which order. Kept up to date by what changed, not from scratch: an edit among
// 100,000 records costs well under a frame, and a frame without a change costs nothing. A new filter is tried on as
// many rows as a frame has time for, from the top of the table: what the screen shows is there at once, also among a
// million.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "client/state.h"

namespace ct::ui {

/// What a row is sorted by. Absent ones come last, whichever way the rest runs.
struct SortKey {
    bool absent = true;
    std::int64_t number = 0;  ///< of texts: their first eight bytes, so that most comparisons end here
    std::string text;

    [[nodiscard]] static SortKey of(std::int64_t number) { return {false, number, {}}; }
    [[nodiscard]] static SortKey of(std::string folded);
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

    bool operator==(const Query&) const = default;
};

struct Rules {
    std::function<SortKey(const crm::Record&, int column)> key;
    std::function<std::string(const crm::Record&)> words;  ///< folded; searched by the filter
    std::function<bool(const crm::Record&)> accept;
};

class Order {
  public:
    /// What a frame may spend on a new filter. A row whose words are not known yet costs ten.
    static constexpr std::size_t kRowsPerFrame = 50'000;

    /// True when rows() changed, or is not complete yet: then the next frame goes on.
    bool update(const client::Table& table, const Query& query, const Rules& rules, std::size_t budget = kRowsPerFrame);
    [[nodiscard]] std::span<const std::uint32_t> rows() const { return shown_; }
    [[nodiscard]] bool complete() const { return next_ == source_.size(); }

  private:
    using Rows = std::vector<std::uint32_t>;

    void resize(std::size_t rows);
    void refresh(const client::Table& table, std::uint32_t row, const Rules& rules);
    void sort_all(const client::Table& table, const Rules& rules, bool new_keys);
    void show_sorted();
    void move_each(const client::Table& table, const Rows& changed, const Rules& rules);
    void move_together(const client::Table& table, const Rows& changed, const Rules& rules);
    void begin_filter(bool only_narrower);
    void go_on(const client::Table& table, const Rules& rules, std::size_t budget);
    [[nodiscard]] bool passes(const client::Table& table, std::uint32_t row, const Rules& rules);
    [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const;
    [[nodiscard]] Rows::iterator place(Rows& rows, std::uint32_t row) const;

    std::uint64_t revision_ = 0;
    Query query_;
    std::vector<Uuid> ids_;           // by row, as all below was made from
    std::vector<SortKey> keys_;       // by row, one for each of query_.sort
    std::vector<std::string> words_;  // by row, made when first looked at; none until something is searched for
    Rows sorted_;                     // all rows
    Rows shown_;                      // those that pass
    Rows source_;                     // what the filter is tried on, in the order of sorted_; none when that is done
    std::size_t next_ = 0;            // of source_: not tried yet
};

/// How many rows of a table pass each of several conditions, kept up to date by what changed. At most 8 conditions.
class Tally {
  public:
    using Condition = std::function<bool(const crm::Record&)>;
    void update(const client::Table& table, std::span<const Condition> conditions);
    [[nodiscard]] std::size_t count(std::size_t condition) const { return counts_[condition]; }

  private:
    std::uint64_t revision_ = 0;
    std::vector<std::uint8_t> passed_;  // by row, one bit for each condition
    std::array<std::size_t, 8> counts_{};
};

}  // namespace ct::ui
