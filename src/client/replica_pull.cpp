// What the engine wants of the mirror: pages in their order, and that it is compared with the server, and mended.
#include <algorithm>

#include "base/log.h"
#include "client/replica.h"

namespace ct::client {

sync::Waiting Replica::waiting() const {
    const store::QueueSummary& queue = store_.queue();
    const UnixMs since = queue.oldest_unsettled_at;
    return {queue.operations, since == 0 ? 0 : std::max<std::int64_t>(0, clock_.now() - since) / 1'000};
}

sync::PullRequest Replica::pull_request(std::int64_t limit) const {
    sync::PullRequest request;
    request.device_id = store_.state().device_id;
    request.epoch = store_.state().epoch;
    request.cursor = store_.state().cursor;
    request.limit = limit;
    request.waiting = waiting();
    sync::Scope scope = store_.state().selection.scope();
    request.models = std::move(scope.models);
    request.exclude = std::move(scope.exclude);
    return request;
}

/// Of what is missing, from where that stands.
sync::PullRequest Replica::catch_up_request(std::int64_t limit) const {
    sync::PullRequest request = pull_request(limit);
    const sync::Selection& selection = store_.state().selection;
    request.cursor = selection.cursor;
    sync::Scope scope = selection.catch_up_scope();
    request.models = std::move(scope.models);
    request.exclude = std::move(scope.exclude);
    return request;
}

void Replica::on(sync::action::SendPull& action) {
    if (!action.cursor && !action.catch_up) {
        if (auto selected = store_.select(options_.left_out); !selected) return cannot_carry_out(selected.error());
    }
    sync::PullRequest request = action.catch_up ? catch_up_request(action.limit) : pull_request(action.limit);
    if (action.cursor) request.cursor = std::move(action.cursor);
    request.sequence = store_.state().next_sequence;  // while this runs nothing is pushed; while one listens it may be
    send(NetJob::Kind::pull, action.request, sync::api_request("/api/sync/pull", sync::encode(request), token_));
}

void Replica::on(sync::action::ApplyPage& action) {
    auto applied = action.catch_up ? store_.catch_up(action.page) : store_.apply(action.page);
    if (!applied) return cannot_carry_out(applied.error());
    if (hold(*applied)) return;
    stamps_.observe(applied->newest_stamp_ms);
    show(std::move(applied->visible));
    told_.push_back(queue_event(false));
    told_.push_back(
        sync::event::PageDone{applied->rows, applied->ignored, false, applied->parts_missing, applied->lost});
}

void Replica::decide_removals(bool allowed) {
    store_.allow_removals(allowed);
    removals_refused_ = !allowed && removals_.any();
    if (allowed) removals_ = {};
    tell(sync::event::RemovalsDecided{allowed});
}

void Replica::leave_out(const sync::Parts& parts) {
    if (parts == options_.left_out) return;
    options_.left_out = parts;
    tell(sync::event::SyncAsked{});
}

/// What is wanted, and not here yet as it should be.
std::vector<std::string> Replica::missing_parts() const {
    std::vector<std::string> missing = store_.state().selection.left_out.places();
    std::erase_if(missing, [&](const std::string& place) {
        const auto model = crm::find_model(std::string_view(place).substr(0, place.find('.')));
        if (model && options_.left_out.whole(*model)) return true;
        const auto unwanted = options_.left_out.places();
        return std::find(unwanted.begin(), unwanted.end(), place) != unwanted.end();
    });
    return missing;
}

/// Whether a page was held back for what it would take away.
bool Replica::hold(const store::PageApplied& applied) {
    if (!applied.held.any()) return false;
    if (removals_ != applied.held) {
        removals_refused_ = false;
        log::warn("a pull would remove " + in_words(applied.held) + " and waits until somebody allows it");
    }
    removals_ = applied.held;
    told_.push_back(sync::event::PageDone{0, false, true});
    return true;
}

void Replica::on(sync::action::SendVerify& action) {
    if (action.thorough) {
        if (auto counted = store_.recount_mirror(); !counted) return cannot_carry_out(counted.error());
    }
    verify_asked_ = std::move(action.question);
    if (verify_asked_.models.empty() && verify_asked_.list.empty())
        verify_asked_.models = store_.state().selection.scope().models;
    verify_asked_.cursor = store_.state().cursor.value_or("");
    send(NetJob::Kind::verify, action.request,
         sync::api_request("/api/sync/verify", sync::encode(verify_asked_), token_));
}

void Replica::on(sync::action::CompareMirror& action) {
    auto compared = store_.compare(verify_asked_, action.answer);
    if (!compared) {
        if (compared.error().kind == ErrorKind::invalid) {  // an answer to another question
            told_.push_back(sync::event::Compared{});
            return;
        }
        return cannot_carry_out(compared.error());
    }
    for (const auto& [model, ids] : compared->fetch) {
        std::string line = "a bug to report: " + std::to_string(ids.size()) + " of the " +
                           std::string(crm::def(model).plural) + " here are not as the server has them:";
        for (std::size_t i = 0; i < ids.size() && i < 10; ++i) line += " " + ids[i].str();
        log::error(line);
    }
    told_.push_back(sync::event::Compared{compared->usable, compared->compared, compared->differing,
                                          std::move(compared->next), std::move(compared->fetch)});
}

void Replica::on(sync::action::SendRepair& action) {
    std::int64_t count = 0;
    for (const auto& [model, ids] : action.records) count += static_cast<std::int64_t>(ids.size());
    sync::PullRequest request = pull_request(count);
    request.records = std::move(action.records);
    send(NetJob::Kind::pull, action.request, sync::api_request("/api/sync/pull", sync::encode(request), token_));
}

void Replica::on(sync::action::ApplyRepair& action) {
    auto applied = store_.repair(action.page);
    if (!applied) return cannot_carry_out(applied.error());
    if (hold(*applied)) return;
    stamps_.observe(applied->newest_stamp_ms);
    show(std::move(applied->visible));
    told_.push_back(queue_event(false));
    told_.push_back(sync::event::PageDone{applied->rows, applied->ignored});
}

}  // namespace ct::client
