// Pages of the server's changes: one page, one transaction, together with its cursor.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/mutant.h"
#include "store/impl.h"
#include "store/schema.h"
#include "store/state_table.h"

namespace ct::store {

namespace {

using sync::PullRow;
using sync::QueueState;
using sync::RowKind;

/// A row that holds everything, as a record.
crm::Record whole_record(const PullRow& row, UnixMs now) {
    crm::Record record;
    record.id = row.id;
    record.model = row.model;
    record.version = row.version;
    record.created_at = row.created_at;
    record.updated_at = row.updated_at;
    record.last_synced_at = now;
    crm::apply(record, row.changes);
    return record;
}

/// A row laid over what the server last said.
void lay_over(crm::Record& server, const PullRow& row, UnixMs now) {
    server.version = row.version;
    server.last_synced_at = now;
    server.deleted = row.kind == RowKind::deleted;
    if (row.created_at != 0) server.created_at = row.created_at;
    if (row.updated_at != 0) server.updated_at = row.updated_at;
    crm::apply(server, row.changes);
}

/// Never back. But in a pull from the start a whole row of the version that is known here says what that really is: of
/// what another did under this device's name (a clone, before that was found out) nothing was heard.
bool no_news(const crm::Record& server, const PullRow& row, bool from_start) {
    if (row.version != server.version) return row.version < server.version;
    if (!from_start || row.kind != RowKind::changed || !row.whole) return true;
    const crm::Record told = whole_record(row, 0);
    return !server.deleted && told.fields == server.fields && told.extra == server.extra &&
           told.created_at == server.created_at && told.updated_at == server.updated_at;
}

/// Of a record that is not known here a row has all that it must have, whether it says so or not.
bool can_be_all(const PullRow& row) {
    if (row.whole) return true;
    const auto fields = crm::def(row.model).fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const crm::Value* value = row.changes.find(static_cast<crm::FieldId>(i));
        if (fields[i].required && (value == nullptr || crm::absent(crm::view(*value)))) return false;
    }
    return true;
}

}  // namespace

Result<PageApplied> Store::apply(const sync::PullPage& page) {
    PageApplied applied;
    if (page.from != impl_->state.cursor) {
        applied.ignored = true;
        return applied;
    }
    CT_TRY(impl_->ready());
    const auto followed = [this](crm::Model model) { return !impl_->state.selection.left_out.whole(model); };
    const auto removals = impl_->removals_of(page, !page.has_more, followed);
    if (!removals) return fail(removals.error());
    applied.held = impl_->too_many(*removals, impl_->removed_in_run);
    if (applied.held.any()) return applied;
    auto done = impl_->transaction([&]() -> Result<void> {
        if (!page.from) CT_TRY(impl_->begin_snapshot(followed));
        CT_TRY(impl_->apply_rows(page, applied));
        if (!page.has_more) CT_TRY(impl_->end_snapshot(followed, applied.visible));
        SyncState next = impl_->state;
        if (!CT_MUTANT(page_without_cursor)) next.cursor = page.cursor;
        if (applied.lost) next.cursor.reset();
        if (next.epoch.empty()) next.epoch = page.epoch;
        if (!page.has_more) {
            impl_->foreign_epoch = false;
            next.selection.compared_all_but(next.selection.left_out);
        }
        CT_TRY(impl_->write_state(next));
        if (page.has_more) return {};
        return impl_->ask_again_for_parents(page.cursor != page.from, applied.visible);
    });
    if (!done) return fail(done.error());
    for (std::size_t i = 0; i < removals->size(); ++i) {
        impl_->removed_in_run[i] = page.has_more ? impl_->removed_in_run[i] + (*removals)[i] : 0;
    }
    applied.parts_missing = !impl_->state.selection.catching_up.empty();
    return applied;
}

Result<void> Store::Impl::apply_rows(const sync::PullPage& page, PageApplied& applied) {
    from_start = !page.from || !unconfirmed.empty();
    std::set<Uuid> around;
    for (const PullRow& row : page.rows) {
        if (!unconfirmed.empty()) CT_TRY(confirm(row.id));
        if (!CT_MUTANT(cursor_without_page) || &row != &page.rows.back()) {
            CT_TRY(catching_up ? apply_part(row, applied) : apply_row(row, applied));
        }
        applied.newest_stamp_ms = std::max(applied.newest_stamp_ms, row.updated_at);
        if (index.empty()) continue;
        if (index.dirty(row.id) || !index.of_parent(row.id).empty()) around.insert(row.id);
        parent_came(row.id);
    }
    hear_of(applied.newest_stamp_ms);
    std::map<Uuid, crm::Model> touched;
    CT_TRY(park_and_free(std::move(around), touched));
    return refresh(touched, applied.visible);
}

Result<void> Store::Impl::apply_row(const PullRow& row, PageApplied& applied) {
    if (row.kind == RowKind::revoked) return apply_revoked(row, applied);
    ++applied.rows;
    const UnixMs now = clock.now();
    const bool whole = row.kind == RowKind::changed && row.whole;
    if (whole && !index.dirty(row.id)) {
        crm::Record fresh = whole_record(row, now);
        const auto inserted = records(row.model).insert_new(fresh);
        if (!inserted) return fail(inserted.error());
        if (*inserted) {
            mirror.moved(row.model, row.id, {}, {row.version, false});
            CT_TRY(note_pulled({}, fresh, row.author));
            applied.visible.changed.push_back(std::move(fresh));
            return {};
        }
    }
    auto server = server_record(row.model, row.id);
    if (!server && server.error().code == "ROW_DAMAGED" && whole) {  // healed by what the server says
        server = crm::Record{};
        log::warn(std::string(crm::name(row.model)) + " " + row.id.str() + " was damaged and is whole again");
    }
    if (!server && server.error().code == "ROW_DAMAGED" && row.kind == RowKind::deleted && !index.dirty(row.id)) {
        return forget(row.model, row.id, applied.visible);
    }
    if (!server) return fail(server.error());
    if (no_news(*server, row, from_start) && !of_other_epoch(row.model) && !repairing) return {};
    if (row.kind == RowKind::deleted && server->version == 0 && !index.dirty(row.id)) return {};  // never seen here
    const bool unknown = server->version == 0 && index.creation_of(row.id) == nullptr;
    if (row.kind == RowKind::changed && unknown && !from_start && !can_be_all(row)) {
        // What is changed must have been here: the disk has lost it. A part of it must not pass for all of it.
        log::warn(std::string(crm::name(row.model)) + " " + row.id.str() +
                  " is changed and not here: everything is pulled anew");
        applied.lost = true;
        return {};
    }
    if (whole && server->version == 0 && index.dirty(row.id)) CT_TRY(revive(row.id, applied.visible));
    const crm::Record known = *server;
    if (whole) {
        crm::Record fresh = whole_record(row, now);
        keep_left_out(*server, fresh);
        server = std::move(fresh);
    } else {
        lay_over(*server, row, now);
    }
    if (of_other_epoch(row.model) && whole) {
        if (auto offered = offer_back(known, *server); !offered) return fail(offered.error());
    }
    CT_TRY(note_pulled(known, *server, row.author));
    return show(row.model, std::move(*server), applied.visible);
}

Result<void> Store::Impl::begin_snapshot(const Of& of) {
    CT_TRY(drop_unconfirmed(of));
    for (const crm::ModelDef& model : crm::models()) {
        if (!of(model.model)) continue;
        for (const bool shadow : {false, true}) {  // also what only our own unsettled delete hides
            CT_TRY(connection->execute("INSERT OR IGNORE INTO unconfirmed SELECT id, '" + std::string(model.name) +
                                       "' FROM " + quoted(record_table_name(model.model, shadow)) +
                                       " WHERE version>0 AND deleted=0"));
        }
    }
    auto all = read_unconfirmed(*connection);
    if (!all) return fail(all.error());
    unconfirmed = std::move(*all);
    return {};
}

Result<void> Store::Impl::confirm(const Uuid& record) {
    if (unconfirmed.erase(record) == 0) return {};
    auto use = connection->prepare("DELETE FROM unconfirmed WHERE recordId=?");
    if (!use) return fail(use.error());
    return use->uuid(record).run();
}

Result<void> Store::Impl::end_snapshot(const Of& of, Visible& visible) {
    if (unconfirmed.empty()) return {};
    for (const auto& [id, model] : std::exchange(unconfirmed, {})) {
        if (!of(model)) {  // of the catch-up, which is not through
            unconfirmed.emplace(id, model);
            continue;
        }
        if (of_other_epoch(model)) {
            CT_TRY(offer_missing(model, id, visible));
            continue;
        }
        if (!index.dirty(id)) {
            CT_TRY(forget(model, id, visible));
            continue;
        }
        // Its tombstone is all that there could be. The verdicts on our edits will tell what becomes of them.
        auto server = server_record(model, id);
        if (!server) return fail(server.error());
        server->deleted = true;
        CT_TRY(show(model, std::move(*server), visible));
    }
    return drop_unconfirmed(of);
}

Result<void> Store::Impl::drop_unconfirmed(const Of& of) {
    for (const crm::ModelDef& model : crm::models()) {
        if (!of(model.model)) continue;
        CT_TRY(connection->execute("DELETE FROM unconfirmed WHERE model='" + std::string(model.name) + "'"));
    }
    return {};
}

/// A record that the server, restored from a backup, does not have.
Result<void> Store::Impl::offer_missing(crm::Model model, const Uuid& id, Visible& visible) {
    auto known = index.dirty(id) ? shadows(model).get(id) : records(model).get(id);
    if (!known) return fail(known.error());
    if (!*known) return {};
    crm::Record none;
    none.id = id;
    none.model = model;
    none.deleted = true;
    const auto offered = offer_back(**known, none);
    if (!offered) return fail(offered.error());
    if (!*offered) return {};
    return show(model, std::move(none), visible);
}

}  // namespace ct::store
