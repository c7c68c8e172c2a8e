#include "server/batch.h"

#include <algorithm>
#include <set>

#include "crm/tables.h"
#include "sync/stamp.h"

namespace ct::server {

namespace {

constexpr std::string_view kNobody = "-";  // a pusher that is no device
constexpr crm::FieldId kOwner = crm::field_id(crm::Model::lead, "ownerId");

std::optional<Uuid> parent_of(const crm::Record& record) {
    const auto parent = crm::def(record.model).parent;
    return parent ? Uuid::parse(record.fields.text(*parent)) : std::nullopt;
}

}  // namespace

Batch::Batch(WriteTransaction& transaction, const User& user, std::string device)
    : transaction_(transaction), user_(user), device_(std::move(device)), version_(transaction.version()) {}

Result<void> Batch::load(std::vector<RecordKey> keys) {
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    std::erase_if(keys, [&](const RecordKey& key) { return entries_.contains(key); });
    auto records = transaction_.load(keys);
    if (!records) return fail(records.error());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        Entry entry{std::move((*records)[i]), {}, false};
        entry.owner_before = entry.record.owner;
        entries_.emplace_hint(entries_.end(), keys[i], std::move(entry));
    }
    return {};
}

const StoredRecord& Batch::find(const RecordKey& key) const {
    static const StoredRecord kNone;
    const auto at = entries_.find(key);
    return at == entries_.end() ? kNone : at->second.record;
}

bool Batch::visible(const RecordKey& key) const {
    const StoredRecord& record = find(key);
    return record.server.exists() && (sees_all() || record.owner == user_.id);
}

std::string Batch::owner_after(const StoredRecord& record, bool created) const {
    const crm::Record& is = record.server.record;
    if (is.model == crm::Model::lead) return std::string(is.fields.text(kOwner));
    if (const auto parent = parent_of(is)) {
        const StoredRecord& lead = find({crm::Model::lead, *parent});
        if (lead.server.exists()) return lead.owner;
    }
    return created ? user_.id : record.owner;  // what hangs on no lead is its maker's
}

/// The owner changes at the record's feed; who had it before is told so when they pull.
void Batch::give(StoredRecord& record, const std::string& owner) {
    std::erase_if(record.former_owners,
                  [&](const FormerOwner& former) { return former.user == owner || former.user == record.owner; });
    if (!record.owner.empty()) record.former_owners.push_back({record.owner, record.feed});
    record.owner = owner;
    record.owner_version = record.feed;
}

bool pushed_by(const StoredRecord& record, const sync::FieldOrigin& origin, std::string_view device) {
    const auto at = record.pushers.find(origin.version);
    const bool by_stamp = at == record.pushers.end() || at->second == kNobody;
    return (by_stamp ? sync::stamp_device(origin.stamp) : std::string_view(at->second)) == device;
}

void Batch::accept(const RecordKey& key, sync::ServerRecord after, bool told) {
    Entry& entry = entries_[key];
    if (in_group_) group_undo_.emplace_back(key, entry);
    StoredRecord& record = entry.record;
    const bool created = !record.server.exists();
    record.server = std::move(after);
    record.feed = ++version_;
    record.pushers[version_] = told ? device_ : std::string(kNobody);
    entry.changed = true;

    const std::string owner = owner_after(record, created);
    if (!created) {
        if (owner != record.owner) give(record, owner);
        return;
    }
    record.owner = owner;
    // Whoever makes a record for somebody else has it on their device, and must be told that it is not theirs.
    if (!sees_all() && owner != user_.id) record.former_owners.push_back({user_.id, record.feed});
}

void Batch::begin_group() {
    in_group_ = true;
    group_version_ = version_;
}

void Batch::end_group(bool keep) {
    if (!keep) {
        for (auto at = group_undo_.rbegin(); at != group_undo_.rend(); ++at)
            entries_[at->first] = std::move(at->second);
        version_ = group_version_;
    }
    group_undo_.clear();
    in_group_ = false;
}

Result<void> Batch::move_children() {
    std::vector<Uuid> leads;
    for (const auto& [key, entry] : entries_) {
        if (entry.changed && key.model == crm::Model::lead && entry.record.owner != entry.owner_before) {
            leads.push_back(key.id);
        }
    }
    if (leads.empty()) return {};
    auto children = transaction_.children(leads);
    if (!children) return fail(children.error());
    if (auto loaded = load(std::move(*children)); !loaded) return loaded;
    for (auto& [key, entry] : entries_) {
        if (key.model == crm::Model::lead || !entry.record.server.exists()) continue;
        const std::string owner = owner_after(entry.record, false);
        if (owner == entry.record.owner) continue;
        entry.record.feed = ++version_;
        give(entry.record, owner);
        entry.changed = true;
    }
    return {};
}

Result<void> Batch::save() {
    if (auto moved = move_children(); !moved) return moved;
    std::vector<const StoredRecord*> changed;
    for (const auto& [key, entry] : entries_) {
        if (entry.changed) changed.push_back(&entry.record);
    }
    return transaction_.save(changed);
}

}  // namespace ct::server
