// How much to ask of one exchange over a link that is slow, or that breaks again and again. Pure; one thread.
#pragma once

#include <cstddef>

#include "base/clock.h"

namespace ct::sync {

template <class T>
struct Members;  ///< recording_members.h: what is recorded of a type

/// What the link has shown of itself. A break costs the exchange that was under way, a round trip is the price of a
/// safe point: the length of an exchange that loses least is sqrt(2 * round trip * mean time between breaks)
/// (J. W. Young, "A first order approximation to the optimum checkpoint interval", CACM 17:9, 1974).
class Pace {
  public:
    explicit Pace(SteadyMs longest_ms) : longest_ms_(longest_ms) {}

    void through(SteadyMs took_ms);  ///< an exchange ended with an answer
    void broke(SteadyMs took_ms);    ///< one was cut off
    void forget();                   ///< another link

    /// How long the next exchange should take; `longest_ms` while nothing broke.
    [[nodiscard]] SteadyMs target_ms() const;
    /// What an exchange costs that carries nothing: the shortest one so far. 0: not known.
    [[nodiscard]] SteadyMs overhead_ms() const { return overhead_ms_ < 0 ? 0 : overhead_ms_; }

  private:
    template <class>
    friend struct Members;
    SteadyMs longest_ms_;
    SteadyMs overhead_ms_ = -1;
    SteadyMs unbroken_ms_ = 0;  // on the line since the last break
    double between_ms_ = 0;     // breaks, on average
    int breaks_ = 0;
};

/// The size of one kind of exchange: bytes of a batch, rows of a page. At least 1.
class Portion {
  public:
    Portion(std::size_t first, std::size_t most) : size_(first), most_(most) {}

    [[nodiscard]] std::size_t size() const { return size_; }
    /// That much went through in that time; an amount of 0 tells nothing.
    void through(const Pace& pace, std::size_t amount, SteadyMs took_ms);
    /// One was cut off, the `in_a_row`th without one that went through (1: the first).
    void broke(const Pace& pace, int in_a_row);
    void halve();

  private:
    template <class>
    friend struct Members;
    [[nodiscard]] double fitting(const Pace& pace) const;

    std::size_t size_;
    std::size_t most_;
    double ms_each_ = 0;    // of a unit, as last measured; 0: not yet
    bool careful_ = false;  // it was too much once: no more than twice as much at a time
};

}  // namespace ct::sync
