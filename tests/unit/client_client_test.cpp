// The client with its threads, against servers of this process that say what a test wants said.
#include "client/client.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "client/network.h"
#include "unit/client_support.h"

namespace ct::client {
namespace {

using namespace test;

using net::test::RawConnection;
using net::test::RawServer;

// ---- without a server

TEST_CASE("Client: an edit is saved, and is there when the client is opened again") {
    TempDirectory directory;
    Window window(directory);
    CHECK(window.loaded().empty());
    window.save(7, {create(1, "Asha Rao")});
    const auto saved = window.need<Saved>();
    CHECK(saved.ticket == 7);
    REQUIRE(saved.visible.changed.size() == 1);
    CHECK(crm::title(saved.visible.changed.front()) == "Asha Rao");
    CHECK(window.wakes() > 0);
    const SyncView view = window.need_view(Indicator::local_only);
    CHECK(view.queue.operations == 1);

    window.close();
    window.open();
    REQUIRE(window.loaded().size() == 1);
    CHECK(window.loaded().front() == saved.visible.changed.front());
    const auto queue = window.queue();
    REQUIRE(queue.size() == 1);
    CHECK(queue.front().operation.record == id_of(1));
}

TEST_CASE("Client: one save that is wrong fails alone, with its own ticket") {
    TempDirectory directory;
    Window window(directory);
    Edit nameless = create(2);
    nameless.changes = text_changes(Model::lead, {{"city", "Goa"}});
    window.save(1, {create(1)});
    window.save(2, {nameless});
    window.save(3, {create(3), nameless});  // a group: all or none
    window.save(4, {create(4)});
    const auto is = [](std::uint64_t ticket) { return [ticket](const auto& event) { return event.ticket == ticket; }; };
    window.need<Saved>(is(1));
    const auto failed = window.need<SaveFailed>(is(2));
    CHECK(failed.error.kind == ErrorKind::invalid);
    CHECK(failed.error.field == "name");
    window.need<SaveFailed>(is(3));
    window.need<Saved>(is(4));
    window.close();
    window.open();
    CHECK(window.loaded().size() == 2);
}

TEST_CASE("Client: a profile has one client at a time") {
    TempDirectory directory;
    Window window(directory);
    const auto second = [&] {
        ClientOptions options;
        options.profile = window.profile();
        return Client::open(std::move(options));
    };
    const auto refused = second();
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == "PROFILE_IN_USE");
    CHECK(refused.error().kind == ErrorKind::busy);
    window.close();
    CHECK(second().has_value());
}

TEST_CASE("Client: what cannot be opened is said, and the profile is free again") {
    TempDirectory directory;
    store::test::write_bytes(directory.file("colortouch.db"), "Dear diary");
    ClientOptions options;
    options.profile = {directory.path(), directory.path()};
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto refused = Client::open(options);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code == "NOT_A_DATABASE");
    }
}

TEST_CASE("Client: everything that was posted before the end is saved, however much it is") {
    constexpr std::uint64_t kMany = 12'000;  // several times what the channel holds
    TempDirectory directory;
    Window window(directory);
    for (std::uint64_t number = 1; number <= kMany; ++number) window.save(number, {create(number)});
    window.close();
    window.open();
    CHECK(window.loaded().size() == kMany);
}

TEST_CASE("Client: what the worker has not even looked at before the end is saved") {
    TempDirectory directory;
    Window window(directory);
    for (std::uint64_t number = 1; number <= 20; ++number) {
        window.save(0, {create(number)});
        window.close();
        window.open();
        CHECK(window.loaded().size() == number);
    }
}

TEST_CASE("Client: every save is answered once, in order, however much it is") {
    constexpr std::uint64_t kMany = 12'000;
    TempDirectory directory;
    Window window(directory);
    for (std::uint64_t number = 1; number <= kMany; ++number) window.save(number, {create(number)});
    for (std::uint64_t number = 1; number <= kMany; ++number) REQUIRE(window.need<Saved>().ticket == number);
}

TEST_CASE("Client: an import that names a person before any server told names is that row's matter") {
    TempDirectory directory;
    Window window(directory);
    StartImport start;
    start.ticket = 4;
    start.text = std::make_shared<const std::string>("name,owner\nAsha,Bela\nRavi,\n");
    window.post(std::move(start));
    const auto ended = window.need<ImportEnded>();
    CHECK_FALSE(ended.error.has_value());
    CHECK(ended.report.created == 1);
    REQUIRE(ended.report.rejected.size() == 1);
    CHECK(ended.report.rejected[0].field == "ownerId");
    CHECK(ended.report.rejected[0].reason.find("no names are known here yet") != std::string::npos);
}

// ---- with servers

TEST_CASE("Client: without a server that is one, the state says so and the queue is kept") {
    struct Case {
        const char* what;
        net::Handler handler;  ///< none: nobody listens
        Indicator indicator;
    };
    const Case cases[] = {
        {"nobody listens", {}, Indicator::server_away},
        {"a gateway's 503", [](const http::Request&) { return page(503, "text/html", "<h1>Bad</h1>"); },
         Indicator::server_away},
        {"a hotel's page", [](const http::Request&) { return page(200, "text/html", "<h1>Hello guest</h1>"); },
         Indicator::login_page},
        {"an empty 200", [](const http::Request&) { return page(200, "text/plain", ""); }, Indicator::login_page},
        {"JSON of another program", [](const http::Request&) { return net::test::answer(R"({"ok":true})"); },
         Indicator::login_page},
        {"half of our JSON",
         [](const http::Request& request) {
             if (request.path != "/api/health") return ours(R"({"epoch":"epo)");
             return ours(sync::encode(sync::Health{"colortouchd", "1", "epoch-1", 1}));
         },
         Indicator::server_away},
    };
    for (const Case& each : cases) {
        INFO(std::string(each.what));
        TempDirectory directory;
        std::optional<RunningServer> server;
        if (each.handler) server.emplace(each.handler);
        bind_profile(directory, server ? server->url() : closed_url());
        Window window(directory);
        window.save(1, {create(1)});
        window.need<Saved>();
        window.post(SyncNow{});
        const auto round = window.need<SyncFinished>([](const SyncFinished& end) { return end.asked_for; });
        CHECK(round.row.outcome != "done");
        CHECK(round.row.pushed == 0);
        CHECK_FALSE(round.detail.empty());
        const SyncView view = window.need_view(
            [&](const SyncView& now) { return now.indicator == each.indicator && now.next_try_at > 0; });
        CHECK(view.queue.operations == 1);
        CHECK(view.queue.errors == 0);
        CHECK_FALSE(view.reason.empty());
        const auto queue = window.queue();
        REQUIRE(queue.size() == 1);
        CHECK(queue.front().retry_count == 0);  // nobody's fault (rule 6)
        window.close();
        window.open();
        CHECK(window.loaded().size() == 1);
        CHECK(window.queue().size() == 1);
    }
}

TEST_CASE("Client: signs in, sends what waits, and shows what others have") {
    SmallServer workspace;
    const RunningServer server(std::ref(workspace));
    TempDirectory directory;
    Window window(directory);
    window.save(1, {create(1)});
    window.need<Saved>();
    window.post(SignIn{server.url(), "asha@example.com", "wrong", ""});
    CHECK(window.need<SignInFailed>().error.kind == ErrorKind::denied);
    window.post(SignIn{server.url() + "/", "asha@example.com", "right", ""});
    CHECK(window.need<SignedIn>().user.email == "asha@example.com");
    const auto changed = window.need<RecordsChanged>([](const RecordsChanged& event) {
        return !event.visible.changed.empty() && event.visible.changed.front().id == id_of(500);
    });
    CHECK(crm::title(changed.visible.changed.front()) == "Theirs");
    const SyncView view = window.need_view(Indicator::synced);
    CHECK(view.queue.operations == 0);
    CHECK(view.workspace_name == "Works");
    REQUIRE(workspace.taken().size() == 1);
    CHECK(workspace.taken().front().record == id_of(1));

    window.save(2, {create(2)});  // and later edits without being asked
    window.need<Saved>();
    window.need_view(
        [](const SyncView& now) { return now.indicator == Indicator::synced && now.queue.operations == 0; });
    CHECK(workspace.taken().size() == 2);

    window.close();
    window.open();
    CHECK(window.loaded().size() == 3);
    for (const crm::Record& record : window.loaded()) CHECK(record.sync_status == crm::SyncStatus::synced);
    window.post(SignOut{});
    window.need_view(Indicator::signed_out);
}

TEST_CASE("Client: working offline by choice sends nothing until that ends") {
    SmallServer workspace;
    const RunningServer server(std::ref(workspace));
    TempDirectory directory;
    bind_profile(directory, server.url());
    Window window(directory);
    window.need_view(Indicator::synced);
    window.post(WorkOffline{true});
    window.need_view(Indicator::offline);
    window.save(1, {create(1)});
    window.need<Saved>();
    const SyncView waiting = window.need_view([](const SyncView& view) { return view.queue.operations == 1; });
    CHECK(waiting.indicator == Indicator::offline);
    CHECK(waiting.next_try_at == 0);
    CHECK(workspace.taken().empty());
    window.post(WorkOffline{false});
    window.need_view([](const SyncView& view) { return view.queue.operations == 0; });
    CHECK(workspace.taken().size() == 1);
}

/// A server that hears requests and never answers.
struct Silence {
    std::atomic<int> heard{0};
    RawServer server{[this](RawConnection& peer, int) {
        if (peer.hear().empty()) return;
        ++heard;
        while (!peer.stirs_within(std::chrono::milliseconds(10'000))) {
        }
    }};
    void wait_for(int requests) const {
        const Stopwatch watch;
        while (heard < requests) {
            REQUIRE(watch.ms() < kLongMs);
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
};

TEST_CASE("Client: ends while a request waits for its answer, long before that one's deadline") {
    Silence silence;
    TempDirectory directory;
    SUBCASE("a round") {
        bind_profile(directory, silence.server.url());
        auto window = std::make_unique<Window>(directory);
        window->save(1, {create(1)});
        window->need<Saved>();
        window->post(SyncNow{});
        silence.wait_for(1);
        const Stopwatch watch;
        window->close();
        CHECK(watch.ms() < 8'000);  // a probe's deadline is 10 s
        window->open();
        CHECK(window->queue().size() == 1);
    }
    SUBCASE("a sign-in") {
        auto window = std::make_unique<Window>(directory);
        window->post(SignIn{silence.server.url(), "asha@example.com", "right", ""});
        silence.wait_for(1);
        const Stopwatch watch;
        window->close();
        CHECK(watch.ms() < 20'000);  // its deadline is 30 s
    }
}

TEST_CASE("Client: ends at any moment of a request") {
    Silence silence;
    SeededRandom random(5);
    TempDirectory directory;
    Window window(directory);
    for (int attempt = 0; attempt < 40; ++attempt) {
        window.post(SignIn{silence.server.url(), "asha@example.com", "right", ""});
        std::this_thread::sleep_for(std::chrono::microseconds(random.below(400)));
        const Stopwatch watch;
        window.close();
        REQUIRE(watch.ms() < 20'000);
        window.open();
    }
}

TEST_CASE("Network: once it is closed nothing is sent any more") {
    Silence silence;
    Network network(system_clock());
    NetJob job;
    job.base_url = silence.server.url();
    job.request = sync::probe_request();
    SUBCASE("closed before the first") { network.close(); }
    SUBCASE("closed during one") {
        std::thread other([&] {
            silence.wait_for(1);
            network.close();
        });
        (void)network.run(job);
        other.join();
    }
    const int before = silence.heard;
    CHECK(std::holds_alternative<sync::Reply>(network.run(job).reply));
    CHECK(silence.heard == before);
}

TEST_CASE("Client: goes on saving while a request hangs") {
    Silence silence;
    TempDirectory directory;
    bind_profile(directory, silence.server.url());
    Window window(directory);
    window.post(SyncNow{});
    silence.wait_for(1);
    for (std::uint64_t number = 1; number <= 20; ++number) {
        window.save(number, {create(number)});
        CHECK(window.need<Saved>().ticket == number);
    }
    CHECK(silence.heard == 1);
    CHECK(window.queue().size() == 20);
}

}  // namespace
}  // namespace ct::client
