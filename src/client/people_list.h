// The people of the workspace as this profile knows them: names for the ids in records, ids for the names that are
// typed.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"
#include "sync/people.h"

namespace ct::client {

/// Younger than that nobody asks anew who there is.
inline constexpr std::int64_t kPeopleFreshMs = 300'000;

class PeopleList {
  public:
    PeopleList() = default;
    /// `told_at`: when the server said so.
    PeopleList(sync::People people, UnixMs told_at);

    [[nodiscard]] const sync::People& all() const { return people_; }  ///< in the order of their names
    [[nodiscard]] bool known() const { return told_at_ != 0; }         ///< false: no server has told yet
    [[nodiscard]] UnixMs told_at() const { return told_at_; }
    [[nodiscard]] const sync::Person* find(std::string_view id) const;  ///< null: nobody known
    /// Whose id, e-mail address or name that is; letter case does not count. NO_SUCH_PERSON; AMBIGUOUS_PERSON names
    /// those who are meant. Who is disabled goes by the id or the address alone: nothing new is theirs by accident.
    [[nodiscard]] Result<const sync::Person*> resolve(std::string_view typed) const;

  private:
    sync::People people_;
    std::unordered_map<std::string, std::size_t> by_id_;
    UnixMs told_at_ = 0;
};

/// The id of whom `typed` means: "me", who is `me`, or somebody of the list. Errors as PeopleList::resolve;
/// PEOPLE_UNKNOWN when no server has told yet.
[[nodiscard]] Result<std::string> person_id(const PeopleList& people, std::string_view me, std::string_view typed);

}  // namespace ct::client
