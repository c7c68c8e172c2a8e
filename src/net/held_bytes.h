// Bytes of bodies that a server holds, summed up over all of its connections and what outlives them.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace ct::net {

/// One holder's share of the sum; it ends with the holder. One thread at a time, the sum is everybody's.
class HeldBytes {
  public:
    using Sum = std::atomic<std::size_t>;
    explicit HeldBytes(std::shared_ptr<Sum> sum) : sum_(std::move(sum)) {}
    ~HeldBytes() { set(0); }
    HeldBytes(const HeldBytes&) = delete;
    HeldBytes& operator=(const HeldBytes&) = delete;

    void set(std::size_t bytes) {
        *sum_ += bytes - mine_;  // also where it gets less: the sum wraps round and back
        mine_ = bytes;
    }
    [[nodiscard]] std::size_t mine() const { return mine_; }
    [[nodiscard]] const std::shared_ptr<Sum>& sum() const { return sum_; }

  private:
    const std::shared_ptr<Sum> sum_;
    std::size_t mine_ = 0;
};

}  // namespace ct::net
