// How fast answers come in, which the server is told by the header Downlink (Network Information API, WICG): on a slow
// link it packs more thoroughly, on a fast one more quickly.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ct::net {

/// What the last large answers have shown of the link. One thread at a time.
class LinkRate {
  public:
    /// A body of so many bytes came within that time, from the first byte of its answer on.
    void received(std::int64_t bytes, std::int64_t microseconds);
    [[nodiscard]] double mbit_per_s() const { return mbit_per_s_; }  ///< 0: not known yet
    [[nodiscard]] std::string header() const;                        ///< "1.5"; empty: not known yet

  private:
    double mbit_per_s_ = 0;
};

/// What such a header says, in Mbit/s; 0 when it says nothing that makes sense.
[[nodiscard]] double parse_downlink(std::string_view value);

}  // namespace ct::net
