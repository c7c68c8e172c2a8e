// kill -9 at any moment: what was reported saved is there afterwards, and reaches the server exactly once.
#include <doctest/doctest.h>
#include <signal.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "server.h"

using namespace e2e;
using nlohmann::json;
using Microseconds = std::chrono::microseconds;

namespace {

bool on_server() { return ct::test::kind() != ct::test::Kind::sqlite; }
int kills() { return on_server() ? 40 : 100; }
// Killed a little later than it takes when nobody disturbs it, now and then: the end of a program is a moment too.
constexpr double kBeyond = 1.3;

std::uint64_t seed() {
    if (const char* given = std::getenv("CT_SEED")) return std::strtoull(given, nullptr, 10);
    return std::random_device{}();
}

/// How long a command takes when nobody disturbs it.
Microseconds duration_of(const Arguments& command) {
    const auto start = std::chrono::steady_clock::now();
    CHECK(run(command).exit_code == 0);
    return std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - start);
}

class KillTest {
  public:
    explicit KillTest(std::uint64_t from_seed) : random_(from_seed) {
        server_.start();
        a_.login(server_);
        b_.login(server_);
        add_takes_ = duration_of(a_.command({"add", "lead", "name=measured"}));
        sync_takes_ = duration_of(a_.command({"sync"}));
    }

    void disturb(int number) {
        switch (number % (on_server() ? 4 : 3)) {
            case 0: kill_add(number); return;
            case 1: kill_sync(number); return;
            case 2: kill_server(number); return;
            default: kill_database(number); return;
        }
    }

    /// A goes on as if nothing had been; then B sees each reported record once.
    void check() {
        INFO("after that, A syncs");
        const json on_a = a_.shown();
        for (const auto& [id, name] : reported_) {
            CAPTURE(name);
            REQUIRE(on_a.contains(id));
            CHECK(on_a[id]["name"] == name);
        }
        (void)a_.json({"sync"});
        CHECK(a_.json({"queue", "list"}).empty());
        (void)b_.json({"sync"});
        const json on_b = b_.shown();
        CHECK(on_b == a_.shown());
        std::map<std::string, int> times;
        for (const auto& [id, record] : on_b.items()) ++times[record["name"].get<std::string>()];
        for (const auto& [id, name] : reported_) CHECK(times[name] == 1);
        server_.stop();
    }

    [[nodiscard]] std::size_t reported() const { return reported_.size(); }

  private:
    void wait_part_of(Microseconds whole) {
        const auto most = static_cast<std::int64_t>(static_cast<double>(whole.count()) * kBeyond);
        std::this_thread::sleep_for(Microseconds(std::uniform_int_distribution<std::int64_t>(0, most)(random_)));
    }

    void add_quietly(int number) {
        const std::string name = "quiet " + std::to_string(number);
        reported_[a_.add({"lead", "name=" + name})] = name;
    }

    void kill_add(int number) {
        const std::string name = "lead " + std::to_string(number);
        Process add(a_.command({"add", "lead", "name=" + name}));
        wait_part_of(add_takes_);
        add.send(SIGKILL);
        const Ran ran = add.finish(std::chrono::seconds(20));
        REQUIRE_FALSE(ran.timed_out);
        if (ran.out.size() >= 36) reported_[ran.out.substr(0, 36)] = name;
    }

    void kill_sync(int number) {
        add_quietly(number);
        Process sync(a_.command({"sync"}));
        wait_part_of(sync_takes_);
        sync.send(SIGKILL);
        REQUIRE_FALSE(sync.finish(std::chrono::seconds(20)).timed_out);
    }

    void kill_server(int number) {
        add_quietly(number);
        Process sync(a_.command({"sync"}));
        wait_part_of(sync_takes_);
        server_.kill();
        const Ran ran = sync.finish(std::chrono::seconds(30));
        INFO(ran.err);
        CHECK((ran.exit_code == 0 || ran.exit_code == 3));
        server_.start();
    }

    /// The server stays, and finds its database again.
    void kill_database(int number) {
        add_quietly(number);
        Process sync(a_.command({"sync"}));
        wait_part_of(sync_takes_);
        ct::test::Cluster::shared().kill();
        const Ran ran = sync.finish(std::chrono::seconds(30));
        INFO(ran.err);
        CHECK((ran.exit_code == 0 || ran.exit_code == 3));
        ct::test::Cluster::shared().start();
    }

    std::mt19937_64 random_;
    Server server_;
    Laptop a_, b_;
    Microseconds add_takes_{}, sync_takes_{};
    std::map<std::string, std::string> reported_;  // id -> name: what somebody was told is saved
};

}  // namespace

TEST_CASE("kill -9 of client, server and database at any moment loses nothing that was reported saved") {
    const std::uint64_t from_seed = seed();
    MESSAGE("CT_SEED=" << from_seed);
    KillTest test(from_seed);
    for (int number = 0; number < kills(); ++number) test.disturb(number);
    MESSAGE(test.reported() << " records were reported saved over " << kills() << " kills");
    CHECK(test.reported() >= static_cast<std::size_t>(kills()) / 2);
    test.check();
}
