// Others' edits arrive as they are made: between clients that stay, over a server that is the real one.
#include <doctest/doctest.h>
#include <signal.h>

#include <atomic>
#include <thread>

#include "base/file.h"
#include "client/client.h"
#include "client/commands.h"
#include "crm/tables.h"
#include "server.h"

using namespace e2e;
using nlohmann::json;

namespace {

using Milliseconds = std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

/// Rounds by themselves come every five minutes: what is there within this was heard of.
constexpr Milliseconds kAboutASecond{5'000};
constexpr Milliseconds kLong{20'000};

/// A window without glass: a client of this process, on a profile that `colortouchctl` has signed in.
class Window {
  public:
    explicit Window(const Laptop& laptop) {
        ct::client::ClientOptions options;
        options.profile = {laptop.profile(), laptop.profile()};
        auto opened = ct::client::Client::open(std::move(options));
        REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message));
        client_ = std::move(*opened);
    }
    void post(ct::client::Command command) const { client_->post(std::move(command)); }
    /// The first event of that kind, from now on, for which `fits` holds.
    template <class T, class Fits>
    T need(Fits fits) {
        const auto deadline = SteadyClock::now() + kLong;
        for (;;) {
            while (auto event = client_->poll()) {
                if (T* found = std::get_if<T>(&*event); found != nullptr && fits(*found)) return std::move(*found);
            }
            REQUIRE_MESSAGE(SteadyClock::now() < deadline, "an event that was waited for did not come");
            std::this_thread::sleep_for(Milliseconds(1));
        }
    }
    void listen() {
        need<ct::client::SyncChanged>([](const ct::client::SyncChanged& event) { return event.view.listening; });
    }

  private:
    std::unique_ptr<ct::client::Client> client_;
};

ct::client::Edit lead(const ct::Uuid& id, const std::string& name) {
    ct::client::Edit edit;
    edit.kind = ct::sync::OperationKind::create;
    edit.model = ct::crm::Model::lead;
    edit.record = id;
    edit.changes.set(ct::crm::field_id(ct::crm::Model::lead, "name"), name);
    return edit;
}

}  // namespace

TEST_CASE("an edit in one window shows in the other in about a second") {
    Server server;
    const Laptop a, b;
    server.start();
    a.login(server);
    b.login(server);
    Window mine(a), theirs(b);
    mine.listen();
    theirs.listen();
    ct::UuidGenerator ids(ct::system_clock(), ct::system_random());
    for (int i = 0; i < 3; ++i) {
        const ct::Uuid id = ids.next();
        mine.post(ct::client::Commit{1, {lead(id, "Asha Rao")}});
        mine.post(ct::client::SyncNow{});
        mine.need<ct::client::SyncFinished>([](const auto& event) { return event.row.pushed == 1; });
        const auto sent = SteadyClock::now();
        theirs.need<ct::client::RecordsChanged>([&](const ct::client::RecordsChanged& event) {
            return !event.visible.changed.empty() && event.visible.changed.front().id == id;
        });
        CHECK(SteadyClock::now() - sent < kAboutASecond);
        theirs.listen();  // it goes on
    }
}

TEST_CASE("two servers on one database: an edit through one wakes who listens at the other") {
    Server one;
    one.start();
    Server other(one.database());
    other.start();
    const Laptop a, b;
    a.login(one);
    b.login(other);
    (void)a.add({"lead", "name=Mine"});
    Process watching(a.command({"sync", "--watch", "--json"}));
    REQUIRE(watching.line(0, kLong).has_value());
    for (std::size_t i = 1; i < 4; ++i) {
        (void)b.add({"lead", "name=Theirs"});
        REQUIRE(b.ctl({"sync"}).exit_code == 0);
        const auto sent = SteadyClock::now();
        const auto heard = watching.line(i, kLong);
        REQUIRE(heard.has_value());
        CHECK(SteadyClock::now() - sent < kAboutASecond);
        CHECK(json::parse(*heard).at("pulled") == 1);
    }
    watching.send(SIGTERM);
    CHECK(watching.finish(kLong).exit_code == 0);
    one.stop();
    other.stop();
}

TEST_CASE("sync --watch: one line for each round that did something, and Ctrl+C is no failure") {
    Server server;
    const Laptop a, b;
    server.start();
    a.login(server);
    b.login(server);
    (void)a.add({"lead", "name=Mine"});
    Process watching(a.command({"sync", "--watch", "--json"}));
    const auto first = watching.line(0, kLong);
    REQUIRE(first.has_value());
    CHECK(json::parse(*first).at("pushed") == 1);

    (void)b.add({"lead", "name=Theirs"});
    REQUIRE(b.ctl({"sync"}).exit_code == 0);
    const auto sent = SteadyClock::now();
    const auto second = watching.line(1, kLong);
    REQUIRE(second.has_value());
    CHECK(SteadyClock::now() - sent < kAboutASecond);
    CHECK(json::parse(*second).at("pulled") == 1);

    SUBCASE("ended by its user") {
        watching.send(SIGINT);
        const Ran ended = watching.finish(kLong);
        CHECK(ended.exit_code == 0);
        CHECK(std::count(ended.out.begin(), ended.out.end(), '\n') == 2);  // rounds without news say nothing
        CHECK(ended.err.empty());
        CHECK(a.shown() == b.shown());
    }
    SUBCASE("the server goes and comes back") {
        server.stop();
        server.start();
        (void)b.add({"lead", "name=Later"});
        REQUIRE(b.ctl({"sync"}).exit_code == 0);
        const auto third = watching.line(2, kLong);
        REQUIRE(third.has_value());
        CHECK(json::parse(*third).at("pulled") == 1);
        watching.send(SIGTERM);
        CHECK(watching.finish(kLong).exit_code == 0);
    }
    SUBCASE("signed out by the server") {
        const Ran devices = server.command({"device", "list"});
        const std::string device = a.json({"status"}, 6)["error"]["code"];  // in use: it has its profile to itself
        CHECK(device == "PROFILE_IN_USE");
        REQUIRE(server.command({"user", "disable", "--email", kEmail}).exit_code == 0);
        const Ran ended = watching.finish(kLong);
        CHECK(ended.exit_code == 5);
    }
}

TEST_CASE("sync --watch goes both ways or not at all") {
    const Laptop laptop;
    CHECK(laptop.json({"sync", "--watch", "--push-only"}, 2)["error"]["code"] == "USAGE");
}
