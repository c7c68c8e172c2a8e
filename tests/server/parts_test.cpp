// The parts on their own: cursors, packed origins, passwords, the brake on guessing, bells.
#include <doctest/doctest.h>

#include <thread>

#include "crm/tables.h"
#include "server/bell.h"
#include "server/cursor.h"
#include "server/kit.h"
#include "server/origins.h"
#include "server/passwords.h"
#include "server/throttle.h"

namespace ct::server::test {
namespace {

TEST_CASE("cursor: what is written is read back, stretch by stretch") {
    const std::string id = "01a0c450-6c00-75a6-804e-79970d27540a";
    Cursor cursor;
    cursor.view = view_tag({"somebody", false});
    for (const auto stretch : {Cursor::Stretch::snapshot, Cursor::Stretch::whole, Cursor::Stretch::changes}) {
        for (const std::int64_t since : {std::int64_t{0}, std::int64_t{131}, INT64_MAX}) {
            for (const std::string& below : {std::string(), id}) {
                cursor.stretch = stretch;
                cursor.since = since;
                cursor.base = since / 2;
                cursor.phase = Phase::payments;
                cursor.below = below;
                cursor.remaining = 17;
                const std::string text = format_cursor(cursor);
                const auto read = parse_cursor(text);
                REQUIRE_MESSAGE(read, text);
                CHECK(format_cursor(*read) == text);
                CHECK(read->since == since);
                CHECK(read->view == cursor.view);
                if (stretch == Cursor::Stretch::snapshot)
                    CHECK(read->below == below);
                else
                    CHECK(read->base == since / 2);
            }
        }
    }
}

TEST_CASE("cursor: views differ by user, and everybody who sees all shares one") {
    CHECK(view_tag({"a", true}) == view_tag({"b", true}));
    CHECK(view_tag({"a", false}) != view_tag({"b", false}));
    CHECK(view_tag({"a", false}) != view_tag({"a", true}));
}

TEST_CASE("cursor: nothing but what was written is read") {
    for (const char* text :
         {"", ".", "v", "v.1.1", "v.1.1.a.a", "v.1.2.a", "v.-1.0.a", "v.01.0.a", "v. 1.0.a", "v.1.0.b", "x.1.0.a",
          "v.9223372036854775808.0.a", "v.1.0.0123456789ABCDEF", "s.1.0.-.0", "s.1.6.-.0.a", "s.1.0..0.a",
          "s.1.0.01A0C450-6C00-75A6-804E-79970D27540A.0.a", "s.1.0.-.-1.a", "V.1.0.a"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_cursor(text));
    }
    CHECK_FALSE(parse_cursor(std::string(10'000, '.')));
    SeededRandom random(7);
    for (int i = 0; i < 20'000; ++i) {  // no text makes it stumble, and what it takes is canonical
        std::string text(random.below(60), ' ');
        for (char& c : text) c = "svw.0123456789abcdef-"[random.below(21)];
        const auto read = parse_cursor(text);
        if (read) CHECK(format_cursor(*read) == text);
    }
}

TEST_CASE("origins: packed and unpacked are the same, whatever the fields are called") {
    SeededRandom random(11);
    const std::vector<std::string> names{"name", "city", "",     "%",    "two words",           "line\nbreak",
                                         "पता",  "=",    "100%", "a\tb", std::string("n\0l", 3)};
    const std::vector<std::string> stamps{"0192f3c4a5b6-0001-d1", "0192f3c4a5b7-0000-d2", "0192f3c4a5b7-ffff-d1"};
    for (int run = 0; run < 300; ++run) {
        StoredRecord record;
        for (const std::string& name : names) {
            if (random.below(2) == 0) continue;
            const auto version = static_cast<std::int64_t>(1 + random.below(4));
            record.server.origins[name] = {version, stamps[static_cast<std::size_t>(version) % 3]};
            record.pushers[version] = version % 2 == 0 ? "d1" : "another";
        }
        if (random.below(2) == 0) record.server.deletion = {4, stamps[1]};
        StoredRecord read;
        const std::string packed = pack_origins(record);
        unpack_origins(packed, read);
        CHECK(read.server.origins == record.server.origins);
        CHECK(read.server.deletion == record.server.deletion);
        CHECK(pack_origins(read) == packed);
    }
}

TEST_CASE("origins: former owners") {
    const std::vector<FormerOwner> owners{{"01a0c450-6c00-75a6-804e-79970d27540a", 7}, {"b", 12}};
    const auto read = unpack_former_owners(pack_former_owners(owners));
    REQUIRE(read.size() == 2);
    CHECK(read[0].user == owners[0].user);
    CHECK(read[1].until == 12);
    CHECK(unpack_former_owners("").empty());
}

TEST_CASE("passwords: hashed with salt, verified, and checked before") {
    Passwords passwords(kCheap);
    const auto hash = passwords.hash(kPassword);
    REQUIRE(hash);
    CHECK(hash->starts_with("$argon2id$"));
    CHECK(*hash != *passwords.hash(kPassword));
    CHECK(passwords.verify(*hash, kPassword));
    CHECK_FALSE(passwords.verify(*hash, "correct horsE"));
    CHECK_FALSE(passwords.verify("", kPassword));
    CHECK_FALSE(passwords.verify("plain text", "plain text"));
    passwords.pretend(kPassword);
    CHECK(check_password("12345678"));
    CHECK(check_password("पासवर्डह"));
    CHECK(check_password("1234567").error().code == "WEAK_PASSWORD");
    CHECK(check_password(std::string(1'025, 'x')).error().code == "INVALID_PASSWORD");
    CHECK(check_password("12345678\xff").error().code == "INVALID_PASSWORD");
}

TEST_CASE("passwords: a rush hashes a few at a time and all come through") {
    Passwords passwords(kCheap, 2);
    const std::string hash = *passwords.hash(kPassword);
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            if (i % 2 == 0) passwords.pretend(kPassword);
            good += passwords.verify(hash, kPassword) ? 1 : 0;
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(good == 8);
}

TEST_CASE("tokens: long, and never the same") {
    SeededRandom random(3);
    const std::string first = make_token(random), second = make_token(random);
    CHECK(first.size() == 43);
    CHECK(first != second);
    CHECK(token_hash(first) != token_hash(second));
}

TEST_CASE("throttle: a few failures are free, then waits double to five minutes") {
    const Throttle throttle;
    Guesses guesses;
    UnixMs now = kStart;
    for (int i = 0; i < 6; ++i) CHECK(throttle.attempt(guesses, now) == 0);
    std::vector<std::int64_t> waits;
    for (int i = 0; i < 12; ++i) {
        const Guesses before = guesses;
        const std::int64_t wait = throttle.attempt(guesses, now);
        REQUIRE(wait > 0);
        CHECK(throttle.attempt(guesses, now) == wait);
        CHECK(guesses == before);  // asking again costs nothing
        waits.push_back(wait);
        now += wait * 1'000;
        REQUIRE(throttle.attempt(guesses, now) == 0);
    }
    CHECK(waits[0] == 1);
    CHECK(waits[1] == 2);
    CHECK(waits[2] == 4);
    CHECK(waits.back() == 300);
}

TEST_CASE("throttle: failures of long ago do not count, and no clock makes a wait longer than it was") {
    const Throttle throttle;
    Guesses guesses;
    for (int i = 0; i < 6; ++i) (void)throttle.attempt(guesses, kStart);
    CHECK(throttle.attempt(guesses, kStart) == 1);
    CHECK(throttle.attempt(guesses, kStart - 3'600'000) == 1);  // set back, or another server's
    CHECK(throttle.attempt(guesses, kStart - 3'599'000) == 0);
    CHECK(throttle.attempt(guesses, kStart - 3'599'000) == 2);
    CHECK(throttle.attempt(guesses, kStart) == 0);
    CHECK(guesses == Guesses{1, kStart, 0});
    Throttle::take_back(guesses);
    CHECK(guesses == Guesses{});
}

TEST_CASE("bells: a ring between looking and waiting is not missed") {
    Bells bells;
    int woken = 0;
    const auto wake = [&] { ++woken; };
    const std::int64_t seen = bells.count(1);
    bells.ring(2);
    bells.ring(1);
    CHECK(bells.subscribe(1, seen, 0, wake) == nullptr);
    CHECK(woken == 1);
    CHECK(bells.count(1) == seen + 1);
}

TEST_CASE("bells: who waits is woken once, by a ring, by a version further on, and by the end") {
    Bells bells;
    int woken = 0;
    const auto wake = [&] { ++woken; };
    auto waits = bells.subscribe(1, 0, 7, wake);
    bells.ring(2);
    bells.reached(1, 7);
    bells.reached(2, 8);
    CHECK(woken == 0);
    CHECK(bells.waiting() == 1);
    CHECK(bells.workspaces() == std::vector<WorkspaceKey>{1});
    bells.ring(1);
    bells.ring(1);
    CHECK(woken == 1);
    CHECK(bells.waiting() == 0);
    waits = bells.subscribe(1, 2, 7, wake);
    bells.reached(1, 8);
    CHECK(woken == 2);
    waits = bells.subscribe(1, 2, 8, wake);
    waits = nullptr;  // it no longer waits
    bells.ring(1);
    CHECK(woken == 2);
    waits = bells.subscribe(1, 3, 8, wake);
    bells.stop();
    CHECK(woken == 3);
    CHECK(bells.stopped());
    CHECK(bells.subscribe(1, 3, 8, wake) == nullptr);
    CHECK(woken == 4);
}

}  // namespace
}  // namespace ct::server::test
