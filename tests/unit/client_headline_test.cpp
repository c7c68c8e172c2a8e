// The indicator's first line: what product.md says, and nothing that is not so.
#include <doctest/doctest.h>

#include "base/local_time.h"
#include "client/event.h"

namespace ct::client::test {
namespace {

constexpr UnixMs kNow = 1'795'000'000'000;

SyncView view_of(Indicator indicator, std::int64_t waiting, std::int64_t conflicts, std::int64_t errors) {
    SyncView view;
    view.indicator = indicator;
    view.queue.sendable = waiting;
    view.queue.conflicts = conflicts;
    view.queue.errors = errors;
    view.queue.operations = waiting + conflicts + errors;
    view.queue.records = view.queue.operations;
    view.queue.records_held = view.needs_you = conflicts + errors;
    view.last_sync_at = kNow - 60'000;
    view.next_try_at = kNow + 2'000;
    return view;
}

TEST_CASE("headline: what was refused is not said to wait, nor to be sent by itself") {
    struct Case {
        Indicator indicator;
        std::int64_t waiting, conflicts, errors;
        const char* line;
    };
    const Case cases[] = {
        {Indicator::pending, 3, 0, 0, "3 records waiting. Sending in 2 s"},
        {Indicator::pending, 1, 0, 2, "2 were refused. 1 record waiting. Sending in 2 s"},
        {Indicator::needs_you, 0, 0, 3, "3 were refused. All else is saved and sent"},
        {Indicator::needs_you, 0, 1, 0, "1 needs your decision. All else is saved and sent"},
        {Indicator::needs_you, 0, 1, 1, "2 need your decision. All else is saved and sent"},
        {Indicator::offline, 12, 0, 0,
         "No connection. 12 records are safe on this laptop. Will sync automatically when online"},
        {Indicator::offline, 0, 0, 0, "No connection. Nothing waits to be sent. Will sync automatically when online"},
        {Indicator::offline, 0, 0, 1, "1 was refused. No connection. 1 record is safe on this laptop"},
        {Indicator::server_away, 1, 0, 0, "Internet works, the server does not answer. Next try in 2 s"},
        {Indicator::update_needed, 0, 0, 0, "The server wants a newer version of this program"},
        {Indicator::update_needed, 2, 0, 0,
         "The server wants a newer version of this program. 2 records are safe on this laptop"},
        {Indicator::signed_out, 12, 0, 0, "Sign in again to send 12 records. Nothing is lost"},
        {Indicator::signed_out, 0, 0, 2, "2 were refused. Sign in again to sync. Nothing is lost"},
        {Indicator::local_trouble, 1, 0, 0, "This laptop cannot save. Free some space on its disk now"},
    };
    for (const Case& each : cases) {
        CHECK(headline(view_of(each.indicator, each.waiting, each.conflicts, each.errors), kNow) == each.line);
    }
}

TEST_CASE("headline: files count as unsent work") {
    struct Case {
        Indicator indicator;
        std::int64_t waiting, sending, removing, failed;
        const char* line;
    };
    const Case cases[] = {
        {Indicator::pending, 0, 2, 0, 0, "All records are sent. 2 files, 3.4 MB, wait to be sent: the link is metered"},
        {Indicator::pending, 3, 2, 0, 0, "3 records waiting. Sending in 2 s"},
        {Indicator::pending, 0, 0, 1, 0,
         "All records are sent. 1 removal of a file waits to be sent: the link is metered"},
        {Indicator::needs_you, 0, 0, 0, 1, "1 was refused. All else is saved and sent"},
        {Indicator::needs_you, 0, 1, 0, 1,
         "1 was refused. All else is saved. 1 file, 3.4 MB, waits to be sent: the link is metered"},
        {Indicator::offline, 0, 1, 0, 0,
         "No connection. 1 file is safe on this laptop. Will sync automatically when online"},
        {Indicator::offline, 1, 1, 0, 0,
         "No connection. 1 record and 1 file are safe on this laptop. Will sync automatically when online"},
        {Indicator::signed_out, 0, 2, 0, 0, "Sign in again to send 2 files. Nothing is lost"},
    };
    for (const Case& each : cases) {
        SyncView view = view_of(each.indicator, each.waiting, 0, 0);
        view.files.sending = each.sending;
        view.files.bytes = each.sending > 0 ? 3'400'000 : 0;
        view.files.removing = each.removing;
        view.files.failed = view.needs_you = each.failed;
        view.files_wait = "the link is metered";
        CHECK(headline(view, kNow) == each.line);
    }
}

TEST_CASE("headline: what stands behind others says so") {
    SyncView view = view_of(Indicator::pending, 0, 0, 0);
    view.queue.parked = view.queue.operations = view.queue.records = 2;
    CHECK(headline(view, kNow) == "2 records wait for the records that they belong to");
    view = view_of(Indicator::needs_you, 0, 0, 1);
    view.queue.parked = 1;
    view.queue.records = view.queue.operations = 2;
    CHECK(headline(view, kNow) == "1 was refused. 1 record waits for that");
}

TEST_CASE("headline: a pull that waits for somebody's word is no first sync to come") {
    SyncView view = view_of(Indicator::needs_you, 0, 0, 0);
    view.removals.removed[0] = 60;
    view.removals.of[0] = 100;
    CHECK(headline(view, kNow) ==
          "All saved and sent. Nothing is received until you allow what a sync would remove here");
    view.needs_you = 1;
    CHECK(
        headline(view, kNow) ==
        "1 needs your decision. All saved and sent. Nothing is received until you allow what a sync would remove here");
}

TEST_CASE("headline: the reason that is known takes the place of the one that is supposed") {
    SyncView view = view_of(Indicator::server_away, 1, 0, 0);
    view.obstacle = "The server is busy and asked us to wait";
    CHECK(headline(view, kNow) == "The server is busy and asked us to wait. Next try in 2 s");
    view = view_of(Indicator::local_trouble, 1, 0, 0);
    view.obstacle = "crm.db is of a later version of this program";
    CHECK(headline(view, kNow) == "This laptop cannot save: crm.db is of a later version of this program");
}

}  // namespace
}  // namespace ct::client::test
