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

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}
#endif

namespace ct {

/// ThreadSanitizer does not understand the memory fences that the ring is made of. This tells it what they do: it does
/// not look at the slots, and everything before a push comes before everything after its pop. Nothing in other builds.
class RingAccess {
  public:
#if defined(__SANITIZE_THREAD__)
    explicit RingAccess(void* ring) : ring_(ring) {
        AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
        AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
    }
    ~RingAccess() {
        AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
        AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
    }
    void before_push() { __tsan_release(ring_); }
    void after_pop() { __tsan_acquire(ring_); }

  private:
    void* ring_;
#else
    explicit RingAccess(void*) {}
    void before_push() {}
    void after_pop() {}
#endif
    RingAccess(const RingAccess&) = delete;
    RingAccess& operator=(const RingAccess&) = delete;
};

template <class T>
class Channel {
  public:
    explicit Channel(std::size_t capacity) : ring_(capacity) {}

    /// Producer thread. Always keeps the item; false when it had to wait in the overflow list.
    bool push(T item) {
        flush();
        if (overflow_.empty() && enqueue(item)) return true;
        overflow_.push_back(std::move(item));
        return false;
    }

    /// Producer thread. Moves waiting items into the ring as far as there is room; true when none is left.
    bool flush() {
        while (!overflow_.empty() && enqueue(overflow_.front())) overflow_.pop_front();
        return overflow_.empty();
    }

    /// Consumer thread.
    [[nodiscard]] std::optional<T> pop() {
        T item;
        RingAccess access(&ring_);
        if (!ring_.try_dequeue(item)) return std::nullopt;
        access.after_pop();
        return item;
    }

    /// Any thread; approximate.
    [[nodiscard]] std::size_t depth() const { return ring_.size_approx(); }
    /// Any thread: the deepest the ring ever was.
    [[nodiscard]] std::size_t high_water() const { return high_water_.load(std::memory_order_relaxed); }
    /// Producer thread: items that wait for room.
    [[nodiscard]] std::size_t overflowed() const { return overflow_.size(); }

  private:
    /// Moves the item into the ring, or leaves it as it is when there is no room.
    bool enqueue(T& item) {
        {
            RingAccess access(&ring_);
            access.before_push();
            if (!ring_.try_enqueue(std::move(item))) return false;
        }
        note_depth();
        return true;
    }

    void note_depth() {
        const std::size_t depth_now = ring_.size_approx();
        if (depth_now > high_water_.load(std::memory_order_relaxed)) {
            high_water_.store(depth_now, std::memory_order_relaxed);
        }
    }

    moodycamel::ReaderWriterQueue<T> ring_;
    std::deque<T> overflow_;                  // owned by the producer thread
    std::atomic<std::size_t> high_water_{0};  // written by the producer, read by anyone
};

}  // namespace ct
