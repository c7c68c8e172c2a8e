// The in-memory state that the UI renders: all records by model, and what the last events said. UI thread only.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

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
    /// Grows with every change: a view rebuilds its order when this differs from what it was built on.
    [[nodiscard]] std::uint64_t revision() const { return revision_; }

    void put(crm::Record record);  ///< inserts or replaces; a deleted record is removed instead
    void remove(const Uuid& id);
    void reserve(std::size_t count);

  private:
    std::vector<crm::Record> records_;
    std::unordered_map<Uuid, std::uint32_t> rows_;
    std::uint64_t revision_ = 1;
};

/// Children of leads: which notes, payments and reminders belong to a lead, kept as records come and go.
class State {
  public:
    [[nodiscard]] const Table& table(crm::Model model) const { return tables_[static_cast<std::size_t>(model)]; }
    [[nodiscard]] const crm::Record* find(crm::Model model, const Uuid& id) const { return table(model).find(id); }
    [[nodiscard]] std::span<const Uuid> children(crm::Model child, const Uuid& lead) const;
    [[nodiscard]] const SyncView& sync() const { return sync_; }
    [[nodiscard]] bool loaded() const { return loaded_; }

    /// Takes over what an event says of records and sync. Everything else in the event is the UI's business.
    void apply(Event& event);
    void apply(const store::Visible& visible);
    void put(crm::Record record);
    void remove(crm::Model model, const Uuid& id);

  private:
    void unlink(const crm::Record& record);

    using Children = std::unordered_map<Uuid, std::vector<Uuid>>;
    std::array<Table, crm::kModelCount> tables_;
    std::array<Children, crm::kModelCount> children_;
    SyncView sync_;
    bool loaded_ = false;
};

}  // namespace ct::client
