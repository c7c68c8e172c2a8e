// The message catalogue: for every error code what it is called, what it means, and what to do. One table; a test finds
// every code of the source in it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ct::client {

/// The fix that a window can offer as a button beside the message.
enum class Fix : std::uint8_t {
    none,     ///< nothing but what the action says
    retry,    ///< try again: nothing has to change
    mend,     ///< open the record and change a value
    decide,   ///< go to the conflicts
    sign_in,  ///< go to the account
    sync,     ///< sync first
    discard,  ///< give the change up
    rescue,   ///< make a rescue copy
};

struct Message {
    std::string_view code;
    std::string_view title;   ///< a few words, no full stop
    std::string_view detail;  ///< what it means, in a sentence or two
    std::string_view action;  ///< what to do, in a sentence
    Fix fix = Fix::none;
};

[[nodiscard]] std::span<const Message> messages();  ///< sorted by code
/// Of an unknown code (a newer server's) it is a general one.
[[nodiscard]] const Message& message_of(std::string_view code);

}  // namespace ct::client
