// Finding by id in one block of memory: open addressing with linear probing, and deletion that leaves no mark (Knuth,
// The Art of Computer Programming 3, 6.4, algorithms L and R). A quarter of what a map's nodes would take, and given up
// at once.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "base/uuid.h"

namespace ct {

/// Slots that each stand for an id: the id itself, or the number of a row that has it. `id_of(slot)` says which, and is
/// given with every call, since what it looks at may be elsewhere tomorrow. One thread at a time.
template <class Slot>
class SlotTable {
  public:
    explicit SlotTable(Slot gap) : gap_(std::move(gap)) {}  ///< no id has this one

    [[nodiscard]] std::size_t size() const { return size_; }
    /// Null: it is not there. What it points to may be made another slot of the same id.
    template <class IdOf>
    [[nodiscard]] Slot* find(const Uuid& id, const IdOf& id_of) {
        return const_cast<Slot*>(std::as_const(*this).find(id, id_of));
    }
    template <class IdOf>
    [[nodiscard]] const Slot* find(const Uuid& id, const IdOf& id_of) const {
        if (slots_.empty()) return nullptr;
        const Slot& slot = slots_[place_of(id, id_of)];
        return slot == gap_ ? nullptr : &slot;
    }

    template <class IdOf>
    void reserve(std::size_t count, const IdOf& id_of) {
        constexpr std::size_t kSlotsMin = 16;
        if (count * 3 <= slots_.size() * 2) return;  // at most two thirds are used
        const std::vector<Slot> old =
            std::exchange(slots_, std::vector<Slot>(std::bit_ceil(std::max(kSlotsMin, count + count / 2 + 1)), gap_));
        for (const Slot& slot : old) {
            if (slot != gap_) slots_[place_of(id_of(slot), id_of)] = slot;
        }
    }
    /// Nothing is done where the id is there already.
    template <class IdOf>
    void insert(const Slot& slot, const IdOf& id_of) {
        reserve(size_ + 1, id_of);
        Slot& place = slots_[place_of(id_of(slot), id_of)];
        if (place != gap_) return;
        place = slot;
        ++size_;
    }
    /// All ids that are in it, this one too, must still be told.
    template <class IdOf>
    void erase(const Uuid& id, const IdOf& id_of) {
        if (const Slot* slot = find(id, id_of)) erase_at(static_cast<std::size_t>(slot - slots_.data()), id_of);
    }
    void clear() {
        slots_ = {};
        size_ = 0;
    }
    /// Takes those out of which `gone` is true, among `count` slots from `from` on; where to go on, 0 at the end.
    template <class Gone, class IdOf>
    std::size_t prune(std::size_t from, std::size_t count, const Gone& gone, const IdOf& id_of) {
        const std::size_t end = std::min(slots_.size(), from + count);
        for (std::size_t at = from; at < end; ++at) {
            while (slots_[at] != gap_ && gone(slots_[at])) erase_at(at, id_of);  // another one may have moved here
        }
        return end == slots_.size() ? 0 : end;
    }

  private:
    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
    [[nodiscard]] std::size_t home(const Uuid& id) const {
        const std::size_t hash = std::hash<Uuid>{}(id);
        return hash & mask();
    }
    /// Where it is, or the gap where it would be.
    template <class IdOf>
    [[nodiscard]] std::size_t place_of(const Uuid& id, const IdOf& id_of) const {
        std::size_t at = home(id);
        while (slots_[at] != gap_ && id_of(slots_[at]) != id) at = (at + 1) & mask();
        return at;
    }
    template <class IdOf>
    void erase_at(std::size_t hole, const IdOf& id_of) {
        // Those behind it that would no longer be found from their home move up.
        for (std::size_t at = (hole + 1) & mask(); slots_[at] != gap_; at = (at + 1) & mask()) {
            if (((at - home(id_of(slots_[at]))) & mask()) < ((at - hole) & mask())) continue;
            slots_[hole] = slots_[at];
            hole = at;
        }
        slots_[hole] = gap_;
        --size_;
    }

    Slot gap_;
    std::vector<Slot> slots_;  // a power of two of them, or none
    std::size_t size_ = 0;
};

}  // namespace ct
