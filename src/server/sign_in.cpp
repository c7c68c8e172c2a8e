#include "server/sign_in.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "crm/json_codec.h"
#include "server/accounts.h"
#include "server/remote.h"
#include "sync/wire.h"

namespace ct::server {

namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kTouchAfterMs = 3'600'000;  // "last seen" is right to the hour, and most requests write nothing
constexpr std::size_t kDeviceNameMax = 200;
constexpr std::size_t kUsersPerEmailMax = 5;

/// Device ids stand inside stamps, packed origins and paths: one printable word without a slash.
bool valid_device(std::string_view id) {
    return !id.empty() && id.size() <= 64 && id != "=" &&
           std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 0x7f && c != '/'; });
}

/// Names that people and databases can read. Not all databases take a NUL.
bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

tl::unexpected<Refusal> unauthenticated(std::string detail) {
    return refuse(401, "UNAUTHENTICATED", std::move(detail));
}

tl::unexpected<Refusal> too_many_attempts(std::int64_t wait_s) {
    auto refusal = refuse(429, "TOO_MANY_ATTEMPTS", "too many attempts: wait a little");
    refusal.value().retry_after_s = wait_s;
    return refusal;
}

std::string device_json(const Device& device) {
    std::string text = "{\"id\":";
    crm::JsonWriter json(text);
    json.string(device.id);
    json.raw(",\"name\":");
    json.string(device.name);
    json.raw(",\"user\":{\"id\":");
    json.string(device.user_id);
    json.raw(",\"name\":");
    json.string(device.user_name);
    json.raw("},\"createdAt\":");
    json.instant(device.created_at);
    json.raw(",\"lastSeenAt\":");
    json.instant(device.seen_at);
    json.raw(",\"operations\":");
    json.number(device.operations);
    if (device.waiting_told_at != 0) {
        json.raw(",\"waiting\":{\"operations\":");
        json.number(device.waiting);
        if (device.waiting > 0) {
            json.raw(",\"oldestAt\":");
            json.instant(device.waiting_since);
        }
        json.raw(",\"toldAt\":");
        json.instant(device.waiting_told_at);
        json.raw("}");
    }
    json.raw(device.signed_in ? ",\"signedIn\":true}" : ",\"signedIn\":false}");
    return text;
}

}  // namespace

tl::expected<Session, Refusal> SignIn::session(const http::Request& request) {
    constexpr std::string_view kScheme = "bearer ";
    const std::string_view header = http::find_header(request.headers, "Authorization");
    const bool bearer = header.size() > kScheme.size() &&
                        std::equal(kScheme.begin(), kScheme.end(), header.begin(), [](char a, char b) {
                            return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
                        });
    if (!bearer) return unauthenticated("sign in first");
    const Sha256 token = token_hash(trim(header.substr(kScheme.size())));
    auto found = storage_.session(token);
    if (!found) return refuse(found.error());
    if (!*found || (*found)->user.disabled || (*found)->expires_at <= clock_.now()) {
        return unauthenticated("the sign-in is no longer valid");
    }
    touch(token, **found);
    return std::move(**found);
}

tl::expected<Session, Refusal> SignIn::as_device(const Session& session, const std::string& device) {
    if (device == session.device) return session;
    if (!valid_device(device))
        return refuse(400, "MALFORMED", "deviceId must be 1 to 64 printable ASCII characters other than /");
    const auto own = storage_.register_device(session, device, clock_.now());
    if (!own) return refuse(own.error());
    if (!*own) return refuse(403, "FORBIDDEN", "deviceId is a device of another user");
    Session speaking = session;
    speaking.device = device;
    return speaking;
}

void SignIn::touch(const Sha256& token, Session& session) {
    const UnixMs now = clock_.now();
    if (now - session.seen_at < kTouchAfterMs) return;
    session.seen_at = now;
    session.expires_at = now + token_days_ * kDayMs;
    (void)storage_.touch_session(token, now, session.expires_at);  // a full disk must not lock anybody out
}

/// The one user whom e-mail, password and workspace name. Takes as long whether or not there is such a user.
Result<std::optional<User>> SignIn::matching(const std::string& email, const std::string& workspace,
                                             const std::string& password) {
    const auto canonical = canonical_email(email);
    std::vector<User> candidates;
    if (canonical && !has_control(workspace)) {
        auto found = storage_.find_users(*canonical, workspace);
        if (!found) return fail(found.error());
        candidates = std::move(*found);
    }
    if (candidates.size() > kUsersPerEmailMax) candidates.clear();  // the workspace has to be named then
    std::vector<User> matches;
    for (User& user : candidates) {
        if (passwords_.verify(user.password, password) && !user.disabled) matches.push_back(std::move(user));
    }
    if (candidates.empty()) passwords_.pretend(password);
    if (matches.size() > 1) {
        return fail(ErrorKind::invalid, "WORKSPACE_NEEDED", "you belong to several workspaces: name one", "workspace");
    }
    return matches.empty() ? std::optional<User>{} : std::optional(std::move(matches.front()));
}

/// Whether that account has signed in on that device before.
bool SignIn::knows_device(const sync::LoginRequest& wanted) {
    const auto email = canonical_email(wanted.email);
    const auto users = email ? storage_.find_users(*email, wanted.workspace) : Result<std::vector<User>>();
    for (std::size_t i = 0; users && i < users->size() && i < kUsersPerEmailMax; ++i) {
        const auto devices = storage_.devices((*users)[i].workspace.key);
        const auto is_it = [&](const Device& device) {
            return device.id == wanted.device_id && device.user_id == (*users)[i].id;
        };
        if (devices && std::any_of(devices->begin(), devices->end(), is_it)) return true;
    }
    return false;
}

Answer SignIn::login(const http::Request& request) {
    const auto wanted = sync::decode_login_request(request.body);
    if (!wanted) return refuse(wanted.error());
    if (!valid_device(wanted->device_id)) {
        return refuse(400, "MALFORMED", "device.id must be 1 to 64 printable ASCII characters other than /");
    }
    if (wanted->password.size() > kPasswordMax) return unauthenticated("e-mail address or password is wrong");
    // By the address as it is compared, so that spelling it otherwise gains no further guesses.
    const std::string account = canonical_email(wanted->email).value_or(wanted->email.substr(0, 254));
    const std::string network = network_of(client_address(request, trusted_proxies_));
    SignInBrake::Guess guess{account, network};
    auto wait = brake_.count(guess, false);
    if (wait && *wait > 0 && !guess.by_itself && knows_device(*wanted)) wait = brake_.count(guess, true);
    if (!wait) return refuse(wait.error());
    if (*wait > 0) return too_many_attempts(*wait);
    const auto user = matching(wanted->email, wanted->workspace, wanted->password);
    if (!user) return refuse(user.error());
    if (!*user) return unauthenticated("e-mail address or password is wrong");
    brake_.succeeded(guess);

    const UnixMs now = clock_.now();
    std::string token;
    {
        const std::lock_guard lock(random_mutex_);
        token = make_token(random_);
    }
    std::string device_name(trim(wanted->device_name));
    if (device_name.size() > kDeviceNameMax || has_control(device_name)) device_name = wanted->device_id;
    const NewSession session{token_hash(token), wanted->device_id, device_name, now, now + token_days_ * kDayMs};
    if (auto added = storage_.add_session(**user, session); !added) return refuse(added.error());
    return sync::encode(
        sync::LoginAnswer{token,
                          session.expires_at,
                          {(*user)->id, (*user)->name, (*user)->email, std::string(name((*user)->role))},
                          (*user)->workspace.id,
                          (*user)->workspace.name,
                          storage_.epoch(),
                          now});
}

By SignIn::by(const Session& session) const { return {session.user.id, session.device, clock_.now()}; }

Answer SignIn::logout(const Session& session) {
    const auto ended = storage_.end_session(session.user.workspace.key, session.device, by(session));
    if (!ended) return refuse(ended.error());
    return std::string("{}");
}

/// {currentPassword, newPassword}; an ADMIN sets another user's with {email, newPassword}.
Answer SignIn::set_password(const Session& session, const http::Request& request) {
    const auto document = crm::parse_json(request.body);
    if (!document) return refuse(document.error());
    const auto text = [&](const char* member) {
        const auto at = document->is_object() ? document->find(member) : document->end();
        return at != document->end() && at->is_string() ? at->get<std::string>() : std::string{};
    };
    const std::string wanted = text("newPassword");
    const std::string email = text("email");
    if (auto checked = check_password(wanted); !checked) return refuse(checked.error());

    User user = session.user;
    // However it is written, one's own takes the current password.
    if (!email.empty() && canonical_email(email).value_or(email) != user.email) {
        if (user.role != Role::admin) return refuse(403, "FORBIDDEN", "only an administrator may do that");
        auto other = find_user(storage_, user.workspace, email);
        // Without the address: answers do not repeat what somebody may have guessed.
        if (!other && other.error().code == "NO_USER") return refuse(404, "NO_USER", "there is no such user");
        if (!other) return refuse(other.error());
        user = std::move(*other);
    } else {
        const auto wait = brake_.count(user.id);
        if (!wait) return refuse(wait.error());
        if (*wait > 0) return too_many_attempts(*wait);
        if (!passwords_.verify(user.password, text("currentPassword"))) {
            return refuse(403, "WRONG_PASSWORD", "the current password is wrong");
        }
        brake_.succeeded(user.id);
    }
    auto hash = passwords_.hash(wanted);
    if (!hash) return refuse(hash.error());
    user.password = std::move(*hash);
    if (auto set = storage_.set_password(user, session.device, by(session)); !set) return refuse(set.error());
    return std::string("{}");
}

Answer SignIn::devices(const Session& session) {
    const auto all = storage_.devices(session.user.workspace.key);
    if (!all) return refuse(all.error());
    std::string text = "{\"devices\":[";
    for (const Device& device : *all) {
        if (session.user.role != Role::admin && device.user_id != session.user.id) continue;
        if (text.back() != '[') text.push_back(',');
        text.append(device_json(device));
    }
    return text.append("]}");
}

Answer SignIn::revoke(const Session& session, std::string_view device) {
    const WorkspaceKey workspace = session.user.workspace.key;
    const auto all = storage_.devices(workspace);
    if (!all) return refuse(all.error());
    const auto at = std::find_if(all->begin(), all->end(), [&](const Device& known) { return known.id == device; });
    const bool may = at != all->end() && (session.user.role == Role::admin || at->user_id == session.user.id);
    if (!may) return refuse(404, "NOT_FOUND", "there is no such device");
    const auto ended = storage_.end_session(workspace, device, by(session));
    if (!ended) return refuse(ended.error());
    return std::string("{}");
}

}  // namespace ct::server
