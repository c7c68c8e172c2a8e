// Which rows of a table are shown, and in which order. Kept up to date by what changed, not from scratch: an edit among
// 100,000 records costs well under a frame, and a frame without a change costs nothing.
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

struct Query {
    int sort = 0;  ///< names the key function's kind; a change of it makes all keys anew
    bool descending = false;
    std::string filter;      ///< every word of it must be found in the record's words
    std::size_t quick = 0;   ///< names the accept function's kind
    std::int64_t epoch = 0;  ///< grows when the accept function depends on something else that changed (the day)

    bool operator==(const Query&) const = default;
};

struct Rules {
    std::function<SortKey(const crm::Record&)> key;
    std::function<std::string(const crm::Record&)> words;  ///< folded; searched by the filter
    std::function<bool(const crm::Record&)> accept;
};

class Order {
  public:
    /// True when rows() changed.
    bool update(const client::Table& table, const Query& query, const Rules& rules);
    [[nodiscard]] std::span<const std::uint32_t> rows() const { return shown_; }

  private:
    using Rows = std::vector<std::uint32_t>;

    void resize(std::size_t rows);
    void refresh(const client::Table& table, std::uint32_t row, const Rules& rules);
    void sort_all(const client::Table& table, const Rules& rules, bool new_keys);
    void move_each(const client::Table& table, const Rows& changed, const Rules& rules);
    void move_together(const client::Table& table, const Rows& changed, const Rules& rules);
    void filter(const client::Table& table, const Rules& rules, bool only_narrower);
    [[nodiscard]] bool passes(const client::Table& table, std::uint32_t row, const Rules& rules) const;
    [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const;
    [[nodiscard]] Rows::iterator place(Rows& rows, std::uint32_t row) const;

    std::uint64_t revision_ = 0;
    Query query_;
    std::vector<std::string> wanted_;  // the filter's words
    std::vector<Uuid> ids_;            // by row, as all below was made from
    std::vector<SortKey> keys_;        // by row
    bool searched_ = false;            // something was typed into the filter once
    std::vector<std::string> words_;   // by row, then
    Rows sorted_;                      // all rows
    Rows shown_;                       // those that pass
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
