#include "server/service.h"

#include <algorithm>
#include <array>
#include <exception>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "crm/json_codec.h"
#include "server/answer.h"
#include "server/bell.h"
#include "server/pull.h"
#include "server/push.h"
#include "server/sign_in.h"
#include "server/verify.h"
#include "sync/wire.h"

namespace ct::server {

struct Service::Impl {
    Impl(Storage& storage_, const Clock& clock_, Random& random, ServiceOptions options_)
        : storage(storage_),
          clock(clock_),
          options(std::move(options_)),
          sign_in(storage_, clock_, random, options.password_cost, options.token_days),
          push(storage_, clock_, bells),
          pull(storage_, clock_, bells, {options.pull_limit_max, options.pull_bytes_max, options.wait_max_s}) {}

    [[nodiscard]] http::Response route(const http::Request& request);
    [[nodiscard]] Answer health(const http::Request& request, const Session& session);
    [[nodiscard]] Answer ready(const http::Request& request, const Session& session);
    [[nodiscard]] Answer login(const http::Request& request, const Session& session);
    [[nodiscard]] Answer logout(const http::Request& request, const Session& session);
    [[nodiscard]] Answer password(const http::Request& request, const Session& session);
    [[nodiscard]] Answer devices(const http::Request& request, const Session& session);
    [[nodiscard]] Answer revoke(const http::Request& request, const Session& session);
    [[nodiscard]] Answer sync_push(const http::Request& request, const Session& session);
    [[nodiscard]] Answer sync_pull(const http::Request& request, const Session& session);
    [[nodiscard]] Answer sync_verify(const http::Request& request, const Session& session);

    Storage& storage;
    const Clock& clock;
    const ServiceOptions options;
    Bells bells;
    SignIn sign_in;
    Push push;
    Pull pull;
};

namespace {

using Impl = Service::Impl;

constexpr std::string_view kDevicePath = "/api/auth/devices/";

}  // namespace

/// One line per address. A path that ends in '/' takes anything below it.
struct Route {
    std::string_view method, path;
    bool open;  ///< needs no sign-in
    Answer (Service::Impl::*handler)(const http::Request&, const Session&);
};

namespace {

/// 426 for a client that speaks a later protocol.
tl::expected<void, Refusal> check_protocol(std::int64_t protocol) {
    if (protocol > sync::kProtocol) {
        return refuse(426, "UPGRADE_REQUIRED", "this server speaks protocol 1 only: it has to be upgraded first");
    }
    if (protocol < 1) return refuse(400, "MALFORMED", "protocol must be 1");
    return {};
}

/// A body of a later protocol may be shaped otherwise: that is no fault of the client's.
tl::unexpected<Refusal> refuse_undecoded(const Error& error, const std::string& body) {
    const auto document = crm::parse_json(body);
    if (document && document->is_object()) {
        const auto at = document->find("protocol");
        if (at != document->end() && at->is_number_integer() && *at > sync::kProtocol) {
            return tl::unexpected(check_protocol(at->get<std::int64_t>()).error());
        }
    }
    return refuse(error);
}

bool matches(const Route& route, std::string_view path) {
    if (route.path.back() != '/') return route.path == path;
    return path.starts_with(route.path) && path.size() > route.path.size() &&
           path.find('/', route.path.size()) == std::string_view::npos;
}

}  // namespace

Answer Service::Impl::health(const http::Request&, const Session&) {
    return sync::encode(sync::Health{"colortouchd", options.version, storage.epoch(), clock.now()});
}

Answer Service::Impl::ready(const http::Request&, const Session&) {
    if (auto looked = storage.ready(); !looked) return refuse(looked.error());
    return std::string("{\"ready\":true}");
}

Answer Service::Impl::login(const http::Request& request, const Session&) { return sign_in.login(request); }
Answer Service::Impl::logout(const http::Request&, const Session& session) { return sign_in.logout(session); }
Answer Service::Impl::devices(const http::Request&, const Session& session) { return sign_in.devices(session); }

Answer Service::Impl::password(const http::Request& request, const Session& session) {
    return sign_in.set_password(session, request);
}

Answer Service::Impl::revoke(const http::Request& request, const Session& session) {
    return sign_in.revoke(session, std::string_view(request.path).substr(kDevicePath.size()));
}

Answer Service::Impl::sync_push(const http::Request& request, const Session& session) {
    const auto decoded = sync::decode_push_request(request.body);
    if (!decoded) return refuse_undecoded(decoded.error(), request.body);
    if (auto checked = check_protocol(decoded->protocol); !checked) return tl::unexpected(checked.error());
    if (static_cast<std::int64_t>(decoded->operations.size()) > options.operations_max) {
        return refuse(413, "TOO_LARGE",
                      "a batch has at most " + std::to_string(options.operations_max) + " operations");
    }
    const auto speaker = sign_in.as_device(session, decoded->device_id);
    return speaker ? push.run(*speaker, *decoded) : Answer(tl::unexpected(speaker.error()));
}

Answer Service::Impl::sync_pull(const http::Request& request, const Session& session) {
    const auto decoded = sync::decode_pull_request(request.body);
    if (!decoded) return refuse_undecoded(decoded.error(), request.body);
    if (auto checked = check_protocol(decoded->protocol); !checked) return tl::unexpected(checked.error());
    const auto speaker = sign_in.as_device(session, decoded->device_id);
    return speaker ? pull.run(*speaker, *decoded) : Answer(tl::unexpected(speaker.error()));
}

Answer Service::Impl::sync_verify(const http::Request& request, const Session& session) {
    return verify(storage, session, request.body);
}

namespace {

constexpr std::array<Route, 10> kRoutes{{
    {"GET", "/api/health", true, &Impl::health},
    {"GET", "/api/ready", true, &Impl::ready},
    {"POST", "/api/auth/login", true, &Impl::login},
    {"POST", "/api/auth/logout", false, &Impl::logout},
    {"POST", "/api/auth/password", false, &Impl::password},
    {"GET", "/api/auth/devices", false, &Impl::devices},
    {"DELETE", kDevicePath, false, &Impl::revoke},
    {"POST", "/api/sync/push", false, &Impl::sync_push},
    {"POST", "/api/sync/pull", false, &Impl::sync_pull},
    {"POST", "/api/sync/verify", false, &Impl::sync_verify},
}};

}  // namespace

http::Response Service::Impl::route(const http::Request& request) {
    const Route* found = nullptr;
    std::string allowed;
    for (const Route& route : kRoutes) {
        if (!matches(route, request.path)) continue;
        if (route.method == request.method) found = &route;
        allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
    }
    if (found == nullptr && allowed.empty())
        return to_response(refuse(404, "NOT_FOUND", "there is nothing at this address"));
    if (found == nullptr) {
        auto response = to_response(refuse(405, "METHOD_NOT_ALLOWED", "this address takes " + allowed));
        response.headers.emplace_back("Allow", allowed);
        return response;
    }
    Session session;
    if (!found->open) {
        auto known = sign_in.session(request);
        if (!known) {
            auto response = to_response(tl::unexpected(known.error()));
            if (known.error().status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
            return response;
        }
        session = std::move(*known);
    }
    const bool has_body = !request.body.empty();
    if (has_body && !http::is_json(http::find_header(request.headers, "Content-Type"))) {
        return to_response(refuse(415, "UNSUPPORTED_MEDIA_TYPE", "the body must be application/json"));
    }
    return to_response((this->*found->handler)(request, session));
}

Service::Service(Storage& storage, const Clock& clock, Random& random, ServiceOptions options)
    : impl_(std::make_unique<Impl>(storage, clock, random, std::move(options))) {}
Service::~Service() = default;

void Service::stop() { impl_->bells.stop(); }

http::Response Service::handle(const http::Request& request) {
    try {
        return impl_->route(request);
    } catch (const std::exception& error) {  // out of memory, or our own mistake: the process goes on
        log::error(std::string("request failed: ") + error.what());
        return to_response(refuse(500, "INTERNAL", "the server made a mistake; nothing is known to have changed"));
    }
}

}  // namespace ct::server
