#include "server/accounts.h"

#include <algorithm>

#include "base/utf8.h"
#include "crm/tables.h"
#include "crm/validate.h"

namespace ct::server {

namespace {

constexpr std::size_t kNameMax = 100;

Result<std::string> checked_name(std::string_view name, std::string_view what) {
    if (!valid_utf8(name)) return fail(ErrorKind::invalid, "INVALID_NAME", "the name is not valid UTF-8", "name");
    const std::string_view trimmed = trim(name);
    const bool control = std::any_of(trimmed.begin(), trimmed.end(),
                                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
    if (trimmed.empty() || utf8_length(trimmed) > kNameMax || control) {
        return fail(ErrorKind::invalid, "INVALID_NAME",
                    "the name of a " + std::string(what) + " has 1 to 100 characters on one line", "name");
    }
    return std::string(trimmed);
}

}  // namespace

Result<std::string> canonical_email(std::string_view email) {
    constexpr crm::FieldId kEmail = crm::field_id(crm::Model::lead, "email");
    auto value = valid_utf8(email) ? crm::canonical(crm::Model::lead, kEmail, std::string(email))
                                   : Result<crm::Value>(fail(ErrorKind::invalid, "INVALID_FIELD", "not UTF-8"));
    auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
    if (text == nullptr) {
        return fail(ErrorKind::invalid, "INVALID_EMAIL", quote(email) + " is not an e-mail address", "email");
    }
    std::transform(text->begin(), text->end(), text->begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return std::move(*text);
}

Result<Workspace> create_workspace(Storage& storage, const Clock& clock, Random& random, std::string name) {
    auto checked = checked_name(name, "workspace");
    if (!checked) return fail(checked.error());
    return storage.add_workspace(UuidGenerator(clock, random).next().str(), *checked, clock.now());
}

Result<User> create_user(Storage& storage, const Clock& clock, Random& random, Passwords& passwords,
                         const Workspace& workspace, const NewUser& wanted) {
    auto email = canonical_email(wanted.email);
    if (!email) return fail(email.error());
    auto name = checked_name(wanted.name, "user");
    if (!name) return fail(name.error());
    if (auto checked = check_password(wanted.password); !checked) return fail(checked.error());
    auto hash = passwords.hash(wanted.password);
    if (!hash) return fail(hash.error());
    User user{workspace,         UuidGenerator(clock, random).next().str(),
              std::move(*email), std::move(*name),
              wanted.role,       false,
              std::move(*hash)};
    if (auto added = storage.add_user(user, {{}, {}, clock.now()}); !added) return fail(added.error());
    return user;
}

Result<Workspace> find_workspace(Storage& storage, std::string_view name) {
    const auto all = storage.workspaces();
    if (!all) return fail(all.error());
    for (const Workspace& workspace : *all) {
        if (workspace.id == name || fold(workspace.name) == (valid_utf8(name) ? fold(name) : std::string{}))
            return workspace;
    }
    return fail(ErrorKind::not_found, "NO_WORKSPACE", "there is no workspace " + quote(name));
}

Result<User> find_user(Storage& storage, const Workspace& workspace, std::string_view email) {
    const auto wanted = canonical_email(email);
    if (!wanted) return fail(wanted.error());
    auto found = storage.find_users(*wanted, workspace.id);
    if (!found) return fail(found.error());
    if (found->empty()) return fail(ErrorKind::not_found, "NO_USER", "there is no user " + quote(*wanted));
    return std::move(found->front());
}

}  // namespace ct::server
