// A set of ids that a million enter within a few frames. Not for the nil id.
#pragma once

#include <cstddef>

#include "base/slot_table.h"

namespace ct::ui {

class IdSet {
  public:
    [[nodiscard]] std::size_t size() const { return ids_.size(); }
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] bool contains(const Uuid& id) const { return ids_.find(id, kItself) != nullptr; }
    void reserve(std::size_t count) { ids_.reserve(count, kItself); }
    void insert(const Uuid& id) { ids_.insert(id, kItself); }
    void erase(const Uuid& id) { ids_.erase(id, kItself); }
    void clear() { ids_.clear(); }
    /// See SlotTable.
    template <class Gone>
    std::size_t prune(std::size_t from, std::size_t count, const Gone& gone) {
        return ids_.prune(from, count, gone, kItself);
    }

  private:
    static constexpr auto kItself = [](const Uuid& id) -> const Uuid& { return id; };

    SlotTable<Uuid> ids_{Uuid{}};
};

}  // namespace ct::ui
