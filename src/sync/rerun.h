// A recording, run again: the same events go into the shipped engine, and what comes out is held against what came out
// then. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/random.h"
#include "sync/recording.h"

namespace ct::sync {

/// Chance as it was recorded. Asked for more than there was, it gives zeros and says so.
class ReplayedRandom final : public Random {
  public:
    void fill(std::span<std::uint8_t> out) override;
    void load(const std::vector<std::uint64_t>& drawn);
    /// Every number was asked for, and no other.
    [[nodiscard]] bool used_up() const { return left_.empty() && !lacked_; }

  private:
    std::deque<std::uint64_t> left_;
    bool lacked_ = false;
};

/// The first thing that went another way.
struct Difference {
    std::int64_t step = 0;  ///< counted over the whole recording, from 1
    std::string what;       ///< "action 2 of 3", "the engine's state"
    std::string expected, came;
};

class Rerun {
  public:
    /// What is different, if anything. After a difference, and after a gap, nothing can be said until an entry gives
    /// the engine's state again: such steps are counted as left out.
    [[nodiscard]] std::optional<Difference> feed(const Entry& entry);

    [[nodiscard]] std::int64_t steps() const { return steps_; }  ///< fed
    [[nodiscard]] std::int64_t same() const { return same_; }    ///< that went as recorded
    [[nodiscard]] std::int64_t left_out() const { return steps_ - same_ - different_; }
    [[nodiscard]] std::int64_t differences() const { return different_; }
    /// As it is now; null when nothing can be said.
    [[nodiscard]] const Engine* engine() const { return engine_ ? &*engine_ : nullptr; }

  private:
    [[nodiscard]] std::optional<Difference> begin(const Begin& entry);
    [[nodiscard]] std::optional<Difference> step(const Step& entry);
    [[nodiscard]] Difference differs(std::string what, std::string expected, std::string came);

    ReplayedRandom random_;
    std::optional<Engine> engine_;
    std::int64_t steps_ = 0, same_ = 0, different_ = 0;
};

}  // namespace ct::sync
