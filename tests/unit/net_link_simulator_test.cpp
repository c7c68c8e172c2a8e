// The simulated link: how it is written, what it reckons, and what the client meets on it. By counts, never by clocks.
#include <doctest/doctest.h>

#include "net/link_simulator.h"
#include "net_support.h"

using namespace ct;
using namespace ct::net;
using namespace ct::net::test;

namespace {

LinkWeather weather(const std::string& text) {
    const auto parsed = parse_link_weather(text);
    REQUIRE_MESSAGE(parsed.has_value(), text);
    return *parsed;
}

/// A client behind a simulated link.
struct Traveller {
    explicit Traveller(const std::string& url, const std::string& text) : client(options(url)) {
        simulator.set(weather(text));
    }
    HttpClientOptions options(const std::string& url) {
        HttpClientOptions all{url, ""};
        all.simulator = &simulator;
        return all;
    }
    HttpOutcome send(const std::string& body = "{}", const Deadlines& deadlines = {}) {
        return client.send(post("/", body), deadlines);
    }
    LinkSimulator simulator;
    HttpClient client;
};

Handler echo() {
    return [](const http::Request& request) { return answer(request.body); };
}

}  // namespace

TEST_CASE("a link's weather is written as people write it, and read back") {
    struct Row {
        const char *text, *written, *words;
    };
    const Row rows[] = {
        {"", "", ""},
        {"none", "", ""},
        {"latency=0", "", ""},
        {"offline", "offline", "no network"},
        {"portal", "portal", "a login page in place of the server"},
        {"latency=400,rate=64k,cut=20k", "latency=400ms,rate=64k,cut=20k",
         "400 ms more for a round trip, 64 kbit/s, cut after 20 kB"},
        {"cut=1500,latency=2s", "latency=2s,cut=1500", "2000 ms more for a round trip, cut after 1.5 kB"},
        {"loss=5%", "loss=5%", "5 % of packets lost"},
        {"clock=-3h", "clock=-3h", "this clock 3h behind"},
        {"clock=+90m", "clock=90m", "this clock 90m ahead"},
        {"rate=2M", "rate=2M", "2000 kbit/s"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const LinkWeather read = weather(row.text);
        CHECK(link_weather_text(read) == row.written);
        CHECK(weather(row.written) == read);
        CHECK(in_words(read) == row.words);
        CHECK(read.any() == !std::string(row.written).empty());
    }
    for (const char* wrong :
         {",", "rain", "latency", "latency=", "latency=-1", "latency=61s", "latency=4 00", "rate=64kbit", "rate=99",
          "loss=101", "cut=-1", "clock=11000d", "clock=99999999999999999999", "offline,offline", "rate=64k,rate=32k",
          "offline=1", "latency=1,"}) {
        CAPTURE(wrong);
        const auto read = parse_link_weather(wrong);
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().code == "BAD_LINK");
    }
}

TEST_CASE("a simulated connection reckons in bytes and milliseconds") {
    LinkSimulator simulator;
    SimulatedConnection line(&simulator);
    line.look();
    CHECK(line.fair());
    CHECK(line.portion(100'000) == 100'000);
    CHECK(line.connected() + line.send(1'000) + line.turn() + line.received(1'000) == 0);

    simulator.set(weather("latency=400,rate=64k"));
    CHECK(line.fair());  // what holds for an exchange is looked at where it begins
    line.look();
    CHECK(line.connected() == 400);
    CHECK(line.send(8'000) == 1'000);  // 64 kbit
    CHECK(line.send(80) == 10);
    CHECK(line.turn() == 400);
    CHECK(line.turn() == 0);  // once for each question
    CHECK(line.received(800) == 100);
    CHECK(line.portion(100'000) == 800);  // a tenth of a second
    CHECK(simulator.counts().paused_ms == 400 + 1'000 + 10 + 400 + 100);
    std::int64_t one_by_one = 0;
    for (int i = 0; i < 8'000; ++i) one_by_one += line.received(1);
    CHECK(one_by_one == 1'000);  // what is less than a millisecond is not lost

    simulator.set(weather("cut=1000"));
    line.look();
    CHECK(line.connected() == 0);
    CHECK(line.portion(4'000) == 1'000);
    CHECK(line.send(900) == 0);
    CHECK(line.portion(4'000) == 100);
    CHECK(line.received(100) == 0);
    CHECK(line.portion(1) == 0);
    CHECK(line.connected() == 0);
    CHECK(line.portion(4'000) == 1'000);

    simulator.set(weather("loss=50"));
    line.look();
    std::int64_t waits = 0;
    for (int i = 0; i < 100; ++i) waits += line.send(1'400);
    const std::int64_t lost = simulator.counts().lost_packets;
    CHECK(lost > 50);
    CHECK(lost < 200);
    CHECK(waits >= lost * 200);  // each comes again, later and later
    simulator.set(weather("loss=100"));
    line.look();
    CHECK(line.send(1) == SimulatedConnection::kForever);
}

TEST_CASE("an exchange in fair weather is what it is without a simulator") {
    const RunningServer server(echo());
    Traveller traveller(server.url(), "");
    CHECK(traveller.send("hello").response.body == "hello");
    CHECK(traveller.simulator.counts() == LinkSimulator::Counts{});
}

TEST_CASE("offline and a captive portal reach no server, and look as they do in the field") {
    int asked = 0;
    const RunningServer server([&](const http::Request& request) {
        ++asked;
        return answer(request.body);
    });
    Traveller traveller(server.url(), "offline");
    CHECK(traveller.send().failure == NetFailure::no_route);
    CHECK(traveller.simulator.counts().refused == 1);
    traveller.simulator.set(weather("portal"));
    const HttpOutcome page = traveller.send();
    CHECK(page.failure == NetFailure::bad_body);
    CHECK(page.response.status == 200);
    CHECK(http::find_header(page.response.headers, "Content-Type").starts_with("text/html"));
    CHECK(traveller.simulator.counts().portals == 1);
    CHECK(asked == 0);
    traveller.simulator.set({});
    CHECK(traveller.send("again").response.body == "again");
    CHECK(asked == 1);
}

TEST_CASE("latency and rate are paid by connecting, asking and each byte") {
    const RunningServer server(echo());
    Traveller traveller(server.url(), "latency=5");
    for (int i = 0; i < 3; ++i) CHECK(traveller.send().response.body == "{}");
    CHECK(traveller.simulator.counts().paused_ms == 5 + 3 * 5);  // one connection, three questions
    traveller.simulator.set(weather("rate=1M"));
    const std::int64_t before = traveller.simulator.counts().paused_ms;
    const HttpOutcome done = traveller.send(sample_text(1'000));
    CHECK(done.failure == NetFailure::none);
    const std::int64_t bits = 8 * (done.response.traffic.bytes_sent + done.response.traffic.bytes_received);
    const std::int64_t paused = traveller.simulator.counts().paused_ms - before;
    CHECK(paused <= bits / 1'000);
    CHECK(paused >= bits / 1'000 - 1);
}

TEST_CASE("a link that is cut after so many bytes breaks what is on it, and the next connection stands again") {
    const RunningServer server(echo());
    Traveller traveller(server.url(), "cut=2k");
    const HttpOutcome small = traveller.send("first");
    CHECK(small.failure == NetFailure::none);
    const HttpOutcome cut = traveller.send(sample_text(8'000));
    CHECK(cut.failure == NetFailure::cut);
    CHECK(cut.detail.find("simulated") != std::string::npos);
    const http::Traffic& first = small.response.traffic;
    const http::Traffic& second = cut.response.traffic;
    CHECK(first.bytes_sent + first.bytes_received + second.bytes_sent + second.bytes_received == 2'000);
    CHECK(traveller.simulator.counts().cuts == 1);
    CHECK(traveller.send("next").failure == NetFailure::none);
}

TEST_CASE("where every packet is lost an exchange waits for its deadline") {
    const RunningServer server(echo());
    Traveller traveller(server.url(), "loss=100");
    const HttpOutcome lost = traveller.send("{}", {1'000, 50, 50, 1'000});
    CHECK(lost.failure == NetFailure::timeout);
    CHECK(traveller.simulator.counts().lost_packets > 0);
    traveller.simulator.set({});
    CHECK(traveller.send().failure == NetFailure::none);
}

TEST_CASE("whoever waits for a simulated link can be cancelled") {
    const RunningServer server(echo());
    Traveller traveller(server.url(), "latency=60s");
    std::thread other([&] {
        while (traveller.simulator.counts().paused_ms == 0) std::this_thread::yield();
        traveller.client.close();
    });
    CHECK(traveller.send("{}", {60'000, 60'000, 60'000, 60'000}).failure == NetFailure::cancelled);
    other.join();
}
