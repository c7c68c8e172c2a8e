// The next page is asked for while the last one is worked on, and only a question that was really asked is answered.
#include <doctest/doctest.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "client/page_ahead.h"
#include "net_support.h"
#include "sync/reply.h"
#include "sync/wire.h"

using namespace ct;
using namespace ct::client;
using namespace ct::net::test;

namespace {

constexpr std::int64_t kAnyTime = 1'000'000;  // "quick": a busy machine changes nothing

class HandClock final : public Clock {
  public:
    UnixMs now() const override { return steady_; }
    SteadyMs steady() const override { return steady_; }
    void pass(SteadyMs ms) { steady_ += ms; }

  private:
    std::atomic<SteadyMs> steady_{1'000};
};

/// Pages "1", "2" … behind one another; knows how often each was asked for, and holds back the one that it is told.
class Pages {
  public:
    http::Response operator()(const http::Request& request) {
        const auto asked = sync::decode_pull_request(request.body);
        const int number = asked && asked->cursor ? std::stoi(*asked->cursor) + 1 : 1;
        std::unique_lock lock(mutex_);
        ++asked_[number];
        came_.notify_all();
        came_.wait_for(lock, std::chrono::seconds(20), [&] { return number != held_; });
        sync::PullPage page;
        page.epoch = "e";
        page.cursor = std::to_string(number);
        page.has_more = number < last;
        http::Response response = answer(sync::encode(page));
        if (number == garbled && asked_[number] == 1) response.headers.emplace_back("Content-Digest", "sha-256=:AAAA:");
        return response;
    }
    bool wait_for(int number, int times = 1) {
        std::unique_lock lock(mutex_);
        return came_.wait_for(lock, std::chrono::seconds(20), [&] { return asked_[number] >= times; });
    }
    int asked(int number) {
        const std::scoped_lock lock(mutex_);
        return asked_[number];
    }
    void hold(int number) {
        const std::scoped_lock lock(mutex_);
        held_ = number;
        came_.notify_all();
    }
    int last = 100, garbled = 0;

  private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::map<int, int> asked_;
    int held_ = 0;
};

struct World {
    Pages pages;
    net::test::RunningServer server{[this](const http::Request& request) { return pages(request); }};
    HandClock clock;
    Route route{nullptr};
    PageAhead ahead{clock, nullptr, kAnyTime};

    ~World() { pages.hold(0); }

    NetJob job(std::optional<std::string> cursor, std::int64_t limit = 2'000) {
        sync::PullRequest request;
        request.device_id = "d";
        request.cursor = std::move(cursor);
        request.limit = limit;
        NetJob made;
        made.kind = NetJob::Kind::pull;
        made.base_url = server.url();
        made.request = sync::api_request("/api/sync/pull", sync::encode(request), "token");
        return made;
    }
    /// The cursor of the answer.
    std::string pull(const NetJob& asked) {
        auto exchanged = ahead.take(asked);
        if (!exchanged) exchanged = Exchanged{route.send(asked), clock.now()};
        ahead.guess(asked, exchanged->outcome);
        const auto page = sync::decode_pull_page(exchanged->outcome.response.body);
        return page ? page->cursor : "";
    }
    /// Two pages came, and the third is under way before anybody asks for it.
    void up_to_a_guess() {
        CHECK(pull(job(std::nullopt)) == "1");
        CHECK(pull(job("1")) == "2");
        CHECK(pages.wait_for(3));
    }
};

}  // namespace

TEST_CASE("from the third page on the answer is under way before it is asked for") {
    World world;
    CHECK(world.pull(world.job(std::nullopt)) == "1");
    CHECK(world.pull(world.job("1")) == "2");
    for (int number = 3; number < 10; ++number) {
        CHECK(world.pages.wait_for(number));
        CHECK(world.pull(world.job(std::to_string(number - 1))) == std::to_string(number));
        CHECK(world.pages.asked(number) == 1);
    }
}

TEST_CASE("nothing is guessed behind the last page, nor before the pages have found their size") {
    World world;
    world.pages.last = 3;
    CHECK(world.pull(world.job(std::nullopt, 100)) == "1");
    CHECK(world.pull(world.job("1", 200)) == "2");
    CHECK(world.pull(world.job("2", 200)) == "3");
    const auto nothing = world.ahead.take(world.job("3", 200));
    CHECK_FALSE(nothing);
    CHECK(world.pages.asked(4) == 0);
}

TEST_CASE("another question than the guessed one is asked, and answered") {
    World world;
    const auto go_on = [&](const NetJob& asked, const char* answer) {
        world.up_to_a_guess();
        CHECK(world.pull(asked) == answer);
    };
    SUBCASE("from elsewhere") { go_on(world.job("41"), "42"); }
    SUBCASE("of another size") {
        go_on(world.job("2", 500), "3");
        CHECK(world.pages.asked(3) == 2);
    }
    SUBCASE("by somebody else") {
        NetJob other = world.job("2");
        for (auto& [key, value] : other.request.headers) {
            if (key == "Authorization") value = "Bearer another";
        }
        go_on(other, "3");
        CHECK(world.pages.asked(3) == 2);
    }
    SUBCASE("much later") {
        world.up_to_a_guess();
        world.clock.pass(60'000);
        CHECK(world.pull(world.job("2")) == "3");
        CHECK(world.pages.asked(3) == 2);
    }
}

TEST_CASE("a guess that came to nothing is asked again") {
    World world;
    world.pages.garbled = 3;
    world.up_to_a_guess();
    CHECK(world.pull(world.job("2")) == "3");
    CHECK(world.pages.asked(3) == 2);
}

TEST_CASE("whoever waits for a guess can be told to stop, and goes on afterwards") {
    World world;
    world.pages.hold(3);
    world.up_to_a_guess();
    std::atomic<bool> over = false;
    std::thread stopper([&] {
        while (!over) {
            world.ahead.cancel();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    });
    const auto stopped = world.ahead.take(world.job("2"));
    over = true;
    stopper.join();
    if (stopped) CHECK(stopped->outcome.failure == net::NetFailure::cancelled);  // else: cancelled before it waited
    world.pages.hold(0);
    CHECK(world.pull(world.job("2")) == "3");
}

TEST_CASE("the end of the program does not wait for a guess, and nothing is asked after it") {
    World world;
    world.pages.hold(3);
    world.up_to_a_guess();
    world.ahead.close();
    const auto closed = world.ahead.take(world.job("2"));  // ends while the server still holds the page
    if (closed) CHECK(closed->outcome.failure == net::NetFailure::cancelled);
    world.ahead.guess(world.job("1"), {net::NetFailure::none, {}, answer(R"({"cursor":"6","hasMore":true})")});
    const auto later = world.ahead.take(world.job("6"));
    CHECK_FALSE(later);
    CHECK(world.pages.asked(7) == 0);
}
