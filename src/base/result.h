// How errors travel: as values, by one small type, with a sentence for people and a code for programs.
// Exceptions of libraries are caught where they arise and turned into this; none crosses a room or a thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace ct {

/// What a caller can do about an error. A handful on purpose: everything finer is in `Error::code`.
enum class ErrorKind : std::uint8_t {
    invalid,    ///< the input is wrong as it is; nothing was changed
    not_found,  ///< the thing named does not exist
    denied,     ///< not signed in, or not allowed
    offline,    ///< the network or the server is away; trying again later is right
    busy,       ///< somebody else holds it (another process on the profile, a locked database)
    disk,       ///< the local disk or database cannot be read or written
    corrupt,    ///< what was read is not what was written, or is not ours
    newer,      ///< made by a newer version of this program; left untouched
    protocol,   ///< the other side does not keep to the protocol
    internal,   ///< our own mistake
};

struct Error {
    ErrorKind kind = ErrorKind::internal;
    std::string code;     ///< stable, upper case: "INVALID_FIELD"; key of the message catalogue
    std::string message;  ///< one line: what, where; no trailing full stop needed
    std::string field;    ///< the field concerned, or empty
};

template <class T>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

/// `return fail(ErrorKind::invalid, "INVALID_FIELD", "…", "phone");`
[[nodiscard]] inline Failure fail(ErrorKind kind, std::string_view code, std::string message,
                                  std::string_view field = {}) {
    return Failure(Error{kind, std::string(code), std::move(message), std::string(field)});
}

/// Passes an error on to a caller whose value has another type.
[[nodiscard]] inline Failure fail(Error error) { return Failure(std::move(error)); }

}  // namespace ct
