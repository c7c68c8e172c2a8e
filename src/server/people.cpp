#include "server/people.h"

#include <algorithm>
#include <tuple>

#include "base/utf8.h"
#include "sync/people.h"

namespace ct::server {

namespace {

/// Who was added without a name is called by their address, which is not for everybody.
std::string shown_name(const User& user, bool with_address) {
    if (with_address || user.name != user.email) return user.name;
    return user.name.substr(0, user.name.find('@'));
}

}  // namespace

Answer people(Storage& storage, const Session& session) {
    const auto users = storage.users(session.user.workspace.key);
    if (!users) return refuse(users.error());
    const bool with_addresses = session.user.role != Role::employee;
    sync::People all;
    for (const User& user : *users) {
        all.push_back({user.id, shown_name(user, with_addresses), std::string(name(user.role)),
                       with_addresses ? user.email : std::string{}, user.disabled});
    }
    std::sort(all.begin(), all.end(), [](const sync::Person& a, const sync::Person& b) {
        return std::tuple(fold(a.name), a.id) < std::tuple(fold(b.name), b.id);
    });
    return sync::encode(all);
}

}  // namespace ct::server
