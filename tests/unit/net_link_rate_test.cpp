// How a link's rate is measured and told, and what the server makes of it.
#include <doctest/doctest.h>

#include "net/encoding.h"
#include "net/link_rate.h"
#include "net_support.h"

using namespace ct;
using namespace ct::net;
using namespace ct::net::test;

TEST_CASE("the rate of a link is that of its last large answers") {
    LinkRate rate;
    CHECK(rate.header().empty());
    rate.received(1'000, 1);  // says nothing but that it is not far
    CHECK(rate.mbit_per_s() == 0);
    rate.received(125'000, 1'000'000);
    CHECK(rate.mbit_per_s() == doctest::Approx(1));
    CHECK(rate.header() == "1.000");
    rate.received(375'000, 1'000'000);
    CHECK(rate.mbit_per_s() == doctest::Approx(1.5));
    rate.received(1'000'000'000, 0);  // was there before anybody looked
    CHECK(rate.mbit_per_s() == doctest::Approx(3).epsilon(0.01));
    rate.received(20'000, INT64_MAX);
    CHECK(rate.mbit_per_s() > 0);
}

TEST_CASE("what Downlink says, and what says nothing") {
    struct Row {
        const char* value;
        double mbit;
    };
    for (const Row& row : {Row{"1.5", 1.5}, Row{"0.025", 0.025}, Row{"100", 100}, Row{"1e400", 0}, Row{"999999", 1'000},
                           Row{"", 0}, Row{"-1", 0}, Row{"0", 0}, Row{"nan", 0}, Row{"inf", 0}, Row{"3 Mbit/s", 0}}) {
        CAPTURE(row.value);
        CHECK(parse_downlink(row.value) == doctest::Approx(row.mbit));
    }
}

TEST_CASE("over a slow link the answer is packed more thoroughly") {
    const std::string text = sample_text(400'000);
    RunningServer server([&](const http::Request&) { return answer(text); });
    const auto size = [&](const std::string& header) {
        RawConnection connection = RawConnection::to(server.port());
        connection.say("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: zstd\r\n" + header + "\r\n");
        const std::string said = connection.hear();
        const std::size_t end = said.find("\r\n\r\n");
        REQUIRE(end != std::string::npos);
        const std::string body = said.substr(end + 4);
        const auto plain = decompress(Encoding::zstd, body, 1'000'000);
        REQUIRE(plain);
        CHECK((*plain == text));
        return body.size();
    };
    const std::size_t not_told = size("");
    CHECK(size("Downlink: 0.25\r\n") < not_told);
    CHECK(size("Downlink: 10\r\n") == not_told);
    CHECK(size("Downlink: 400\r\n") != not_told);
    CHECK(size("Downlink: as fast as it goes\r\n") == not_told);
}

TEST_CASE("the client tells what it has seen of the link") {
    std::mutex mutex;
    std::vector<std::string> told;
    const std::string text = sample_text(400'000);
    RunningServer server([&](const http::Request& request) {
        const std::scoped_lock lock(mutex);
        told.emplace_back(http::find_header(request.headers, "Downlink"));
        return answer(text);
    });
    HttpClient client({server.url(), "", 1'024, 64 << 20});
    for (int i = 0; i < 2; ++i) REQUIRE(client.send(post("/", "x"), {}).failure == NetFailure::none);
    REQUIRE(told.size() == 2);
    CHECK(told[0].empty());
    CHECK(parse_downlink(told[1]) > 0);
}
