// What the inspector remembers of requests, and its snapshots in words.
#include <doctest/doctest.h>

#include "client/event.h"
#include "client/inspect.h"
#include "client/request_log.h"

namespace ct::client {
namespace {

using inspect::Histogram;
using inspect::Look;
using inspect::words_of;

NetJob job_of(NetJob::Kind kind, std::string body = "{}") {
    NetJob job;
    job.kind = kind;
    job.request = sync::api_request("/api/sync/push", std::move(body), "the token");
    return job;
}

net::HttpOutcome outcome_of(int status, std::string body = "{}") {
    net::HttpOutcome outcome;
    outcome.response.status = status;
    outcome.response.body = std::move(body);
    outcome.response.traffic.total_ms = 40;
    outcome.response.traffic.bytes_sent = 100;
    if (status == 0) {
        outcome.failure = net::NetFailure::refused;
        outcome.detail = "connect to 127.0.0.1:1: Connection refused";
    }
    return outcome;
}

TEST_CASE("RequestLog: no token and no password is remembered") {
    const auto push = request_seen(job_of(NetJob::Kind::push), outcome_of(200), 1'000, true);
    CHECK(push->request_body == "{}");
    CHECK(http::find_header(push->request_headers, "Authorization") == "(not shown)");
    const auto login = request_seen(job_of(NetJob::Kind::login, "{\"password\":\"x\"}"),
                                    outcome_of(200, "{\"token\":\"y\"}"), 1, true);
    CHECK(login->request_body.empty());
    CHECK(login->response_body.empty());
    CHECK(login->request_bytes > 0);
    const auto closed = request_seen(job_of(NetJob::Kind::push), outcome_of(200), 1'000, false);
    CHECK(closed->request_body.empty());
    CHECK(closed->request_headers.empty());
    CHECK(closed->began_at == 960);
    CHECK(closed->detail.empty());
    sync::Problem problem;
    problem.status = 409;
    problem.code = "EPOCH_CHANGED";
    problem.detail = "it was restored";
    net::HttpOutcome refused = outcome_of(409, sync::encode(problem));
    refused.response.headers = {{"Content-Type", std::string(sync::kProblemJson)},
                                {std::string(sync::kProtocolHeader), "1"}};
    CHECK(request_seen(job_of(NetJob::Kind::pull), refused, 1, false)->detail == "EPOCH_CHANGED: it was restored");
    CHECK(closed->status == 200);
}

TEST_CASE("RequestLog: counts attempts, and gives each request once") {
    RequestLog log;
    const auto add = [&](NetJob::Kind kind, int status) {
        log.add(Lane::records, request_seen(job_of(kind), outcome_of(status), 1'000, false));
    };
    add(NetJob::Kind::push, 0);
    add(NetJob::Kind::probe, 0);
    add(NetJob::Kind::push, 503);
    add(NetJob::Kind::push, 200);
    add(NetJob::Kind::push, 200);
    auto news = log.news();
    REQUIRE(news.seen.size() == 5);
    CHECK(news.seen[0]->attempt == 1);
    CHECK(news.seen[0]->failure == "refused");
    CHECK(news.seen[1]->attempt == 1);
    CHECK(news.seen[2]->attempt == 2);
    CHECK(news.seen[3]->attempt == 3);
    CHECK(news.seen[4]->attempt == 1);
    CHECK(log.news().seen.empty());
    log.from_the_start();
    CHECK(log.news().seen.size() == 5);
    CHECK(log.totals(Lane::records).requests == 5);
    CHECK(log.totals(Lane::records).bytes_sent == 500);
    CHECK(log.totals(Lane::files).requests == 0);
}

TEST_CASE("RequestLog: neither requests nor bodies grow without end") {
    RequestLog log;
    const std::string large(kBodyKept * 2, 'x');
    for (std::size_t i = 0; i < kRequestsKept + 50; ++i) {
        log.add(Lane::records, request_seen(job_of(NetJob::Kind::push, large), outcome_of(200, large), 1, true));
        CHECK(log.held() <= kBodiesKept);
    }
    const auto news = log.news();
    CHECK(news.seen.size() == kRequestsKept);
    CHECK(news.seen.back()->request_body.size() == kBodyKept);
    CHECK(news.seen.front()->request_body.empty());
    CHECK(news.seen.front()->number == 51);
    log.forget_bodies();
    CHECK(log.held() == 0);
    log.from_the_start();
    CHECK(log.news().seen.back()->request_body.empty());
    CHECK(news.seen.back()->request_body.size() == kBodyKept);  // whoever has it reads on
}

TEST_CASE("Histogram: each time in its bin") {
    Histogram times;
    for (const std::int64_t us : {0, 999, 1'000, 1'999, 2'000, 3'999, 4'000}) times.add(us);
    times.add(3'600'000'000);
    CHECK(times.bins[0] == 2);
    CHECK(times.bins[1] == 2);
    CHECK(times.bins[2] == 2);
    CHECK(times.bins[3] == 1);
    CHECK(times.bins[Histogram::kBins - 1] == 1);
    CHECK(times.count == 8);
    CHECK(times.longest_us == 3'600'000'000);
    CHECK(Histogram::edge_ms(0) == 1);
    CHECK(Histogram::edge_ms(3) == 8);
    CHECK(Histogram::edge_ms(Histogram::kBins - 1) == 0);
}

TEST_CASE("words_of: what it waits for, until when, and why") {
    Look look;
    look.now = 1'795'000'000'000;
    look.steady = 50'000;
    look.engine.interval_ms = 300'000;
    SyncView view;
    CHECK(words_of(look, view).doing == "Keeping everything on this laptop");
    view.server_url = "https://crm.example.com";
    view.indicator = Indicator::synced;
    look.engine.due = 84'000;
    auto words = words_of(look, view);
    CHECK(words.doing == "Waiting for the next round");
    CHECK(words.until == look.now + 34'000);
    CHECK(words.why == "every 5 min when nothing else asks for one");
    CHECK(words.link.find("has not answered since the start") != std::string::npos);

    SUBCASE("the server is away") {
        look.engine.obstacle = sync::Obstacle::server_away;
        look.engine.failures = 3;
        view.last_error_code = "OFFLINE";
        words = words_of(look, view);
        CHECK(words.doing == "Waiting to try again");
        CHECK(words.why.find("the server does not answer (OFFLINE), 3 attempts in vain") != std::string::npos);
        look.engine.retry_after_ms = 30'000;
        CHECK(words_of(look, view).why.find("asked for 30 s of patience") != std::string::npos);
    }
    SUBCASE("a request is under way") {
        look.engine.phase = "pushing";
        look.engine.due.reset();
        look.engine.asked_at = 49'000;
        look.engine.answer_by = 150'000;
        look.lanes[0].under_way = "push";
        look.lanes[0].for_ms = 1'000;
        words = words_of(look, view);
        CHECK(words.doing == "Waiting for the verdict on a push");
        CHECK(words.why == "a push is under way for 1 s");
        CHECK(words.until == look.now + 100'000);
    }
    SUBCASE("by choice, and by want of a token") {
        view.working_offline = true;
        CHECK(words_of(look, view).doing == "Waiting until offline work is switched off");
        view.indicator = Indicator::signed_out;
        CHECK(words_of(look, view).doing == "Waiting for a sign-in");
    }
    SUBCASE("how the link is known") {
        look.answered_at = look.now - 12'000;
        look.link_heard_at = look.now - 60'000;
        CHECK(words_of(look, view).link.find("Up: the system told of an interface") == 0);
        CHECK(words_of(look, view).link.find("last answered 12 s ago") != std::string::npos);
        look.system_link = look.link_up = false;
        CHECK(words_of(look, view).link.find("Down: the system told that no interface") == 0);
        look.server_is_here = look.link_up = true;
        CHECK(words_of(look, view).link.find("Up, for the server is on this computer") == 0);
    }
}

TEST_CASE("digest_of: of contents, version and state") {
    crm::Record record;
    record.id.bytes[15] = 1;
    record.version = 3;
    record.fields.set(crm::field(crm::Model::lead, "name"), std::string_view("Asha"));
    const std::uint64_t digest = inspect::digest_of(record);
    crm::Record other = record;
    CHECK(inspect::digest_of(other) == digest);
    other.version = 4;
    CHECK(inspect::digest_of(other) != digest);
    other = record;
    other.fields.set(crm::field(crm::Model::lead, "name"), std::string_view("Asho"));
    CHECK(inspect::digest_of(other) != digest);
    other = record;
    other.sync_status = crm::SyncStatus::pending;
    CHECK(inspect::digest_of(other) != digest);
}

}  // namespace
}  // namespace ct::client
