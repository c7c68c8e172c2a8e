#include "client/state.h"

#include <algorithm>
#include <utility>

namespace ct::client {

// ---- Table

namespace {

/// Enough for the pages of a first load, which come several at a time.
constexpr std::size_t kJournalKept = 65'536;
constexpr std::int64_t kExpectedMax = 2'000'000;

}  // namespace

std::optional<std::span<const std::uint32_t>> Table::changed_since(std::uint64_t revision) const {
    if (revision < journal_begin_) return std::nullopt;
    return std::span(journal_).subspan(std::min<std::size_t>(revision - journal_begin_, journal_.size()));
}

void Table::note(std::uint32_t row) {
    if (journal_.size() >= 2 * kJournalKept) {
        journal_.erase(journal_.begin(), journal_.end() - kJournalKept);
        journal_begin_ += kJournalKept;
    }
    journal_.push_back(row);
}

const crm::Record* Table::find(const Uuid& id) const {
    const std::uint32_t* const row = rows_.find(id, id_of());
    return row == nullptr ? nullptr : &records_[*row];
}

void Table::put(crm::Record record) {
    if (record.deleted) {
        remove(record.id);
        return;
    }
    if (const std::uint32_t* const known = rows_.find(record.id, id_of())) {
        records_[*known] = std::move(record);
        return note(*known);
    }
    const auto row = static_cast<std::uint32_t>(records_.size());
    records_.push_back(std::move(record));
    rows_.insert(row, id_of());
    note(row);
}

void Table::remove(const Uuid& id) {
    const std::uint32_t* const known = rows_.find(id, id_of());
    if (known == nullptr) return;
    const std::uint32_t row = *known;
    note(row);
    rows_.erase(id, id_of());
    if (const auto last = static_cast<std::uint32_t>(records_.size() - 1); row != last) {  // it takes the gap
        note(last);
        *rows_.find(records_[last].id, id_of()) = row;
        records_[row] = std::move(records_[last]);
    }
    records_.pop_back();
}

void Table::reserve(std::size_t count) {
    // Never less than twice what is there: exact growth, asked for again and again, would copy everything each time.
    if (count <= records_.capacity()) return;
    count = std::max(count, records_.capacity() * 2);
    records_.reserve(count);
    rows_.reserve(count, id_of());
}

// ---- State

namespace {

/// The lead that a record hangs on, or nil.
Uuid parent_of(const crm::Record& record) {
    const auto field = crm::def(record.model).parent;
    const std::string_view text = field ? record.fields.text(*field) : std::string_view{};
    return text.empty() ? Uuid{} : Uuid::parse(text).value_or(Uuid{});
}

}  // namespace

std::span<const Uuid> State::children(crm::Model child, const Uuid& lead) const {
    const Children& all = children_[static_cast<std::size_t>(child)];
    const auto at = all.find(lead);
    return at == all.end() ? std::span<const Uuid>{} : std::span<const Uuid>(at->second);
}

std::uint64_t State::revision() const {
    std::uint64_t sum = 0;
    for (const Table& records : tables_) sum += records.revision();
    return sum;
}

void State::unlink(const crm::Record& record) {
    const Uuid parent = parent_of(record);
    if (parent.nil()) return;
    Children& all = children_[static_cast<std::size_t>(record.model)];
    const auto at = all.find(parent);
    if (at == all.end()) return;
    std::erase(at->second, record.id);
    if (at->second.empty()) all.erase(at);
}

void State::put(crm::Record record) {
    Table& table = tables_[static_cast<std::size_t>(record.model)];
    const crm::Record* before = table.find(record.id);
    const Uuid parent = record.deleted ? Uuid{} : parent_of(record);
    const Uuid parent_before = before == nullptr ? Uuid{} : parent_of(*before);
    if (parent != parent_before) {
        if (before != nullptr) unlink(*before);
        if (!parent.nil()) children_[static_cast<std::size_t>(record.model)][parent].push_back(record.id);
    }
    table.put(std::move(record));
}

void State::remove(crm::Model model, const Uuid& id) {
    Table& table = tables_[static_cast<std::size_t>(model)];
    const crm::Record* before = table.find(id);
    if (before == nullptr) return;
    unlink(*before);
    table.remove(id);
}

void State::forget_all() {
    for (const crm::ModelDef& model : crm::models()) {
        const Table& records = table(model.model);
        while (records.size() > 0) remove(model.model, Uuid(records.at(records.size() - 1).id));
    }
}

void State::apply(const store::Visible& visible) {
    for (const crm::Record& record : visible.changed) put(record);
    for (const auto& [model, id] : visible.removed) remove(model, id);
}

void State::apply(Event& event) {
    if (auto* part = std::get_if<Loaded>(&event)) {
        Table& table = tables_[static_cast<std::size_t>(part->model)];
        // A guess that is far too high must not take the memory: the rest grows as it comes.
        const auto expected = static_cast<std::size_t>(std::clamp<std::int64_t>(part->expected, 0, kExpectedMax));
        table.reserve(std::max(expected, table.size() + part->records.size()));
        for (crm::Record& record : part->records) put(std::move(record));
        part->records.clear();
    } else if (std::holds_alternative<LoadDone>(event)) {
        loaded_ = true;
    } else if (const auto* saved = std::get_if<Saved>(&event)) {
        apply(saved->visible);
    } else if (const auto* changed = std::get_if<RecordsChanged>(&event)) {
        apply(changed->visible);
    } else if (std::holds_alternative<DatabaseReopened>(event)) {
        forget_all();
    } else if (auto* sync = std::get_if<SyncChanged>(&event)) {
        if (sync->view.user_id != sync_.user_id || sync->view.user_name != sync_.user_name) ++people_revision_;
        sync_ = std::move(sync->view);
    } else if (auto* people = std::get_if<PeopleChanged>(&event)) {
        people_ = std::move(people->people);
        ++people_revision_;
    }
}

}  // namespace ct::client
