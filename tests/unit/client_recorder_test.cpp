// The flight recorder on the disk: a ring of segments that outlives crashes and disturbs nothing.
#include <filesystem>

#include "base/file.h"
#include "base/log.h"
#include "client/recorder.h"
#include "sync/rerun.h"
#include "unit/store_support.h"
#include "unit/sync_engine_support.h"

namespace ct::client {
namespace {

using store::test::TempDirectory;

/// An engine that is recorded.
struct Flight {
    explicit Flight(Recorder& recorder) : to(recorder) { to.begins(engine, now); }
    void tell(sync::Event event) {
        ++now;
        chance.forget();
        to.takes(event, now);
        const auto actions = engine.handle(std::move(event), now);
        to.gives(engine, actions, chance.drawn());
    }
    void edits(int count) {
        for (int i = 0; i < count; ++i) tell(sync::event::QueueChanged{i, true});
    }
    SeededRandom random{1};
    sync::NotedRandom chance{random};
    sync::Engine engine{sync::Tuning{}, chance};
    SteadyMs now = 0;
    Recorder& to;
};

sync::Rerun rerun_of(const std::string& directory) {
    sync::Rerun rerun;
    for (const std::string& segment : recording_segments(directory)) {
        const auto bytes = read_file(segment);
        REQUIRE(bytes.has_value());
        sync::read_recording(*bytes, [&](sync::Entry&& entry) { CHECK_FALSE(rerun.feed(entry)); });
    }
    return rerun;
}

}  // namespace

TEST_CASE("recorder: what is on the disk runs again, over segments and starts of the program") {
    const TempDirectory directory;
    const std::string place = directory.file("recording");
    for (int start = 0; start < 3; ++start) {
        Recorder recorder(place, "test", system_clock(), {2'000, 1'000});
        Flight flight(recorder);
        flight.tell(sync::event::Account{true, true});
        flight.edits(100);
        const RecorderStatus status = recorder.status();
        CHECK(status.on);
        CHECK(status.steps == 101);
        CHECK(status.bytes > 0);
    }
    CHECK(recording_segments(place).size() > 5);
    const sync::Rerun rerun = rerun_of(place);
    CHECK(rerun.same() == 303);
    CHECK(rerun.left_out() == 0);
}

TEST_CASE("recorder: the ring keeps its newest segments, and what is left can still be run") {
    const TempDirectory directory;
    const std::string place = directory.file("recording");
    Recorder recorder(place, "test", system_clock(), {3'000, 4});
    Flight flight(recorder);
    flight.edits(2'000);
    CHECK(recording_segments(place).size() == 4);
    const RecorderStatus status = recorder.status();
    CHECK(status.segments == 4);
    CHECK(status.bytes_on_disk <= 4 * (3'000 + 2'000));
    CHECK(status.bytes > status.bytes_on_disk);
    std::int64_t bytes = 0;
    for (const std::string& segment : recording_segments(place))
        bytes += static_cast<std::int64_t>(std::filesystem::file_size(segment));
    CHECK(bytes == status.bytes_on_disk);
    const sync::Rerun rerun = rerun_of(place);
    CHECK(rerun.steps() > 50);
    CHECK(rerun.steps() < 2'000);
    CHECK(rerun.same() == rerun.steps());
}

TEST_CASE("recorder: requests stand between the steps, and are found again by whoever looks at the disk") {
    const TempDirectory directory;
    const std::string place = directory.file("recording");
    CHECK(look_at_recording(place, 10).segments == 0);
    {
        Recorder recorder(place, "test", system_clock(), {2'000, 1'000});
        Flight flight(recorder);
        for (int i = 0; i < 60; ++i) {
            flight.edits(2);
            RequestSeen seen;
            seen.lane = Lane::news;
            seen.what = "listen";
            seen.path = "/api/sync/pull";
            seen.began_at = 1'000 + i;
            seen.status = i % 2 == 0 ? 200 : 0;
            if (i % 2 == 1) seen.failure = "refused";
            seen.attempt = 1 + i;
            seen.traffic.connect_us = 40;
            seen.traffic.total_us = 50;
            recorder.saw(seen);
        }
        CHECK(recorder.status().requests == 60);
        CHECK(recorder.status().dropped == 0);
        CHECK(recorder.status().file == recording_segments(place).back());
    }
    CHECK(rerun_of(place).same() == 120);
    const Recorded found = look_at_recording(place, 10);
    CHECK(found.segments == static_cast<int>(recording_segments(place).size()));
    CHECK(found.bytes > 2'000);
    CHECK(found.last_at > 0);
    REQUIRE(found.requests.size() == 10);
    CHECK(found.requests.back().wall == 1'059);
    CHECK(found.requests.back().failed());
    CHECK(found.requests.back().attempt == 60);
    CHECK(found.requests.back().lane == "news");
    CHECK(found.requests.back().connect_us == 40);
    CHECK(found.requests.back().wait_us == -1);
    CHECK(found.requests.front().wall == 1'050);
}

TEST_CASE("recorder: each step is the system's before the next is taken; a torn one is left out") {
    const TempDirectory directory;
    const std::string place = directory.file("recording");
    {
        Recorder recorder(place, "test", system_clock());
        Flight flight(recorder);
        flight.edits(10);
        CHECK(rerun_of(place).same() == 10);  // as after a crash now
    }
    const std::string segment = recording_segments(place).at(0);
    std::filesystem::resize_file(segment, std::filesystem::file_size(segment) - 5);
    {
        Recorder recorder(place, "test", system_clock());
        Flight flight(recorder);
        flight.edits(10);
    }
    CHECK(recording_segments(place).size() == 1);
    CHECK(rerun_of(place).same() == 19);
}

TEST_CASE("recorder: whatever fails switches it off, and nothing else") {
    log::set_level(log::Level::off);
    const TempDirectory directory;
    REQUIRE(write_file_atomically(directory.file("file"), "in the way"));
    Recorder nowhere(directory.file("file"), "test", system_clock());
    CHECK_FALSE(nowhere.status().on);
    CHECK_FALSE(nowhere.status().why_off.empty());
    Flight flight(nowhere);
    flight.edits(10);
    CHECK(nowhere.status().steps == 0);

    // A place that goes away under it: the next segment cannot be opened.
    const std::string place = directory.file("recording");
    Recorder recorder(place, "test", system_clock(), {1'000, 4});
    Flight second(recorder);
    std::filesystem::remove_all(place);
    REQUIRE(write_file_atomically(place, "in the way"));
    second.edits(200);
    CHECK_FALSE(recorder.status().on);
    CHECK(recorder.status().dropped > 0);
    log::set_level(log::Level::info);

    const Recorder unwanted({}, "test", system_clock());
    CHECK_FALSE(unwanted.status().on);
    CHECK(unwanted.status().why_off.find("flightRecorder") != std::string::npos);
}

}  // namespace ct::client
