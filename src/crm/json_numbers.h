// What handlers of RapidJSON's events have in common. Numbers come to them as texts (kParseNumbersAsStringsFlag):
// RapidJSON 1.1 reads long fractions by shifting a zero by its own width, which is undefined.
#pragma once

#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace ct::crm {

/// Base of a handler that has `bool whole(std::int64_t, bool negative)` (of -0 too), and `bool number(nlohmann::json)`
/// for what is no such number: discarded (`is_discarded`) where not even a double holds it. Both say whether to read
/// on.
template <class Handler>
class JsonNumbers {
  public:
    bool RawNumber(const char* text, unsigned size, bool) {
        const char* const end = text + size;
        std::int64_t value = 0;
        const auto read = std::from_chars(text, end, value);
        auto& handler = static_cast<Handler&>(*this);
        if (read.ec == std::errc{} && read.ptr == end) return handler.whole(value, *text == '-');
        return handler.number(nlohmann::json::parse(text, end, nullptr, false));
    }
    // Not called: numbers come as texts.
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }
};

}  // namespace ct::crm
