// The sums of the mirror (sync/mirror.h) as the client keeps them: of what the server last said of each record,
// whatever edits lie on top. In memory, and in the table `mirror`; one record that moves on is one subtraction and one
// addition.
#pragma once

#include <array>
#include <bitset>

#include "base/result.h"
#include "crm/model.h"
#include "store/sqlite/connection.h"
#include "sync/mirror.h"

namespace ct::store {

/// How the server has a record, as last heard of it. Version 0: it has none.
struct Stand {
    std::int64_t version = 0;
    bool deleted = false;

    [[nodiscard]] bool counts() const { return version > 0 && !deleted; }
};

class Mirror {
  public:
    void moved(crm::Model model, const Uuid& id, Stand before, Stand after);
    void set(crm::Model model, const sync::BucketSums& sums);

    [[nodiscard]] const sync::BucketSums& sums(crm::Model model) const { return sums_[index(model)]; }
    [[nodiscard]] std::int64_t count(crm::Model model) const { return counts_[index(model)]; }

    [[nodiscard]] Result<void> read(sqlite::Connection& connection);
    /// Writes what moved since the last time.
    [[nodiscard]] Result<void> write(sqlite::Connection& connection);

  private:
    static constexpr std::size_t index(crm::Model model) { return static_cast<std::size_t>(model); }

    std::array<sync::BucketSums, crm::kModelCount> sums_{};
    std::array<std::int64_t, crm::kModelCount> counts_{};
    std::array<std::bitset<sync::kBuckets>, crm::kModelCount> unwritten_{};
    bool any_unwritten_ = false;
};

}  // namespace ct::store
