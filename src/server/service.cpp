#include "server/service.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "crm/json_codec.h"
#include "server/answer.h"
#include "server/bell.h"
#include "server/people.h"
#include "server/pull.h"
#include "server/push.h"
#include "server/queue_notes.h"
#include "server/remote.h"
#include "server/sign_in.h"
#include "server/status_page.h"
#include "server/upload_answers.h"
#include "server/verify.h"
#include "server/watch.h"
#include "sync/wire.h"

namespace ct::server {

/// The devices are counted anew only so often, however often somebody asks.
constexpr SteadyMs kGaugesForMs = 30'000;

struct Service::Impl {
    Impl(Storage& storage_, const Clock& clock_, Random& random, ServiceOptions options_)
        : storage(storage_),
          clock(clock_),
          options(std::move(options_)),
          watch(storage_, bells),
          sign_in(storage_, clock_, random, options.password_cost, options.token_days, options.trusted_proxies),
          push(storage_, clock_, bells, metrics),
          pull(storage_, options.replica, clock_, bells, watch, metrics,
               {options.pull_limit_max, options.pull_bytes_max, options.wait_max_s}),
          files(
              storage_, clock_, random, [this](const http::Request& request) { return sign_in.session(request); },
              options.files),
          queue_notes(storage_, clock_),
          status_page(storage_, clock_, sign_in, options.version, options.tls) {}

    [[nodiscard]] http::Answered route(const http::Request& request, std::size_t& number);
    /// Who asks; or the answer to somebody who may not.
    [[nodiscard]] tl::expected<Session, http::Response> authenticate(const http::Request& request);
    [[nodiscard]] http::Answered answer(const http::Request& request, std::size_t& number);
    [[nodiscard]] Gauges gauges();
    /// In the metrics and, if wanted, the log.
    struct Counted {
        int status = 0;  ///< 0: cut
        std::size_t number = Metrics::kRoutesMax;
        std::chrono::microseconds took{0};
        std::size_t bytes_in = 0, bytes_out = 0;
    };
    void count(const Counted& request);
    [[nodiscard]] Answer health(const http::Request& request, const Session& session);
    [[nodiscard]] Answer ready(const http::Request& request, const Session& session);
    [[nodiscard]] Answer metrics_text(const http::Request& request, const Session& session);
    [[nodiscard]] Answer contract(const http::Request& request, const Session& session);
    [[nodiscard]] Answer login(const http::Request& request, const Session& session);
    [[nodiscard]] Answer logout(const http::Request& request, const Session& session);
    [[nodiscard]] Answer password(const http::Request& request, const Session& session);
    [[nodiscard]] Answer devices(const http::Request& request, const Session& session);
    [[nodiscard]] Answer revoke(const http::Request& request, const Session& session);
    [[nodiscard]] Answer list_people(const http::Request& request, const Session& session);
    [[nodiscard]] Answer sync_push(const http::Request& request, const Session& session);
    [[nodiscard]] Answer sync_pull(const http::Request& request, const Session& session);
    [[nodiscard]] Answer sync_verify(const http::Request& request, const Session& session);

    Storage& storage;
    const Clock& clock;
    const ServiceOptions options;
    Metrics metrics;
    Bells bells;
    Watch watch;
    SignIn sign_in;
    Push push;
    Pull pull;
    Files files;
    QueueNotes queue_notes;
    StatusPage status_page;

    std::mutex gauges_mutex;
    Gauges known_gauges;                   // guarded by gauges_mutex
    SteadyMs known_since = -kGaugesForMs;  // guarded by gauges_mutex
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
    std::string_view type = sync::kJson;  ///< of the answer
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

tl::unexpected<Refusal> nothing_here() { return refuse(404, "NOT_FOUND", "there is nothing at this address"); }

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

Answer Service::Impl::contract(const http::Request&, const Session&) {
    if (options.openapi.empty()) return nothing_here();
    return std::string(options.openapi);
}

/// It tells about all workspaces: for who runs the server, and to others it is not there.
Answer Service::Impl::metrics_text(const http::Request& request, const Session&) {
    const std::string& token = options.metrics_token;
    const std::string_view given = http::find_header(request.headers, "Authorization");
    const bool may = token.empty() ? is_local(request) : sha256(given) == sha256("Bearer " + token);
    if (!may) return nothing_here();
    return metrics.text(Service::routes(), gauges());
}

Answer Service::Impl::login(const http::Request& request, const Session&) {
    Answer answer = sign_in.login(request);
    if (!answer && (answer.error().status == 401 || answer.error().status == 429)) metrics.sign_in_failed();
    return answer;
}
Answer Service::Impl::logout(const http::Request&, const Session& session) { return sign_in.logout(session); }
Answer Service::Impl::devices(const http::Request&, const Session& session) { return sign_in.devices(session); }

Answer Service::Impl::password(const http::Request& request, const Session& session) {
    return sign_in.set_password(session, request);
}

Answer Service::Impl::revoke(const http::Request& request, const Session& session) {
    return sign_in.revoke(session, std::string_view(request.path).substr(kDevicePath.size()));
}

Answer Service::Impl::list_people(const http::Request&, const Session& session) { return people(storage, session); }

Answer Service::Impl::sync_push(const http::Request& request, const Session& session) {
    const auto decoded = sync::decode_push_request(request.body);
    if (!decoded) return refuse_undecoded(decoded.error(), request.body);
    if (auto checked = check_protocol(decoded->protocol); !checked) return tl::unexpected(checked.error());
    if (static_cast<std::int64_t>(decoded->operations.size()) > options.operations_max) {
        return refuse(413, "TOO_LARGE",
                      "a batch has at most " + std::to_string(options.operations_max) + " operations");
    }
    const auto speaker = sign_in.as_device(session, decoded->device_id);
    if (!speaker) return tl::unexpected(speaker.error());
    Answer answer = push.run(*speaker, *decoded);
    if (answer) queue_notes.note(*speaker, decoded->waiting, static_cast<std::int64_t>(decoded->operations.size()));
    return answer;
}

Answer Service::Impl::sync_pull(const http::Request& request, const Session& session) {
    const auto decoded = sync::decode_pull_request(request.body);
    if (!decoded) return refuse_undecoded(decoded.error(), request.body);
    if (auto checked = check_protocol(decoded->protocol); !checked) return tl::unexpected(checked.error());
    const auto speaker = sign_in.as_device(session, decoded->device_id);
    if (!speaker) return tl::unexpected(speaker.error());
    Answer answer = pull.run(*speaker, *decoded, request.waited_ms);
    if (answer && request.waited_ms == 0) queue_notes.note(*speaker, decoded->waiting);  // who waits said it long ago
    return answer;
}

Answer Service::Impl::sync_verify(const http::Request& request, const Session& session) {
    return verify(storage, session, request.body);
}

namespace {

constexpr std::array<Route, 13> kRoutes{{
    {"GET", "/metrics", true, &Impl::metrics_text, "text/plain; version=0.0.4; charset=utf-8"},
    {"GET", "/api/openapi.json", true, &Impl::contract},
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
    {"GET", "/api/people", false, &Impl::list_people},
}};

static_assert(kRoutes.size() < Metrics::kRoutesMax);  // and the files, which count as one

}  // namespace

tl::expected<Session, http::Response> Service::Impl::authenticate(const http::Request& request) {
    auto known = sign_in.session(request);
    if (known) return std::move(*known);
    auto response = to_response(tl::unexpected(known.error()));
    if (known.error().status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return tl::unexpected(std::move(response));
}

http::Answered Service::Impl::route(const http::Request& request, std::size_t& number) {
    if (Files::owns(request.path)) {
        number = kRoutes.size();
        return files.handle(request);
    }
    if (StatusPage::owns(request.path)) return status_page.handle(request);
    const Route* found = nullptr;
    std::string allowed;
    for (const Route& route : kRoutes) {
        if (!matches(route, request.path)) continue;
        const bool head = request.method == "HEAD" && route.method == "GET";  // whoever writes it leaves the body out
        if (route.method == request.method || head) {
            found = &route;
            number = static_cast<std::size_t>(found - kRoutes.data());
        }
        allowed += (allowed.empty() ? "" : ", ") + std::string(route.method == "GET" ? "GET, HEAD" : route.method);
    }
    if (found == nullptr && allowed.empty()) return to_response(nothing_here());
    if (found == nullptr) {
        auto response = to_response(refuse(405, "METHOD_NOT_ALLOWED", "this address takes " + allowed));
        response.headers.emplace_back("Allow", allowed);
        return http::Answered(std::move(response));
    }
    Session session;
    if (!found->open) {
        auto known = authenticate(request);
        if (!known) return std::move(known.error());
        session = std::move(*known);
    }
    const bool has_body = !request.body.empty();
    if (has_body && !http::is_json(http::find_header(request.headers, "Content-Type"))) {
        return to_response(refuse(415, "UNSUPPORTED_MEDIA_TYPE", "the body must be application/json"));
    }
    auto answered = (this->*found->handler)(request, session);
    if (answered && answered->pause) return std::move(*answered->pause);
    auto response = to_response(answered);
    if (response.status == 200) response.headers.front().second = found->type;
    return http::Answered(std::move(response));
}

/// Counts devices at most every half minute, on the thread of whoever asks; others see the last numbers.
Gauges Service::Impl::gauges() {
    const std::lock_guard lock(gauges_mutex);
    if (clock.steady() - known_since >= kGaugesForMs) {
        known_since = clock.steady();
        known_gauges = {};
        const auto all = storage.workspaces();
        known_gauges.devices_known = all.has_value();
        for (std::size_t i = 0; all && i < all->size(); ++i) {
            const auto devices = storage.devices((*all)[i].key);
            if (!devices) {
                known_gauges.devices_known = false;
                break;
            }
            for (const Device& device : *devices) {
                if (device.signed_in) known_gauges.add(device, clock.now());
            }
        }
    }
    known_gauges.waiting = bells.waiting();
    known_gauges.pool = storage.pool();
    return known_gauges;
}

/// Names the route and not the address, which may hold ids; nothing that the request carries. The line says which
/// request it was by itself (log::RequestScope).
void Service::Impl::count(const Counted& request) {
    metrics.request(request.number, request.status, request.took, request.bytes_in, request.bytes_out);
    if (!options.log_requests) return;
    std::string route = request.number == kRoutes.size() ? "/api/files" : "none";
    if (request.number < kRoutes.size()) {
        const Route& known = kRoutes[request.number];
        route = std::string(known.method) + " " + std::string(known.path);
    }
    log::event(log::Level::info, "request",
               {{"route", route},
                {"status", request.status == 0 ? "cut" : std::to_string(request.status)},
                {"ms", std::to_string(request.took.count() / 1'000)},
                {"in", std::to_string(request.bytes_in)},
                {"out", std::to_string(request.bytes_out)}});
}

namespace {

/// Adds the time of its life.
struct Clocked {
    std::chrono::microseconds& to;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    ~Clocked() {
        to += std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
    }
};

/// A body that is taken as it comes, counted at its end like any request, with the time that taking it was work.
class CountedBody final : public http::BodySink {
    template <class Work>
    auto timed(Work work) {
        const log::RequestScope scope(id_);
        const Clocked clocked{counted_.took};
        return work();
    }

  public:
    CountedBody(Service::Impl& service, std::string id, const Impl::Counted& counted,
                std::unique_ptr<http::BodySink> taker)
        : service_(service), id_(std::move(id)), counted_(counted), taker_(std::move(taker)) {}

    std::optional<http::Response> take(std::string_view bytes) override {
        counted_.bytes_in += bytes.size();
        auto refused = timed([&] { return taker_->take(bytes); });
        if (refused) count(*refused);
        return refused;
    }
    http::Response end() override {
        auto response = timed([&] { return taker_->end(); });
        count(response);
        return response;
    }
    void undo() override {
        timed([&] { return taker_->undo(); });
        count(to_response(refuse(400, "MALFORMED", {})));
    }
    void cut() override {
        timed([&] { return taker_->cut(); });
        count({});
    }

  private:
    void count(const http::Response& response) {
        const log::RequestScope scope(id_);
        counted_.status = response.status;
        counted_.bytes_out = response.body.size();
        service_.count(counted_);
    }
    Service::Impl& service_;
    const std::string id_;  // of the request
    Impl::Counted counted_;
    const std::unique_ptr<http::BodySink> taker_;
};

/// A body that is given as it goes, counted when it was, or when its reader has gone.
class CountedSource final : public http::BodySource {
  public:
    CountedSource(Service::Impl& service, std::string id, const Impl::Counted& counted,
                  std::unique_ptr<http::BodySource> giver)
        : service_(service), id_(std::move(id)), counted_(counted), giver_(std::move(giver)) {}
    ~CountedSource() override {
        const bool cut = begun_ && counted_.bytes_out < static_cast<std::size_t>(giver_->size());
        if (cut) counted_.status = 0;
        try {
            const log::RequestScope scope(id_);
            service_.count(counted_);
        } catch (const std::exception& failure) {
            log::error(failure.what());
        }
    }
    CountedSource(const CountedSource&) = delete;
    CountedSource& operator=(const CountedSource&) = delete;

    std::int64_t size() const override { return giver_->size(); }
    Result<std::string> next(std::size_t most) override {
        const log::RequestScope scope(id_);
        const Clocked clocked{counted_.took};
        begun_ = true;
        auto piece = giver_->next(most);
        if (piece) counted_.bytes_out += piece->size();
        return piece;
    }

  private:
    Service::Impl& service_;
    const std::string id_;  // of the request
    Impl::Counted counted_;
    const std::unique_ptr<http::BodySource> giver_;
    bool begun_ = false;  // not where the answer goes without its body
};

}  // namespace

Service::Service(Storage& storage, const Clock& clock, Random& random, ServiceOptions options)
    : impl_(std::make_unique<Impl>(storage, clock, random, std::move(options))) {}
Service::~Service() = default;

void Service::stop() {
    impl_->bells.stop();
    impl_->watch.stop();
}

std::vector<RouteName> Service::routes() {
    std::vector<RouteName> names;
    for (const Route& route : kRoutes) names.push_back({route.method, route.path});
    names.push_back({"any", "/api/files"});
    return names;
}

std::size_t Service::body_max(const http::Request& head) {
    constexpr std::size_t kForm = std::size_t{64} << 10, kQuestion = std::size_t{4} << 20;
    if (http::find_header(head.headers, "Authorization").empty()) return kForm;
    const bool work = head.path == "/api/sync/push" || Files::owns(head.path);
    return work ? std::numeric_limits<std::size_t>::max() : kQuestion;
}

http::Headers Service::headers_at(std::string_view path) {
    if (!Files::owns(path)) return {};
    return {{"Tus-Resumable", std::string(kTusVersion)}};
}

http::Response Service::handle(const http::Request& request) {
    return http::answer_of([this](const http::Request& asked) { return answer(asked); }, request);
}

/// What pauses is counted when it is answered, with the time that the answer took: to wait is no work.
http::Answered Service::answer(const http::Request& request) {
    const log::RequestScope scope(request.id);
    const auto begin = std::chrono::steady_clock::now();
    std::size_t number = Metrics::kRoutesMax;
    http::Answered answered = impl_->answer(request, number);
    if (answered.pause) return answered;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
    const Impl::Counted counted{answered.response.status, number, took, request.body.size(),
                                answered.response.body.size()};
    if (answered.body_sink) {
        return http::Answered(
            std::make_unique<CountedBody>(*impl_, request.id, counted, std::move(answered.body_sink)));
    }
    if (answered.body_source) {
        answered.body_source =
            std::make_unique<CountedSource>(*impl_, request.id, counted, std::move(answered.body_source));
        return answered;
    }
    impl_->count(counted);
    return answered;
}

http::Answered Service::Impl::answer(const http::Request& request, std::size_t& number) {
    try {
        return route(request, number);
    } catch (const std::exception& error) {  // out of memory, or our own mistake: the process goes on
        log::error(std::string("request failed: ") + error.what());
        return to_response(refuse(500, "INTERNAL", "the server made a mistake; nothing is known to have changed"));
    }
}

}  // namespace ct::server
