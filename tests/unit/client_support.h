// What the tests of Client share: a client with all that it says, and a server that applies everything.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "client/client.h"
#include "unit/net_support.h"
#include "unit/store_support.h"

namespace ct::client::test {

using crm::Model;
using net::test::RunningServer;
using net::test::Stopwatch;
using store::test::id_of;
using store::test::TempDirectory;
using store::test::text_changes;
using sync::OperationKind;

/// Far more than anything here takes, also under a sanitizer on a busy machine; only a broken test waits as long.
inline constexpr std::int64_t kLongMs = 30'000;

inline Edit create(std::uint64_t number, std::string_view name = "Asha") {
    return {OperationKind::create, Model::lead, id_of(number), text_changes(Model::lead, {{"name", name}})};
}

/// A client on a profile, with all that it said so far.
class Window {
  public:
    explicit Window(const TempDirectory& directory) : profile_{directory.path(), directory.path()} { open(); }

    void open() {
        ClientOptions options;
        options.profile = profile_;
        options.wake = [this] { ++wakes_; };
        auto opened = Client::open(std::move(options));
        REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message));
        client_ = std::move(*opened);
        need<LoadDone>();
    }
    void close() {
        client_.reset();
        loaded_.clear();
        view_.reset();
    }
    void post(Command command) const { client_->post(std::move(command)); }
    void save(std::uint64_t ticket, std::vector<Edit> edits) const { post(Commit{ticket, std::move(edits)}); }

    /// The first event of that type, from now on, for which `fits` holds. Earlier ones are dropped.
    template <class T, class Fits>
    T need(Fits fits) {
        const Stopwatch watch;
        for (;;) {
            while (auto event = client_->poll()) {
                if (auto* load = std::get_if<Loaded>(&*event)) {
                    for (crm::Record& record : load->records) loaded_.push_back(std::move(record));
                }
                if (const auto* sync = std::get_if<SyncChanged>(&*event)) view_ = sync->view;
                if (T* found = std::get_if<T>(&*event); found != nullptr && fits(*found)) return std::move(*found);
            }
            REQUIRE_MESSAGE(watch.ms() < kLongMs, "an event that was waited for did not come");
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    template <class T>
    T need() {
        return need<T>([](const T&) { return true; });
    }
    /// The state as last told, once it is so.
    template <class Fits>
    SyncView need_view(Fits fits) {
        if (!view_ || !fits(*view_)) need<SyncChanged>([&](const SyncChanged& change) { return fits(change.view); });
        return *view_;
    }
    SyncView need_view(Indicator indicator) {
        return need_view([indicator](const SyncView& view) { return view.indicator == indicator; });
    }
    std::vector<sync::QueuedOperation> queue() {
        post(ListQueue{});
        return need<QueueListed>().operations;
    }
    [[nodiscard]] const std::vector<crm::Record>& loaded() const { return loaded_; }
    [[nodiscard]] int wakes() const { return wakes_; }
    [[nodiscard]] const Profile& profile() const { return profile_; }

  private:
    Profile profile_;
    std::atomic<int> wakes_{0};
    std::vector<crm::Record> loaded_;
    std::optional<SyncView> view_;
    std::unique_ptr<Client> client_;  // last: it calls into this
};

/// A profile that is signed in at that server.
inline void bind_profile(const TempDirectory& directory, const std::string& url) {
    auto store = store::Store::open(directory.file("colortouch.db"), system_clock(), system_random());
    REQUIRE(store.has_value());
    store::SyncState state = (*store)->state();
    state.server_url = url;
    state.workspace_id = "w";
    state.epoch = "epoch-1";
    state.user = {"u", "Asha", "asha@example.com", "MANAGER"};
    REQUIRE((*store)->save_state(state));
    REQUIRE(write_file_atomically(directory.file("token"), "token\n"));
}

/// An address where nobody listens.
inline std::string closed_url() {
    const RunningServer gone([](const http::Request&) { return net::test::answer("{}"); });
    return gone.url();
}

inline http::Response ours(std::string body, int status = 200) {
    http::Response response = net::test::answer(std::move(body));
    response.status = status;
    response.headers.emplace_back(std::string(sync::kProtocolHeader), "1");
    return response;
}

inline http::Response page(int status, std::string type, std::string body) {
    http::Response response;
    response.status = status;
    response.headers = {{"Content-Type", std::move(type)}};
    response.body = std::move(body);
    return response;
}

/// A server of one workspace that applies everything and has one lead, number 500.
class SmallServer {
  public:
    http::Response operator()(const http::Request& request) {
        const std::scoped_lock lock(mutex_);
        if (request.path == "/api/health") return ours(sync::encode(sync::Health{"colortouchd", "1", "epoch-1", 1}));
        if (request.path == "/api/auth/login") return login(request);
        if (request.path == "/api/sync/push") return push(request);
        if (request.path == "/api/sync/pull") return pull(request);
        return ours("{}");
    }
    [[nodiscard]] std::vector<sync::Operation> taken() const {
        const std::scoped_lock lock(mutex_);
        return taken_;
    }

  private:
    static http::Response login(const http::Request& request) {
        const auto wanted = sync::decode_login_request(request.body);
        if (!wanted || wanted->password != "right") {
            sync::Problem problem;
            problem.status = 401;
            problem.code = "UNAUTHENTICATED";
            problem.detail = "wrong e-mail or password";
            http::Response response = ours(sync::encode(problem), 401);
            response.headers.front().second = std::string(sync::kProblemJson);
            return response;
        }
        sync::LoginAnswer answer;
        answer.token = "token";
        answer.user = {"u", "Asha", wanted->email, "MANAGER"};
        answer.workspace_id = "w";
        answer.workspace_name = "Works";
        answer.epoch = "epoch-1";
        answer.server_time = answer.expires_at = system_clock().now();
        return ours(sync::encode(answer));
    }
    http::Response push(const http::Request& request) {
        const auto pushed = sync::decode_push_request(request.body);
        if (!pushed) return page(400, "text/plain", "what?");
        sync::PushAnswer answer;
        answer.epoch = "epoch-1";
        answer.sequence = pushed->sequence;
        answer.server_time = system_clock().now();
        for (const sync::Operation& operation : pushed->operations) {
            sync::OperationResult result;
            result.id = operation.id;
            result.version = answer.version = ++version_;
            answer.results.push_back(std::move(result));
            taken_.push_back(operation);
        }
        return ours(sync::encode(answer));
    }
    http::Response pull(const http::Request& request) const {
        const auto wanted = sync::decode_pull_request(request.body);
        if (!wanted) return page(400, "text/plain", "what?");
        sync::PullPage answer;
        answer.epoch = "epoch-1";
        answer.from = wanted->cursor;
        answer.cursor = "c1";
        answer.server_time = system_clock().now();
        if (!wanted->cursor) {  // all that there is
            answer.rows.push_back(store::test::Desk::row(500, 1, {{"name", "Theirs"}}));
            std::int64_t version = 10;
            for (const sync::Operation& operation : taken_) {
                sync::PullRow& row = answer.rows.emplace_back();
                row.whole = true;
                row.id = operation.record;
                row.version = ++version;
                row.created_at = row.updated_at = 1'000;
                row.changes = operation.changes;
            }
        }
        return ours(sync::encode(answer));
    }

    mutable std::mutex mutex_;  // guards both
    std::vector<sync::Operation> taken_;
    std::int64_t version_ = 10;
};

}  // namespace ct::client::test
