#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>

#include "base/channel.h"

namespace ct {
namespace {

TEST_CASE("Channel: first in, first out") {
    Channel<std::string> channel(16);
    CHECK_FALSE(channel.pop().has_value());
    CHECK(channel.push("a"));
    CHECK(channel.push("b"));
    CHECK(channel.depth() == 2);
    CHECK(channel.pop() == "a");
    CHECK(channel.push("c"));
    CHECK(channel.pop() == "b");
    CHECK(channel.pop() == "c");
    CHECK_FALSE(channel.pop().has_value());
    CHECK(channel.high_water() == 2);
}

TEST_CASE("Channel: what does not fit waits, and order is kept") {
    Channel<int> channel(4);
    int pushed = 0;
    while (channel.push(pushed)) ++pushed;
    CHECK(pushed >= 4);
    ++pushed;  // the one that had to wait was taken too
    CHECK(channel.overflowed() == 1);
    for (int more = 0; more < 100; ++more) CHECK_FALSE(channel.push(pushed++));
    CHECK(channel.overflowed() == 101);

    int expected = 0;
    CHECK(channel.pop() == expected++);
    CHECK_FALSE(channel.push(pushed++));  // room for one, but older ones come first
    CHECK(channel.overflowed() == 101);
    while (expected < pushed) {
        const std::optional<int> item = channel.pop();
        if (!item) {
            channel.flush();
            continue;
        }
        REQUIRE(*item == expected++);
    }
    CHECK(channel.flush());
    CHECK(channel.overflowed() == 0);
    CHECK_FALSE(channel.pop().has_value());
}

TEST_CASE("Channel: takes what can only be moved, and loses none of it") {
    Channel<std::unique_ptr<int>> channel(2);
    for (int i = 0; i < 50; ++i) channel.push(std::make_unique<int>(i));
    for (int i = 0; i < 50;) {
        std::optional<std::unique_ptr<int>> item = channel.pop();
        if (!item) {
            channel.flush();
            continue;
        }
        REQUIRE(*item != nullptr);
        REQUIRE(**item == i++);
    }
}

TEST_CASE("Channel: two threads, a small ring, every item once and in order") {
    constexpr int kItems = 200'000;
    Channel<std::string> channel(8);
    bool overflowed = false;
    std::thread producer([&] {
        for (int i = 0; i < kItems; ++i) {
            if (!channel.push(std::to_string(i))) overflowed = true;
        }
        while (!channel.flush()) std::this_thread::yield();
    });
    int expected = 0;
    bool in_order = true;
    while (expected < kItems) {
        if (const std::optional<std::string> item = channel.pop()) {
            in_order = in_order && *item == std::to_string(expected);
            ++expected;
        } else {
            std::this_thread::yield();
        }
    }
    producer.join();
    CHECK(in_order);
    CHECK(overflowed);
    CHECK_FALSE(channel.pop().has_value());
    CHECK(channel.high_water() >= 1);
}

}  // namespace
}  // namespace ct
