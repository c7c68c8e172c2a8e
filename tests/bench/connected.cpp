#include "connected.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <thread>

#include "base/digest.h"
#include "bench.h"
#include "net/http_client.h"
#include "server/accounts.h"
#include "server/passwords.h"
#include "server/storage/storage.h"
#include "sync/reply.h"

namespace ct::bench {

namespace {

constexpr int kDevices = 1'000;

template <class T>
T must(Result<T> result) {
    if (!result) give_up(result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// A workspace with that many signed-in devices; their tokens. Signing in by the front door would take a while.
std::vector<std::string> prepare(const std::string& url) {
    auto storage = must(server::open_storage(url, system_random()));
    server::Passwords passwords(server::PasswordCost{1, 8 * 1'024});
    const auto workspace = must(server::create_workspace(*storage, system_clock(), system_random(), "Bench"));
    const auto user = must(server::create_user(*storage, system_clock(), system_random(), passwords, workspace,
                                               {"bench@example.org", "Bench", "bench password", server::Role::admin}));
    std::vector<std::string> tokens;
    for (int i = 0; i < kDevices; ++i) {
        tokens.push_back(server::make_token(system_random()));
        const UnixMs now = system_clock().now();
        must(storage->add_session(user, {server::token_hash(tokens.back()), "device-" + std::to_string(i),
                                         "Laptop " + std::to_string(i), now, now + 86'400'000}));
    }
    return tokens;
}

/// colortouchd on a free port, until the end.
class Daemon {
  public:
    explicit Daemon(const std::string& url) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) give_up("no pipe to be had");
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::execl(CT_BIN_DIR "/colortouchd", "colortouchd", "serve", "--listen", "127.0.0.1:0", "--database-url",
                    url.c_str(), static_cast<char*>(nullptr));
            ::_exit(127);
        }
        ::close(ends[1]);
        std::string line;
        for (char c = 0; ::read(ends[0], &c, 1) == 1 && c != '\n';) line.push_back(c);
        ::close(ends[0]);
        const auto colon = line.rfind(':');
        if (colon == std::string::npos) give_up("colortouchd did not start");
        port_ = std::stoi(line.substr(colon + 1));
    }
    ~Daemon() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::int64_t resident() const {
        std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6)) * 1'024;
        }
        give_up("colortouchd is gone");
    }

  private:
    pid_t pid_ = -1;
    int port_ = 0;
};

/// A long poll that has been sent off; its answer is nobody's concern.
int waiting_pull(int port, int number, const std::string& token, const std::string& cursor) {
    const std::string body = "{\"protocol\":1,\"deviceId\":\"device-" + std::to_string(number) +
                             "\",\"epoch\":\"\",\"wait\":25,\"cursor\":\"" + cursor + "\"}";
    const std::string request =
        "POST /api/sync/pull HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" +
        std::string("Authorization: Bearer ") + token + "\r\nContent-Digest: " + content_digest(body) +
        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) give_up("cannot connect");
    if (::write(descriptor, request.data(), request.size()) != static_cast<ssize_t>(request.size()))
        give_up("cannot send");
    return descriptor;
}

std::string metrics(net::HttpClient& client) {
    http::Request request;
    request.method = "GET";
    request.path = "/metrics";
    return client.send(request, net::Deadlines{}).response.body;
}

}  // namespace

void bench_connected() {
    const Directory directory;
    const std::string url = "file:" + directory.file("server.db");
    const auto tokens = prepare(url);
    const Daemon daemon(url);
    net::HttpClient client({"http://127.0.0.1:" + std::to_string(daemon.port()), {}});
    const std::int64_t before = daemon.resident();
    sync::PullRequest first;
    first.device_id = "device-0";
    const auto page = must(sync::decode_pull_page(
        client.send(sync::api_request("/api/sync/pull", sync::encode(first), tokens[0]), net::Deadlines{})
            .response.body));
    std::vector<int> polls;
    for (int i = 0; i < kDevices; ++i)
        polls.push_back(waiting_pull(daemon.port(), i, tokens[static_cast<std::size_t>(i)], page.cursor));
    const std::string all = "colortouchd_waiting_pulls " + std::to_string(kDevices) + "\n";
    const auto begin = std::chrono::steady_clock::now();
    while (metrics(client).find(all) == std::string::npos) {
        if (std::chrono::steady_clock::now() - begin > std::chrono::seconds(20)) give_up("not all devices wait");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    report("memory of colortouchd, 1,000 devices waiting", bytes(daemon.resident()), bytes(before) + " with none",
           "200 MB");
    for (const int poll : polls) ::close(poll);
}

}  // namespace ct::bench
