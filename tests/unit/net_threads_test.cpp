#include <doctest/doctest.h>

#include "net/link_monitor.h"
#include "net/worker_threads.h"
#include "net_support.h"

using namespace ct::net;
using ct::net::test::Gate;

TEST_CASE("jobs get a thread each, then queue, then are turned away") {
    Gate gate;
    std::atomic<int> begun{0};
    std::atomic<int> done{0};
    {
        WorkerThreads threads(4, 3);
        const auto job = [&] {
            ++begun;
            gate.wait();
            ++done;
        };
        for (int i = 0; i < 4; ++i) REQUIRE(threads.run(job));
        while (begun < 4) std::this_thread::yield();  // none waits behind another
        for (int i = 0; i < 3; ++i) REQUIRE(threads.run(job));
        CHECK_FALSE(threads.run(job));
        CHECK(begun == 4);
        gate.open();
        threads.finish();
        CHECK(done == 7);  // those that queued were served
        CHECK_FALSE(threads.run(job));
    }
    CHECK(done == 7);
}

TEST_CASE("what was begun comes to its end however long the queue is") {
    Gate gate;
    std::atomic<int> done{0};
    WorkerThreads threads(1, 0);
    REQUIRE(threads.run([&] { gate.wait(); }));
    CHECK_FALSE(threads.run([] {}));
    for (int i = 0; i < 3; ++i) threads.run_surely([&] { threads.run_surely([&] { ++done; }); });
    gate.open();
    threads.finish();  // also while it ends
    CHECK(done == 3);
}

TEST_CASE("many short jobs from many threads are each done once") {
    std::atomic<int> done{0};
    std::atomic<int> refused{0};
    {
        WorkerThreads threads(8, 100'000);
        std::vector<std::thread> givers;
        for (int i = 0; i < 4; ++i) {
            givers.emplace_back([&] {
                for (int j = 0; j < 2'000; ++j) {
                    if (!threads.run([&] { ++done; })) ++refused;
                }
            });
        }
        for (std::thread& giver : givers) giver.join();
    }
    CHECK(done == 8'000);
    CHECK(refused == 0);
}

TEST_CASE("the link monitor tells once how things stand, and ends at once") {
    std::atomic<int> told{0};
    {
        const LinkMonitor monitor([&](bool) { ++told; });
        const test::Stopwatch watch;
        while (told == 0 && watch.ms() < 5'000) std::this_thread::yield();
        CHECK(told == 1);
    }
    const test::Stopwatch watch;
    {
        const LinkMonitor monitor([&](bool) { ++told; });
    }  // ends before or after its first word, and does not hang
    CHECK(watch.ms() < 1'000);
}
