// What the engine wants of the mirror beside pages in their order: that it is compared with the server, and mended.
#include "base/log.h"
#include "client/replica.h"

namespace ct::client {

void Replica::decide_removals(bool allowed) {
    store_.allow_removals(allowed);
    removals_refused_ = !allowed && removals_.any();
    if (allowed) removals_ = {};
    tell(sync::event::RemovalsDecided{allowed});
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
    told_.push_back(sync::event::QueueChanged{store_.queue().sendable, false});
    told_.push_back(sync::event::PageDone{applied->rows, applied->ignored});
}

}  // namespace ct::client
