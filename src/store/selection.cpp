// What the user left out, and what is fetched because it is wanted again (sync/selection.h).
#include <algorithm>

#include "store/impl.h"
#include "store/state_table.h"

namespace ct::store {

Result<void> Store::Impl::save_selection(const sync::Selection& next) {
    // What is not followed any more is not missing at the end of a pull either.
    CT_TRY(drop_unconfirmed(
        [&next](crm::Model model) { return next.left_out.whole(model) && !next.catching_up.whole(model); }));
    auto left = read_unconfirmed(*connection);
    if (!left) return fail(left.error());
    unconfirmed = std::move(*left);
    SyncState changed = state;
    changed.selection = next;
    return write_state(changed);
}

Result<void> Store::select(const sync::Parts& left_out) {
    impl_->unwanted = left_out;
    sync::Selection next = impl_->state.selection;
    next.choose(left_out, !impl_->state.cursor);
    if (next == impl_->state.selection) return {};
    return impl_->transaction([&] { return impl_->save_selection(next); });
}

Result<void> Store::restart_catch_up() {
    SyncState next = impl_->state;
    next.selection.cursor.reset();
    return save_state(next);
}

Store::Impl::Of Store::Impl::caught_up_with() const {
    return [this](crm::Model model) { return state.selection.catching_up.whole(model); };
}

Result<PageApplied> Store::catch_up(const sync::PullPage& page) {
    PageApplied applied;
    const sync::Selection& selection = impl_->state.selection;
    if (selection.catching_up.empty() || page.from != selection.cursor) {
        applied.ignored = true;
        return applied;
    }
    CT_TRY(impl_->ready());
    const auto of = impl_->caught_up_with();
    const bool ends = sync::closes_catch_up(page);
    const auto removals = impl_->removals_of(page, ends, of);
    if (!removals) return fail(removals.error());
    applied.held = impl_->too_many(*removals, {});
    if (applied.held.any()) return applied;
    auto done = impl_->transaction([&]() -> Result<void> {
        if (!page.from) CT_TRY(impl_->begin_snapshot(of));
        impl_->catching_up = impl_->repairing = true;
        auto rows = impl_->apply_rows(page, applied);
        impl_->catching_up = impl_->repairing = false;
        if (!rows) return rows;
        if (ends) CT_TRY(impl_->end_snapshot(of, applied.visible));
        SyncState next = impl_->state;
        next.selection.cursor = page.cursor;
        if (ends) next.selection.join(impl_->unwanted);
        if (applied.lost) next.selection.cursor.reset();
        return impl_->write_state(next);
    });
    if (!done) return fail(done.error());
    applied.parts_missing = !impl_->state.selection.catching_up.empty();
    return applied;
}

Result<void> Store::Impl::apply_part(const sync::PullRow& row, PageApplied& applied) {
    const sync::Parts& parts = state.selection.catching_up;
    if (parts.whole(row.model)) return apply_row(row, applied);
    // What is new, gone or out of sight is the main pull's to tell.
    if (!parts.any(row.model) || row.kind != sync::RowKind::changed) return {};
    auto server = server_record(row.model, row.id);
    if (!server && server.error().code == "ROW_DAMAGED") return {};  // for `verify` to mend
    if (!server) return fail(server.error());
    if (server->version == 0 || server->deleted) return {};
    crm::Changes missing;
    const auto fields = crm::def(row.model).fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto field = static_cast<crm::FieldId>(i);
        if (!parts.has(row.model, field)) continue;
        const crm::Value* value = row.changes.find(field);
        const crm::Value told = value == nullptr ? crm::Value{} : *value;
        if (crm::view(told) != server->fields.get(field)) missing.set(field, told);
    }
    if (missing.empty()) return {};
    ++applied.rows;
    crm::apply(*server, missing);
    return show(row.model, std::move(*server), applied.visible);
}

void Store::Impl::keep_left_out(const crm::Record& known, crm::Record& fresh) const {
    const sync::Parts& parts = state.selection.left_out;
    if (parts.fields(fresh.model) == 0) return;
    const auto fields = crm::def(fresh.model).fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto field = static_cast<crm::FieldId>(i);
        const auto source = fields[i].derived() ? crm::field(fresh.model, fields[i].derived_from) : field;
        if (!parts.has(fresh.model, source) || fresh.fields.has(field)) continue;
        fresh.fields.set(field, known.fields.get(field));
    }
}

bool Store::Impl::edits_left_out(const sync::Operation& operation) const {
    const sync::Parts& parts = state.selection.left_out;
    return std::any_of(operation.changes.fields.begin(), operation.changes.fields.end(),
                       [&](const auto& change) { return parts.has(operation.model, change.first); });
}

}  // namespace ct::store
