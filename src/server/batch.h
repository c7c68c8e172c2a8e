// The records that one push touches, as they become: each operation sees what those before it did.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/storage/storage.h"

namespace ct::server {

/// That device pushed what the field holds.
[[nodiscard]] bool pushed_by(const StoredRecord& record, const sync::FieldOrigin& origin, std::string_view device);

class Batch {
  public:
    Batch(WriteTransaction& transaction, const User& user, std::string device);

    /// Everything that `find` will be asked for, at once.
    [[nodiscard]] Result<void> load(std::vector<RecordKey> keys);

    [[nodiscard]] const StoredRecord& find(const RecordKey& key) const;  ///< must have been loaded
    /// The record exists (deleted or not) and this user may know of it.
    [[nodiscard]] bool visible(const RecordKey& key) const;

    /// The version that the next accepted operation gets.
    [[nodiscard]] std::int64_t next_version() const { return version_ + 1; }
    [[nodiscard]] std::int64_t version() const { return version_; }
    /// The same, without what a group that is still open may take back.
    [[nodiscard]] std::int64_t certain_version() const { return in_group_ ? group_version_ : version_; }
    /// Takes that version, and the record as decided. `told`: the device knows by the answer what it did; if not, its
    /// own change comes to it with the next pull.
    void accept(const RecordKey& key, sync::ServerRecord after, bool told = true);

    /// A group takes effect all or none: between `begin_group` and `end_group(false)` nothing happened.
    void begin_group();
    void end_group(bool keep);

    /// Lets the children of leads that changed hands follow them, and writes all records that changed.
    [[nodiscard]] Result<void> save();

    [[nodiscard]] bool sees_all() const { return user_.role != Role::employee; }

  private:
    struct Entry {
        StoredRecord record;
        std::string owner_before;  // as loaded
        bool changed = false;
    };
    [[nodiscard]] std::string owner_after(const StoredRecord& record, bool created) const;
    void give(StoredRecord& record, const std::string& owner);
    [[nodiscard]] Result<void> move_children();

    WriteTransaction& transaction_;
    const User& user_;
    const std::string device_;
    std::int64_t version_;
    std::map<RecordKey, Entry> entries_;

    bool in_group_ = false;
    std::int64_t group_version_ = 0;                       // the counter when the group began
    std::vector<std::pair<RecordKey, Entry>> group_undo_;  // entries as they were, oldest first
};

}  // namespace ct::server
