// The lock-free road between the UI thread and the worker: one producer, one consumer, bounded.
//
// When it is full: `push` never blocks and never drops. What does not fit waits in an overflow list on the
// producer's side and goes first on the next `push` or `flush`; order is kept. `overflowed()` tells the inspector.
#pragma once

#include <readerwriterqueue.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace ct {

template <class T>
class Channel {
  public:
    explicit Channel(std::size_t capacity) : ring_(capacity) {}

    /// Producer thread. Always keeps the item; false when it had to wait in the overflow list.
    bool push(T item) {
        flush();
        if (overflow_.empty() && ring_.try_enqueue(std::move(item))) {
            note_depth();
            return true;
        }
        overflow_.push_back(std::move(item));
        return false;
    }

    /// Producer thread. Moves waiting items into the ring as far as there is room; true when none is left.
    bool flush() {
        while (!overflow_.empty() && ring_.try_enqueue(std::move(overflow_.front()))) {
            overflow_.pop_front();
            note_depth();
        }
        return overflow_.empty();
    }

    /// Consumer thread.
    [[nodiscard]] std::optional<T> pop() {
        T item;
        if (!ring_.try_dequeue(item)) return std::nullopt;
        return item;
    }

    /// Any thread; approximate.
    [[nodiscard]] std::size_t depth() const { return ring_.size_approx(); }
    /// Any thread: the deepest the ring ever was.
    [[nodiscard]] std::size_t high_water() const { return high_water_.load(std::memory_order_relaxed); }
    /// Producer thread: items that wait for room.
    [[nodiscard]] std::size_t overflowed() const { return overflow_.size(); }

  private:
    void note_depth() {
        const std::size_t depth_now = ring_.size_approx();
        if (depth_now > high_water_.load(std::memory_order_relaxed)) {
            high_water_.store(depth_now, std::memory_order_relaxed);
        }
    }

    moodycamel::ReaderWriterQueue<T> ring_;
    std::deque<T> overflow_;                 // owned by the producer thread
    std::atomic<std::size_t> high_water_{0};  // written by the producer, read by anyone
};

}  // namespace ct
