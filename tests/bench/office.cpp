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

Office::Office(const std::string& url) : storage_(must(server::open_storage(url, system_random()))) {
    server::Passwords passwords(server::PasswordCost{1, 8 * 1'024});
    const auto workspace = must(server::create_workspace(*storage_, system_clock(), system_random(), "Bench"));
    must(server::create_user(*storage_, system_clock(), system_random(), passwords, workspace,
                             {kEmail, "Bench", kPassword, server::Role::admin}));
    service_ = std::make_unique<server::Service>(*storage_, system_clock(), system_random());
    net::HttpServerOptions options;
    options.port = 0;
    server_ = std::make_unique<net::HttpServer>(
        options, [this](const http::Request& request) { return service_->answer(request); });
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

Office::Device Office::device() {
    const std::string id = UuidGenerator(system_clock(), system_random()).next().str();
    const sync::LoginAnswer login = sign_in(id);
    return {id, login.token, login.epoch, 0};
}

sync::PushRequest Office::next_push(Device& device, std::span<const sync::Operation> operations) const {
    sync::PushRequest request;
    request.device_id = device.id;
    request.epoch = device.epoch;
    request.sequence = device.sequence;
    for (const sync::Operation& operation : operations) request.operations.emplace_back(operation);
    device.sequence += static_cast<std::int64_t>(operations.size());
    return request;
}

void Office::push(Device& from, std::span<const sync::Operation> operations) {
    const std::string body = sync::encode(next_push(from, operations));
    const auto response = service_->handle(sync::api_request("/api/sync/push", body, from.token));
    if (response.status != 200) give_up("push: " + response.body);
}

void Office::fill(std::vector<sync::Operation> creates) {
    Device filler = device();
    const std::span<const sync::Operation> all = creates;
    for (std::size_t from = 0; from < all.size(); from += kBatch) {
        push(filler, all.subspan(from, std::min(kBatch, all.size() - from)));
    }
}

std::unique_ptr<client::Session> Office::laptop(const std::string& directory, const client::Config& config) {
    client::Profile profile;
    profile.config_dir = profile.data_dir = directory;
    must(make_directories(directory));
    auto session = must(client::Session::open(profile, config, system_clock(), system_random()));
    must(session->login(address(), kEmail, kPassword, {}));
    return session;
}

client::SyncReport sync(client::Session& session, client::SyncMode mode) {
    auto report = session.sync(mode);
    if (!report.reached) give_up("sync: " + report.code + " " + report.message);
    return report;
}

}  // namespace ct::bench
