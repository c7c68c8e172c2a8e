// The people of a workspace, whom records name by id: Lead.ownerId, Reminder.assigneeId, Note.by. What GET /api/people
// says, for both sides.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ct::sync {

struct Person {
    std::string id, name, role;
    std::string email;      ///< empty: not told to those who asked
    bool disabled = false;  ///< cannot sign in any more; old records still name them
    bool operator==(const Person&) const = default;
};
using People = std::vector<Person>;  ///< in the order of their names

[[nodiscard]] std::string encode(const People& people);
/// MALFORMED with a path, as all decoders of the wire.
[[nodiscard]] Result<People> decode_people(std::string_view body);

}  // namespace ct::sync
