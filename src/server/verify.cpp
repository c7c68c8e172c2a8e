#include "server/verify.h"

#include <algorithm>

#include "server/pull.h"
#include "sync/mirror.h"

namespace ct::server {

namespace {

/// More records than this changed since: the client had better pull first.
constexpr std::size_t kMovedMax = 5'000;

class Comparison {
  public:
    Comparison(ReadTransaction& transaction, Viewer viewer, sync::VerifyRequest request)
        : transaction_(transaction), viewer_(std::move(viewer)), request_(std::move(request)) {
        if (!request_.list.empty()) {
            request_.models.clear();
            for (const auto& entry : request_.list) request_.models.push_back(entry.first);
        } else if (request_.models.empty()) {
            for (const crm::ModelDef& model : crm::models()) request_.models.push_back(model.model);
        }
        answer.version = transaction.version();
        answer.from = request_.cursor;
    }

    /// What changed after that place in the feed.
    [[nodiscard]] Result<void> note_moved(std::int64_t since);
    [[nodiscard]] Result<void> sum_up();

    sync::VerifyAnswer answer;

  private:
    [[nodiscard]] Result<void> sum_up(sync::VerifyModel& model);

    ReadTransaction& transaction_;
    const Viewer viewer_;
    sync::VerifyRequest request_;
    std::int64_t since_ = std::numeric_limits<std::int64_t>::max();
};

Result<void> Comparison::note_moved(std::int64_t since) {
    since_ = since;
    std::size_t moved = 0;
    for (const crm::Model model : request_.models) answer.moved.emplace_back(model, std::vector<Uuid>{});
    const auto read = transaction_.changes(since, request_.models, viewer_, [&](const RowView& row) {
        if (++moved > kMovedMax) return false;
        const auto at = std::find_if(answer.moved.begin(), answer.moved.end(),
                                     [&](const auto& entry) { return entry.first == row.model; });
        at->second.push_back(Uuid::parse(row.id).value_or(Uuid{}));
        return true;
    });
    answer.behind = moved > kMovedMax;
    if (answer.behind) answer.moved.clear();
    return read;
}

Result<void> Comparison::sum_up() {
    if (answer.behind) return {};
    for (const crm::Model model : request_.models) {
        sync::VerifyModel& one = answer.models.emplace_back();
        one.model = model;
        if (auto summed = sum_up(one); !summed) return summed;
    }
    return {};
}

Result<void> Comparison::sum_up(sync::VerifyModel& model) {
    model.buckets.resize(request_.buckets);
    std::vector<bool> listed(request_.buckets, false);
    for (const auto& [wanted, buckets] : request_.list) {
        if (wanted != model.model) continue;
        for (const std::size_t bucket : buckets) listed[bucket] = true;
    }
    return transaction_.versions(model.model, viewer_, [&](const RowView& row) {
        if (row.feed > since_) return true;
        const Uuid id = Uuid::parse(row.id).value_or(Uuid{});
        const std::size_t bucket = sync::bucket_of(id, request_.buckets);
        model.buckets[bucket].add(id, row.version);
        if (listed[bucket]) model.records.push_back({id, row.version});
        return true;
    });
}

}  // namespace

Answer verify(Storage& storage, const Session& session, const std::string& body) {
    auto request = sync::decode_verify_request(body);
    if (!request) return refuse(request.error());
    auto transaction = storage.begin_read(session.user.workspace.key);
    if (!transaction) return refuse(transaction.error());
    const std::string cursor = request->cursor;
    Comparison comparison(**transaction, {session.user.id, session.user.role != Role::employee}, std::move(*request));
    comparison.answer.epoch = storage.epoch();
    if (!cursor.empty()) {
        const auto checked = checked_cursor(cursor, **transaction, session);
        if (!checked) return tl::unexpected(checked.error());
        if (checked->stretch != Cursor::Stretch::changes || checked->base != checked->since) {
            return refuse(409, "PULL_FIRST", "a pull is under way: it has to come to its end first");
        }
        if (auto noted = comparison.note_moved(checked->since); !noted) return refuse(noted.error());
    }
    if (auto summed = comparison.sum_up(); !summed) return refuse(summed.error());
    return sync::encode(comparison.answer);
}

}  // namespace ct::server
