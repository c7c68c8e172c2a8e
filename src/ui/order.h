// Which rows of a table are shown, and in which order. Kept up to date by what changed, not from scratch: an edit among
// 100,000 records costs well under a frame, and a frame without a change costs nothing.
#pragma once

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
    /// Tells whether a row is still the record that its key was made from.
    struct Seen {
        Uuid id;
        UnixMs updated_at = 0;
        std::int64_t version = -1;
        crm::SyncStatus status = crm::SyncStatus::synced;
        bool operator==(const Seen&) const = default;
    };

    [[nodiscard]] std::vector<std::uint32_t> changed_rows(const client::Table& table);
    void refresh(const client::Table& table, const std::vector<std::uint32_t>& changed, const Rules& rules);
    void insert_sorted(const std::vector<std::uint32_t>& changed);
    void filter(const client::Table& table, const Rules& rules, bool only_narrower);
    [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const;

    std::uint64_t revision_ = 0;
    Query query_;
    std::vector<Seen> seen_;             // by row
    std::vector<SortKey> keys_;          // by row
    std::vector<std::string> words_;     // by row; empty until something is typed into the filter
    std::vector<std::uint32_t> sorted_;  // all rows
    std::vector<std::uint32_t> shown_;   // those that pass
};

}  // namespace ct::ui
