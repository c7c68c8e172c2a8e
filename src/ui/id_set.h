// A set of ids that a million enter within a few frames: open addressing in one block of memory, which is also given up
// at once. Not for the nil id.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "base/uuid.h"

namespace ct::ui {

class IdSet {
  public:
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] bool contains(const Uuid& id) const { return !slots_.empty() && slots_[place_of(id)] == id; }

    void reserve(std::size_t count) {
        constexpr std::size_t kSlotsMin = 16;
        if (count * 3 <= slots_.size() * 2) return;  // at most two thirds are used
        const std::vector<Uuid> old =
            std::exchange(slots_, std::vector<Uuid>(std::bit_ceil(std::max(kSlotsMin, count + count / 2 + 1))));
        for (const Uuid& id : old) {
            if (!id.nil()) slots_[place_of(id)] = id;
        }
    }
    void insert(const Uuid& id) {
        reserve(size_ + 1);
        Uuid& slot = slots_[place_of(id)];
        if (slot == id) return;
        slot = id;
        ++size_;
    }
    void erase(const Uuid& id) {
        if (!slots_.empty() && slots_[place_of(id)] == id) erase_at(place_of(id));
    }
    void clear() {
        slots_ = {};
        size_ = 0;
    }
    /// Takes those out of which `gone` is true, among `count` slots from `from` on; where to go on, 0 at the end.
    template <class Gone>
    std::size_t prune(std::size_t from, std::size_t count, const Gone& gone) {
        const std::size_t end = std::min(slots_.size(), from + count);
        for (std::size_t at = from; at < end; ++at) {
            while (!slots_[at].nil() && gone(slots_[at])) erase_at(at);  // another one may have moved here
        }
        return end == slots_.size() ? 0 : end;
    }

  private:
    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
    [[nodiscard]] std::size_t home(const Uuid& id) const { return std::hash<Uuid>{}(id)&mask(); }
    /// Where it is, or the gap where it would be.
    [[nodiscard]] std::size_t place_of(const Uuid& id) const {
        std::size_t at = home(id);
        while (!slots_[at].nil() && slots_[at] != id) at = (at + 1) & mask();
        return at;
    }
    void erase_at(std::size_t gap) {
        // Those behind it that would no longer be found from their home move up.
        for (std::size_t at = (gap + 1) & mask(); !slots_[at].nil(); at = (at + 1) & mask()) {
            if (((at - home(slots_[at])) & mask()) < ((at - gap) & mask())) continue;
            slots_[gap] = slots_[at];
            gap = at;
        }
        slots_[gap] = Uuid{};
        --size_;
    }

    std::vector<Uuid> slots_;  // nil: a gap; a power of two of them, or none
    std::size_t size_ = 0;
};

}  // namespace ct::ui
