// Records as rows: one table per model, its columns derived from the model's fields. Every row carries a checksum of
// all that it says (`integrity_check` does not see a flipped bit in a text).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "crm/record.h"
#include "store/mirror.h"
#include "store/sqlite/connection.h"

namespace ct::store {

/// One table of one model: the visible records, or the shadows. One thread.
class RecordTable {
  public:
    /// `foreign`: checksums are another version's, and not looked at.
    RecordTable(sqlite::Connection& connection, crm::Model model, bool shadow, bool foreign = false);

    /// Nothing when there is no such row. Error ROW_DAMAGED (kind corrupt) when its checksum does not hold.
    [[nodiscard]] Result<std::optional<crm::Record>> get(const Uuid& id);
    /// False, and nothing done, when there is a row of that id already.
    [[nodiscard]] Result<bool> insert_new(const crm::Record& record);
    [[nodiscard]] Result<void> put(const crm::Record& record);  ///< inserts or replaces
    /// How the row stood; version 0 when there was none.
    [[nodiscard]] Result<Stand> remove(const Uuid& id);
    /// The same of a row that stays.
    [[nodiscard]] Result<std::optional<Stand>> stand(const Uuid& id);
    /// Rows whose checksum does not hold.
    [[nodiscard]] Result<void> each_damaged(const std::function<void(const Uuid&, Stand)>& visit);
    /// All rows that are not deleted, in no particular order. A damaged row is given to `damaged` instead.
    [[nodiscard]] Result<void> each_living(const std::function<void(crm::Record&&)>& visit,
                                           const std::function<void(const Uuid&)>& damaged);
    /// The same, but at most `count` of those that were put before `before` (nothing: of all), the youngest first.
    /// Where to go on; nothing when that was all.
    [[nodiscard]] Result<std::optional<std::int64_t>> some_living(std::optional<std::int64_t> before, std::size_t count,
                                                                  const std::function<void(crm::Record&&)>& visit,
                                                                  const std::function<void(const Uuid&)>& damaged);
    [[nodiscard]] Result<std::int64_t> count_living();

  private:
    [[nodiscard]] Result<void> write(sqlite::Use& use, const crm::Record& record);
    /// False: the checksum does not hold (the record is filled in all the same).
    [[nodiscard]] bool read(const sqlite::Use& use, crm::Record& record);

    sqlite::Connection& connection_;
    const crm::Model model_;
    const bool foreign_;
    const std::string name_;
    std::string select_, scan_all_, stand_, scan_, scan_some_, insert_, put_, remove_, count_;
    std::string scratch_;  // what the checksum is computed of
    crm::Fields fields_;   // filled again and again; records get exact copies
    bool flag_[256] = {};  // by field: SQLite returns flags as integers
};

}  // namespace ct::store
