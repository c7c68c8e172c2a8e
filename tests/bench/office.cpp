#include "office.h"

#include "base/file.h"
#include "server/accounts.h"
#include "sync/reply.h"

namespace ct::bench {

namespace {

constexpr const char* kEmail = "bench@example.org";
constexpr const char* kPassword = "bench password";
constexpr std::size_t kBatch = 5'000;

template <class T>
T must(Result<T> result) {
    if (!result) give_up(result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace

Office::Office(const std::string& database)
    : storage_(must(server::open_storage("file:" + database, system_random()))) {
    server::Passwords passwords(server::PasswordCost{1, 8 * 1'024});
    const auto workspace = must(server::create_workspace(*storage_, system_clock(), system_random(), "Bench"));
    must(server::create_user(*storage_, system_clock(), system_random(), passwords, workspace,
                             {kEmail, "Bench", kPassword, server::Role::admin}));
    service_ = std::make_unique<server::Service>(*storage_, system_clock(), system_random());
    net::HttpServerOptions options;
    options.port = 0;
    server_ = std::make_unique<net::HttpServer>(
        options, [this](const http::Request& request) { return service_->handle(request); });
    port_ = must(server_->bind());
    thread_ = std::thread([this] { server_->run(); });
}

Office::~Office() {
    service_->stop();
    server_->stop();
    thread_.join();
}

sync::LoginAnswer Office::sign_in(const std::string& device) {
    const auto answered = service_->handle(sync::api_request(
        "/api/auth/login", sync::encode(sync::LoginRequest{kEmail, kPassword, {}, device, "bench"}), {}));
    return must(sync::decode_login_answer(answered.body));
}

void Office::fill(std::vector<sync::Operation> creates) {
    const std::string device = UuidGenerator(system_clock(), system_random()).next().str();
    const sync::LoginAnswer login = sign_in(device);
    sync::PushRequest request;
    request.device_id = device;
    request.epoch = login.epoch;
    for (std::size_t from = 0; from < creates.size(); from += kBatch) {
        const std::size_t to = std::min(creates.size(), from + kBatch);
        request.sequence = static_cast<std::int64_t>(from);
        request.operations.assign(creates.begin() + static_cast<std::ptrdiff_t>(from),
                                  creates.begin() + static_cast<std::ptrdiff_t>(to));
        const auto response = service_->handle(sync::api_request("/api/sync/push", sync::encode(request), login.token));
        if (response.status != 200) give_up("push: " + response.body);
    }
}

std::unique_ptr<client::Session> Office::laptop(const std::string& directory) {
    client::Profile profile;
    profile.config_dir = profile.data_dir = directory;
    must(make_directories(directory));
    auto session = must(client::Session::open(profile, client::Config{}, system_clock(), system_random()));
    must(session->login("http://127.0.0.1:" + std::to_string(port_), kEmail, kPassword, {}));
    return session;
}

client::SyncReport sync(client::Session& session, client::SyncMode mode) {
    auto report = session.sync(mode);
    if (!report.reached) give_up("sync: " + report.code + " " + report.message);
    return report;
}

}  // namespace ct::bench
