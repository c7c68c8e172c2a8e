// The in-memory state that the UI renders: all records by model, and what the last events said. UI thread only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/slot_table.h"
#include "client/event.h"
#include "crm/record.h"

namespace ct::client {

/// The records of one model: dense, unordered; views sort index lists of their own. Deleted records are not in it.
class Table {
  public:
    [[nodiscard]] std::size_t size() const { return records_.size(); }
    [[nodiscard]] const crm::Record& at(std::size_t row) const { return records_[row]; }
    [[nodiscard]] std::span<const crm::Record> all() const { return records_; }
    [[nodiscard]] const crm::Record* find(const Uuid& id) const;
    /// Grows with every change: a view that was built on another one is out of date.
    [[nodiscard]] std::uint64_t revision() const { return journal_begin_ + journal_.size(); }
    /// The rows that have become other records, other contents or nothing since that revision, some of them perhaps
    /// several times, and some beyond the end. Nothing when it is too long ago: then every row may be another.
    [[nodiscard]] std::optional<std::span<const std::uint32_t>> changed_since(std::uint64_t revision) const;

    void put(crm::Record record);  ///< inserts or replaces; a deleted record is removed instead
    void remove(const Uuid& id);
    void reserve(std::size_t count);

  private:
    [[nodiscard]] auto id_of() const {
        return [this](std::uint32_t row) -> const Uuid& { return records_[row].id; };
    }
    void note(std::uint32_t row);

    std::vector<crm::Record> records_;
    SlotTable<std::uint32_t> rows_{0xFFFF'FFFF};
    std::vector<std::uint32_t> journal_;  // rows as they changed; only the younger ones are kept
    std::uint64_t journal_begin_ = 1;     // the revision before the first of them
};

/// Children of leads: which notes, payments and reminders belong to a lead, kept as records come and go.
class State {
  public:
    [[nodiscard]] const Table& table(crm::Model model) const { return tables_[static_cast<std::size_t>(model)]; }
    [[nodiscard]] const crm::Record* find(crm::Model model, const Uuid& id) const { return table(model).find(id); }
    [[nodiscard]] std::span<const Uuid> children(crm::Model child, const Uuid& lead) const;
    [[nodiscard]] const SyncView& sync() const { return sync_; }
    [[nodiscard]] const PeopleList& people() const { return people_; }
    /// Grows with every change of who is known, or who "me" is.
    [[nodiscard]] std::uint64_t people_revision() const { return people_revision_; }
    [[nodiscard]] bool loaded() const { return loaded_; }
    [[nodiscard]] std::uint64_t revision() const;  ///< grows with every change of any record

    /// Takes over what an event says of records and sync. Everything else in the event is the UI's business.
    void apply(Event& event);
    void apply(const store::Visible& visible);
    void put(crm::Record record);
    void remove(crm::Model model, const Uuid& id);

  private:
    void unlink(const crm::Record& record);
    void forget_all();

    using Children = std::unordered_map<Uuid, std::vector<Uuid>>;
    std::array<Table, crm::kModelCount> tables_;
    std::array<Children, crm::kModelCount> children_;
    SyncView sync_;
    PeopleList people_;
    std::uint64_t people_revision_ = 0;
    bool loaded_ = false;
};

}  // namespace ct::client
