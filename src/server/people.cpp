#include "server/people.h"

#include <algorithm>
#include <tuple>

#include "base/utf8.h"
#include "sync/people.h"

namespace ct::server {

Answer people(Storage& storage, const Session& session) {
    const auto users = storage.users(session.user.workspace.key);
    if (!users) return refuse(users.error());
    const bool with_addresses = session.user.role != Role::employee;
    sync::People all;
    for (const User& user : *users) {
        all.push_back({user.id, user.name, std::string(name(user.role)), with_addresses ? user.email : std::string{},
                       user.disabled});
    }
    std::sort(all.begin(), all.end(), [](const sync::Person& a, const sync::Person& b) {
        return std::tuple(fold(a.name), a.id) < std::tuple(fold(b.name), b.id);
    });
    return sync::encode(all);
}

}  // namespace ct::server
