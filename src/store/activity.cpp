// The audit trail of all records, part by part, and what goes into it of others' doings.
#include <algorithm>
#include <array>

#include "store/impl.h"
#include "store/state_table.h"

namespace ct::store {

namespace {

/// Rows read for one page at most: some ten milliseconds, for saves wait behind it.
constexpr std::size_t kLookedAtMost = 4'000;

bool is_of(std::string_view what, Whose whose) {
    constexpr std::array<std::string_view, 5> kPolicies{"MERGED", "SUPERSEDED", "OVERRODE", "CONFLICT", "REJECTED"};
    const bool others = what.starts_with("PULLED");
    const bool policies = std::find(kPolicies.begin(), kPolicies.end(), what) != kPolicies.end();
    switch (whose) {
        case Whose::all: return true;
        case Whose::ours: return !others && !policies;
        case Whose::others: return others;
        case Whose::policies: return policies;
        case Whose::deleted: return what == "DELETE" || what == "PULLED_DELETE";
    }
    return true;
}

}  // namespace

Result<void> Store::Impl::note_pulled(const crm::Record& before, const crm::Record& after, const std::string& author) {
    if (state.last_sync_at == 0 || !unconfirmed.empty() || foreign_epoch || repairing) return {};
    AuditRow row;
    // A tombstone does not tell when it was: it is as old as our knowledge of it.
    row.at = after.updated_at > before.updated_at ? after.updated_at : clock.now() + state.clock_offset_ms;
    row.model = after.model;
    row.record = after.id;
    row.what = "PULLED";
    row.user = author;
    if (after.deleted) {
        row.what = "PULLED_DELETE";
    } else if (before.version == 0 || before.deleted) {
        row.what = "PULLED_CREATE";  // what it says stands in the record
    } else {
        row.after = crm::difference(before, after);
        if (row.after.fields.empty()) return {};
        for (const auto& [field, value] : row.after.fields) row.before.set(field, crm::own(before.fields.get(field)));
    }
    return add_audit(*connection, row);
}

Result<ActivityPage> Store::activity(const ActivityQuery& query) const {
    if (!impl_->connection) return impl_->no_connection();
    const bool filtered = query.whose != Whose::all || query.model;
    const std::size_t look = filtered ? kLookedAtMost : query.limit;
    auto rows = read_activity(*impl_->connection, query.older_than, look);
    if (!rows) return fail(rows.error());
    ActivityPage page;
    const AuditRow* last = nullptr;
    bool all = rows->size() < look;
    for (AuditRow& row : *rows) {
        if (page.rows.size() == query.limit) {
            all = false;
            break;
        }
        last = &row;
        if (!is_of(row.what, query.whose) || (query.model && row.model != *query.model)) continue;
        page.rows.push_back(row);
    }
    if (!all && last != nullptr) page.older = AuditPosition{last->at, last->record, last->operation, last->what};
    for (AuditRow& row : page.rows) {
        row.whole = impl_->said_by_deleted(row);
        if (is_of(row.what, Whose::deleted) && !row.whole.empty()) row.before = row.whole;
    }
    return page;
}

crm::Changes Store::Impl::said_by_deleted(const AuditRow& row) {
    const auto gone = records(row.model).get(row.record);
    return gone && *gone && (*gone)->deleted ? crm::all_of(**gone) : crm::Changes{};
}

static bool decided_by_rule(const AuditRow& row) { return row.what == "SUPERSEDED" || row.what == "OVERRODE"; }

bool deletion_won(const AuditRow& decision) {
    return decided_by_rule(decision) && decision.after.empty() && !decision.before.empty();
}

bool deletion_lost(const AuditRow& decision) {
    return decided_by_rule(decision) && decision.before.empty() && !decision.after.empty();
}

Result<std::vector<AuditRow>> Store::decisions(std::size_t limit) const {
    if (!impl_->connection) return impl_->no_connection();
    auto rows = read_decisions(*impl_->connection, limit);
    if (!rows) return fail(rows.error());
    for (AuditRow& row : *rows) row.whole = impl_->said_by_deleted(row);
    return rows;
}

}  // namespace ct::store
