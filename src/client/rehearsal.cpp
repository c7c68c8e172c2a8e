#include "client/rehearsal.h"

#include <filesystem>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/part_file.h"
#include "store/reader.h"
#include "store/store.h"

namespace ct::client {

namespace {

using inspect::PageTried;
using Effect = PageTried::Effect;

constexpr std::size_t kDifferencesKept = 500;

/// What was asked for; a request that was too long to be kept named records one by one.
[[nodiscard]] std::optional<sync::PullRequest> question_of(const RequestSeen& seen) {
    if (static_cast<std::int64_t>(seen.request_body.size()) != seen.request_bytes) return std::nullopt;
    auto request = sync::decode_pull_request(seen.request_body);
    return request ? std::optional(std::move(*request)) : std::nullopt;
}

/// Fields whose values are not the same in both.
[[nodiscard]] std::vector<crm::FieldId> changed_fields(const crm::Record& before, const crm::Record& after) {
    std::vector<crm::FieldId> changed;
    for (std::size_t i = 0; i < crm::def(before.model).fields.size(); ++i) {
        const auto field = static_cast<crm::FieldId>(i);
        if (before.fields.get(field) != after.fields.get(field)) changed.push_back(field);
    }
    return changed;
}

class Rehearsal {
  public:
    Rehearsal(const std::string& database, const std::string& directory, const RequestSeen& seen, PageTried& tried)
        : database_(database), scratch_(directory + "/colortouch.db"), seen_(seen), tried_(tried) {}

    [[nodiscard]] Result<void> run(const Clock& clock, Random& random) {
        if (!seen_.page) return fail(ErrorKind::not_found, "NOT_KEPT", "the answer was not kept");
        auto page = sync::decode_pull_page(*seen_.page);
        if (!page) return fail(page.error());
        page_ = std::move(*page);
        tried_.rows = static_cast<std::int64_t>(page_.rows.size());
        tried_.has_more = page_.has_more;
        tried_.page_from = page_.from;
        if (auto copied = copy(); !copied) return copied;
        auto opened = store::Store::open(scratch_, clock, random);
        if (!opened) return fail(opened.error());
        store_ = std::move(*opened);
        if (auto prepared = prepare(); !prepared) return prepared;
        auto before = store::Reader::open(scratch_);
        if (!before) return fail(before.error());
        if (auto still = (*before)->stand_still(); !still) return still;
        const auto applied = apply();
        if (!applied) return fail(applied.error());
        return compare(**before, applied->visible);
    }

  private:
    [[nodiscard]] Result<void> copy() {
        const std::int64_t begun = inspect::steady_us();
        if (auto copied = store::copy_database(database_, scratch_); !copied) return copied;
        tried_.copied_bytes = file_size(scratch_).value_or(0);
        tried_.copy_us = inspect::steady_us() - begun;
        return {};
    }

    /// Finds out what kind of page it is, and puts the copy to where it begins.
    [[nodiscard]] Result<void> prepare() {
        store::SyncState state = store_->state();
        tried_.cursor_before = tried_.cursor_after = state.cursor;
        tried_.unsettled_before = store_->queue().operations;
        if (!state.epoch.empty() && page_.epoch != state.epoch)
            return fail(ErrorKind::invalid, "OTHER_EPOCH",
                        "the page is of another life of the server's database, epoch " + page_.epoch);
        tried_.fits = page_.from == state.cursor;
        const auto question = question_of(seen_);
        const sync::Scope scope = state.selection.scope();
        if (!question || !question->records.empty()) {
            tried_.kind = PageTried::Kind::records;
        } else if (!tried_.fits && (question->models != scope.models || question->exclude != scope.exclude)) {
            tried_.kind = PageTried::Kind::catch_up;
            tried_.fits = page_.from == state.selection.cursor && !state.selection.catching_up.empty();
            if (!tried_.fits)
                return fail(ErrorKind::invalid, "CATCH_UP_OVER",
                            "the page is of a catch-up that is not under way any more");
        }
        if (tried_.fits) return {};
        state.cursor = page_.from;
        return store_->save_state(state);
    }

    [[nodiscard]] Result<store::PageApplied> apply() {
        const std::int64_t begun = inspect::steady_us();
        auto applied = apply_once();
        if (applied && applied->held.any()) {
            tried_.held = applied->held;
            store_->allow_removals(true);
            applied = apply_once();
        }
        tried_.apply_us = inspect::steady_us() - begun;
        tried_.unsettled_after = store_->queue().operations;
        if (tried_.kind == PageTried::Kind::pull) tried_.cursor_after = store_->state().cursor;
        if (tried_.kind == PageTried::Kind::catch_up) tried_.cursor_after = store_->state().selection.cursor;
        if (applied && applied->ignored)
            return fail(ErrorKind::invalid, "PAGE_IGNORED", "the page does not go with where this laptop is");
        return applied;
    }
    [[nodiscard]] Result<store::PageApplied> apply_once() {
        if (tried_.kind == PageTried::Kind::records) return store_->repair(page_);
        return tried_.kind == PageTried::Kind::catch_up ? store_->catch_up(page_) : store_->apply(page_);
    }

    /// What is shown otherwise than before, and the rows of the page that make no difference.
    [[nodiscard]] Result<void> compare(store::Reader& before, const store::Visible& visible) {
        std::set<std::pair<crm::Model, Uuid>> differing;
        const auto look = [&](crm::Model model, const Uuid& id, const crm::Record* after) -> Result<void> {
            auto was = before.get(model, id);
            if (!was) return fail(was.error());
            if (note(model, id, *was ? &**was : nullptr, after)) differing.emplace(model, id);
            return {};
        };
        for (const crm::Record& record : visible.changed) {
            if (auto looked = look(record.model, record.id, &record); !looked) return looked;
        }
        for (const auto& [model, id] : visible.removed) {
            if (auto looked = look(model, id, nullptr); !looked) return looked;
        }
        for (const sync::PullRow& row : page_.rows) {
            if (!differing.contains({row.model, row.id})) ++tried_.models[static_cast<std::size_t>(row.model)].same;
        }
        return count_orphans(before);
    }

    /// False: the same as before.
    bool note(crm::Model model, const Uuid& id, const crm::Record* before, const crm::Record* after) {
        const bool was = before != nullptr && !before->deleted, is = after != nullptr && !after->deleted;
        PageTried::Difference difference{model, id, Effect::changed, 0, 0, {}};
        if (before != nullptr) difference.version_before = before->version;
        if (after != nullptr) difference.version_after = after->version;
        PageTried::Counts& counts = tried_.models[static_cast<std::size_t>(model)];
        if (was && is) {
            difference.fields = changed_fields(*before, *after);
            if (difference.fields.empty() && before->version == after->version && before->extra == after->extra &&
                before->sync_status == after->sync_status)
                return false;
            ++counts.changed;
        } else if (is) {
            difference.effect = Effect::added;
            ++counts.added;
        } else if (was) {
            difference.effect = Effect::removed;
            ++counts.removed;
        } else {
            return false;
        }
        if (tried_.differences.size() < kDifferencesKept) tried_.differences.push_back(std::move(difference));
        return true;
    }

    [[nodiscard]] Result<void> count_orphans(store::Reader& before) {
        const auto had = before.orphans();
        if (!had) return fail(had.error());
        auto now = store::Reader::open(scratch_);
        if (!now) return fail(now.error());
        const auto has = (*now)->orphans();
        if (!has) return fail(has.error());
        for (std::size_t i = 0; i < crm::kModelCount; ++i) {
            tried_.models[i].orphans_before = (*had)[i];
            tried_.models[i].orphans_after = (*has)[i];
        }
        return {};
    }

    const std::string& database_;
    const std::string scratch_;
    const RequestSeen& seen_;
    PageTried& tried_;
    sync::PullPage page_;
    std::unique_ptr<store::Store> store_;
};

}  // namespace

PageTried rehearse(const std::string& database, const std::string& directory, const RequestSeen& seen,
                   const Clock& clock, Random& random) {
    PageTried tried;
    tried.request = seen.number;
    remove_rehearsal(directory);
    Result<void> done = make_directories(directory);
    if (done) done = Rehearsal(database, directory, seen, tried).run(clock, random);  // closed before it is removed
    if (!done) tried.error = done.error();
    remove_rehearsal(directory);
    return tried;
}

void remove_rehearsal(const std::string& directory) {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
}

}  // namespace ct::client
