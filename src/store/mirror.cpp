#include "store/mirror.h"

#include <algorithm>

#include "base/log.h"
#include "store/impl.h"

namespace ct::store {

void Mirror::moved(crm::Model model, const Uuid& id, Stand before, Stand after) {
    if (!before.counts() && !after.counts()) return;
    if (before.counts() && after.counts() && before.version == after.version) return;
    const std::size_t bucket = sync::bucket_of(id);
    sync::Bucket& sum = sums_[index(model)][bucket];
    if (before.counts()) sum.remove(id, before.version);
    if (after.counts()) sum.add(id, after.version);
    counts_[index(model)] += (after.counts() ? 1 : 0) - (before.counts() ? 1 : 0);
    unwritten_[index(model)].set(bucket);
    any_unwritten_ = true;
}

void Mirror::set(crm::Model model, const sync::BucketSums& sums) {
    sync::BucketSums& mine = sums_[index(model)];
    counts_[index(model)] = 0;
    for (std::size_t bucket = 0; bucket < sums.size(); ++bucket) {
        counts_[index(model)] += sums[bucket].count;
        if (mine[bucket] == sums[bucket]) continue;
        mine[bucket] = sums[bucket];
        unwritten_[index(model)].set(bucket);
        any_unwritten_ = true;
    }
}

Result<void> Mirror::read(sqlite::Connection& connection) {
    *this = Mirror{};
    auto use = connection.prepare("SELECT model, bucket, count, digest FROM mirror");
    if (!use) return fail(use.error());
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return {};
        const auto model = crm::find_model(use->column_text(0));
        const auto bucket = static_cast<std::uint64_t>(use->column_integer(1));
        if (!model || bucket >= sync::kBuckets) continue;
        sums_[index(*model)][bucket] = {use->column_integer(2), static_cast<std::uint64_t>(use->column_integer(3))};
        counts_[index(*model)] += use->column_integer(2);
    }
}

Result<void> Mirror::write(sqlite::Connection& connection) {
    if (!any_unwritten_) return {};
    auto use = connection.prepare("REPLACE INTO mirror(model, bucket, count, digest) VALUES(?,?,?,?)");
    if (!use) return fail(use.error());
    for (const crm::ModelDef& model : crm::models()) {
        auto& unwritten = unwritten_[index(model.model)];
        for (std::size_t bucket = 0; bucket < sync::kBuckets && unwritten.any(); ++bucket) {
            if (!unwritten.test(bucket)) continue;
            unwritten.reset(bucket);
            const sync::Bucket& sum = sums_[index(model.model)][bucket];
            use->text(model.name).integer(static_cast<std::int64_t>(bucket)).integer(sum.count);
            CT_TRY(use->integer(static_cast<std::int64_t>(sum.digest)).run());
        }
    }
    any_unwritten_ = false;
    return {};
}

// ---- the mirror against itself

Result<void> Store::Impl::each_stand(crm::Model model, const std::function<void(const Uuid&, Stand)>& visit) {
    const std::string name = quoted(record_table_name(model, false)), shadow = quoted(record_table_name(model, true));
    auto use = connection->prepare("SELECT id, version, deleted FROM " + shadow +
                                   " UNION ALL SELECT id, version, deleted FROM " + name +
                                   " AS r WHERE NOT EXISTS(SELECT 1 FROM " + shadow + " AS s WHERE s.id=r.id)");
    if (!use) return fail(use.error());
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return {};
        visit(use->column_uuid(0), {use->column_integer(1), use->column_integer(2) != 0});
    }
}

Result<std::int64_t> Store::Impl::recount(crm::Model model) {
    sync::BucketSums sums{};
    CT_TRY(each_stand(model, [&](const Uuid& id, Stand stand) {
        if (stand.counts()) sums[sync::bucket_of(id)].add(id, stand.version);
    }));
    damaged[static_cast<std::size_t>(model)].clear();
    for (RecordTable* table : {&records(model), &shadows(model)}) {
        const bool shadow = table == &shadows(model);
        CT_TRY(table->each_damaged([&](const Uuid& id, Stand) {
            if (shadow || !index.dirty(id)) damaged[static_cast<std::size_t>(model)].insert(id);
        }));
    }
    std::int64_t wrong = 0;
    for (std::size_t bucket = 0; bucket < sums.size(); ++bucket) {
        if (mirror.sums(model)[bucket] != sums[bucket]) ++wrong;
    }
    if (wrong > 0) {
        log::error("the sums kept of " + std::string(crm::def(model).plural) + " were wrong in " +
                   std::to_string(wrong) + " buckets and were counted anew");
        mirror.set(model, sums);
    }
    return wrong;
}

Result<std::int64_t> Store::recount_mirror() {
    std::int64_t wrong = 0;
    auto done = impl_->transaction([&]() -> Result<void> {
        for (const crm::ModelDef& model : crm::models()) {
            const auto found = impl_->recount(model.model);
            if (!found) return fail(found.error());
            wrong += *found;
        }
        return {};
    });
    if (!done) return fail(done.error());
    return wrong;
}

std::vector<sync::Bucket> Store::mirror(crm::Model model, std::size_t buckets) const {
    return sync::folded(impl_->mirror.sums(model), buckets);
}

// ---- the mirror against the server

namespace {

/// More in one go would hold a slow link for long; the next comparison goes on.
constexpr std::size_t kListedBucketsMax = 16;
constexpr std::size_t kFetchedMax = 2'000;

const std::vector<Uuid>& moved_of(const sync::VerifyAnswer& answer, crm::Model model) {
    static const std::vector<Uuid> kNone;
    const auto at = std::find_if(answer.moved.begin(), answer.moved.end(),
                                 [model](const auto& entry) { return entry.first == model; });
    return at == answer.moved.end() ? kNone : at->second;
}

}  // namespace

/// Our sums without the records that changed at the server since, and without those that do not hold what they once
/// did: they are as good as missing, and the server's are fetched again.
Result<sync::BucketSums> Store::Impl::comparable(crm::Model model, const sync::VerifyAnswer& answer) {
    sync::BucketSums sums = mirror.sums(model);
    const auto& moved = moved_of(answer, model);
    std::set<Uuid> left_out = damaged[static_cast<std::size_t>(model)];
    left_out.insert(moved.begin(), moved.end());
    for (const Uuid& id : left_out) {
        const auto found = stand(model, id);
        if (!found) return fail(found.error());
        if (found->counts()) sums[sync::bucket_of(id)].remove(id, found->version);
    }
    return sums;
}

Result<std::vector<std::size_t>> Store::Impl::differing_buckets(const sync::VerifyModel& theirs,
                                                                const sync::VerifyAnswer& answer) {
    std::vector<std::size_t> differing;
    for (const bool recounted : {false, true}) {
        const auto sums = comparable(theirs.model, answer);
        if (!sums) return fail(sums.error());
        const auto ours = sync::folded(*sums, theirs.buckets.size());
        differing.clear();
        for (std::size_t i = 0; i < ours.size(); ++i) {
            if (ours[i] != theirs.buckets[i]) differing.push_back(i);
        }
        if (differing.empty() || recounted) break;
        const auto wrong = recount(theirs.model);  // is it the records, or the sums?
        if (!wrong) return fail(wrong.error());
        if (*wrong == 0) break;
    }
    return differing;
}

/// Which records of the listed buckets are not alike on both sides.
Result<std::vector<Uuid>> Store::Impl::differing_records(const sync::VerifyModel& theirs,
                                                         const sync::VerifyAnswer& answer,
                                                         const std::vector<std::size_t>& buckets) {
    std::map<Uuid, std::int64_t> wanted;
    for (const sync::VersionedId& record : theirs.records) wanted.emplace(record.id, record.version);
    const auto& moved = moved_of(answer, theirs.model);
    const std::set<Uuid> elsewhere(moved.begin(), moved.end());
    const std::set<Uuid>& broken = damaged[static_cast<std::size_t>(theirs.model)];
    std::vector<Uuid> differing;
    CT_TRY(each_stand(theirs.model, [&](const Uuid& id, Stand stand) {
        const std::size_t bucket = sync::bucket_of(id, theirs.buckets.size());
        const bool listed = std::find(buckets.begin(), buckets.end(), bucket) != buckets.end();
        if (!listed || !stand.counts() || elsewhere.contains(id)) return;
        const auto at = wanted.find(id);
        if (at == wanted.end() || at->second != stand.version || broken.contains(id)) differing.push_back(id);
        if (at != wanted.end()) wanted.erase(at);
    }));
    for (const auto& [id, version] : wanted) differing.push_back(id);
    return differing;
}

Result<Comparison> Store::compare(const sync::VerifyRequest& asked, const sync::VerifyAnswer& answer) {
    CT_TRY(impl_->ready());
    Comparison comparison;
    // Said of another place than where we stand now, or of nothing: no ground for a judgement.
    if (answer.behind || answer.from != impl_->state.cursor.value_or("")) return comparison;
    comparison.usable = true;
    auto done = impl_->transaction([&]() -> Result<void> {
        for (const sync::VerifyModel& theirs : answer.models) {
            if (theirs.buckets.size() != asked.buckets) return fail(ErrorKind::invalid, "MALFORMED", "other buckets");
            comparison.compared += impl_->mirror.count(theirs.model);
            if (asked.list.empty()) {
                CT_TRY(impl_->compare_sums(theirs, answer, comparison));
                continue;
            }
            const auto at = std::find_if(asked.list.begin(), asked.list.end(),
                                         [&](const auto& entry) { return entry.first == theirs.model; });
            if (at == asked.list.end()) continue;
            auto records = impl_->differing_records(theirs, answer, at->second);
            if (!records) return fail(records.error());
            comparison.differing += static_cast<std::int64_t>(records->size());
            if (records->size() > kFetchedMax) records->resize(kFetchedMax);
            if (!records->empty()) comparison.fetch.emplace_back(theirs.model, std::move(*records));
        }
        return {};
    });
    if (!done) return fail(done.error());
    return comparison;
}

/// First everything in one bucket, which costs next to nothing; then, where that differs, in all of them; then the
/// records of those that differ.
Result<void> Store::Impl::compare_sums(const sync::VerifyModel& theirs, const sync::VerifyAnswer& answer,
                                       Comparison& comparison) {
    auto differing = differing_buckets(theirs, answer);
    if (!differing) return fail(differing.error());
    if (differing->empty()) return {};
    if (!comparison.next) comparison.next.emplace();
    comparison.next->buckets = sync::kBuckets;
    if (theirs.buckets.size() < sync::kBuckets) {
        comparison.next->models.push_back(theirs.model);
        return {};
    }
    if (differing->size() > kListedBucketsMax) differing->resize(kListedBucketsMax);
    comparison.next->list.emplace_back(theirs.model, std::move(*differing));
    return {};
}

Result<PageApplied> Store::repair(const sync::PullPage& page) {
    PageApplied applied;
    if (page.from != impl_->state.cursor || page.cursor != page.from || !page.from) {
        applied.ignored = true;
        return applied;
    }
    CT_TRY(impl_->ready());
    const auto removals = impl_->removals_of(page, false, {});
    if (!removals) return fail(removals.error());
    applied.held = impl_->too_many(*removals, {});
    if (applied.held.any()) return applied;
    auto done = impl_->transaction([&]() -> Result<void> {
        impl_->repairing = true;
        auto rows = impl_->apply_rows(page, applied);
        impl_->repairing = false;
        return rows ? impl_->write_state(impl_->state) : rows;
    });
    impl_->repairing = false;
    if (!done) return fail(done.error());
    return applied;
}

}  // namespace ct::store
