// The brake: a pull that would take very much away is held back until somebody says that it may. A slip of one hand, or
// a server that lost its data, must not empty every laptop within a second.
#include "store/impl.h"

namespace ct::store {

namespace {

// More than both: fewer are a morning's tidying up, and of a small model everything is soon a third.
constexpr std::int64_t kRecordsMax = 50;
constexpr std::int64_t kPercentMax = 30;

}  // namespace

Result<Store::Impl::Removals> Store::Impl::removals_of(const sync::PullPage& page, bool ends, const Of& of) {
    Removals removals{};
    const auto count = [&removals](crm::Model model) { ++removals[static_cast<std::size_t>(model)]; };
    // Another incarnation that lacks records takes none away: it is offered them back.
    const bool ends_snapshot = ends && !foreign_epoch && (!page.from || !unconfirmed.empty());
    std::set<Uuid> mentioned;
    for (const sync::PullRow& row : page.rows) {
        if (ends_snapshot) mentioned.insert(row.id);
        if (row.kind == sync::RowKind::changed) continue;
        const auto found = stand(row.model, row.id);
        if (!found) return fail(found.error());
        if (found->counts()) count(row.model);
    }
    if (!ends_snapshot) return removals;
    const auto goes = [&](const Uuid& id) { return !mentioned.contains(id) && !index.dirty(id); };
    if (page.from) {
        for (const auto& [id, model] : unconfirmed) {
            if (of(model) && !of_other_epoch(model) && goes(id)) count(model);
        }
        return removals;
    }
    for (const crm::ModelDef& model : crm::models()) {  // a pull from the start in one page
        if (!of(model.model) || of_other_epoch(model.model) || mirror.count(model.model) <= kRecordsMax) continue;
        CT_TRY(each_stand(model.model, [&](const Uuid& id, Stand found) {
            if (found.counts() && goes(id)) count(model.model);
        }));
    }
    return removals;
}

HeldRemovals Store::Impl::too_many(const Removals& removals, const Removals& before) const {
    HeldRemovals held;
    if (removals_allowed) return held;
    for (const crm::ModelDef& model : crm::models()) {
        const auto i = static_cast<std::size_t>(model.model);
        const std::int64_t removed = removals[i] + before[i], of = mirror.count(model.model) + before[i];
        if (removals[i] == 0 || removed <= kRecordsMax || removed * 100 <= of * kPercentMax) continue;
        held.removed[i] = removed;
        held.of[i] = of;
    }
    return held;
}

void Store::allow_removals(bool allowed) { impl_->removals_allowed = allowed; }

}  // namespace ct::store
