// The inspector at a client with its threads: it is told what it asks for, and nothing else happens.
#include <algorithm>
#include <atomic>
#include <filesystem>

#include "client/inspect.h"
#include "unit/client_support.h"

namespace ct::client {
namespace {

using namespace test;

template <class Answer, class Fits>
Answer need_answer(Window& window, Fits fits) {
    const auto event = window.need<inspect::Answer>([&](const inspect::Answer& answer) {
        const auto* specific = std::get_if<Answer>(&answer);
        return specific != nullptr && fits(*specific);
    });
    return std::get<Answer>(event);
}
template <class T>
T need_answer(Window& window) {
    return need_answer<T>(window, [](const T&) { return true; });
}
using LookAnswer = std::shared_ptr<const inspect::Look>;

/// Asks until the engine rests: a round may follow the one that was waited for.
inspect::Look look_at_rest(Window& window) {
    for (;;) {
        window.post(inspect::LookNow{inspect::steady_us()});
        const auto look = need_answer<LookAnswer>(window);
        if (look->engine.phase == "idle") return *look;
    }
}
/// Asks until a request of that kind was seen.
std::shared_ptr<const RequestSeen> need_request(Window& window, std::string_view what) {
    for (;;) {
        window.post(inspect::LookNow{inspect::steady_us()});
        for (;;) {
            const auto answer = window.need<inspect::Answer>();
            if (std::holds_alternative<LookAnswer>(answer)) break;  // what was seen comes before it
            const auto* requests = std::get_if<inspect::Requests>(&answer);
            if (requests == nullptr) continue;
            for (const auto& seen : requests->seen) {
                if (seen->what == what) return seen;
            }
        }
    }
}

TEST_CASE("Client: says nothing to an inspector that does not ask, and all when it does") {
    SmallServer small;
    const RunningServer server([&](const http::Request& request) { return small(request); });
    TempDirectory directory;
    bind_profile(directory, server.url());
    Window window(directory);
    window.save(1, {create(1)});
    window.need<Saved>();
    window.post(SyncNow{});
    window.need<SyncFinished>();
    window.post(inspect::Open{true});
    window.post(inspect::LookNow{inspect::steady_us()});
    const auto before = need_answer<inspect::Requests>(window);  // what went before it was opened, without bodies
    REQUIRE_FALSE(before.seen.empty());
    CHECK_FALSE(before.seen.front()->with_bodies);
    const auto look = look_at_rest(window);
    CHECK(look.popped_us >= look.sent_us);
    CHECK(look.pushed_us >= look.popped_us);
    CHECK(look.answered_at > 0);
    CHECK(look.server_is_here);
    CHECK(look.commits.count == 1);
    const auto of_records = std::count_if(before.seen.begin(), before.seen.end(),
                                          [](const auto& seen) { return seen->lane == Lane::records; });
    CHECK(look.lanes[0].requests >= of_records);  // one that listens may have been answered meanwhile
    CHECK(look.commands.high_water >= 1);
    CHECK(look.next_sequence == 1);

    window.save(2, {create(2)});
    window.post(SyncNow{});
    window.need<SyncFinished>();
    const auto push = need_request(window, "push");
    CHECK(push->request_body.find("operations") != std::string::npos);
    CHECK(push->status == 200);
    const http::Traffic& traffic = push->traffic;
    CHECK(traffic.send_us >= 0);
    CHECK(traffic.wait_us >= 0);
    CHECK(traffic.receive_us >= 0);
    CHECK(traffic.look_up_us == -1);  // an address has no name to look up
    CHECK(traffic.tls_us == -1);
    CHECK(traffic.total_us >= traffic.send_us + traffic.wait_us + traffic.receive_us);
    CHECK(traffic.body_sent > 0);
    window.post(inspect::Open{false});
    window.post(ListHistory{});
    window.need<HistoryListed>();
}

TEST_CASE("Client: the inspector reads queue, record, log, SQL and mirror beside the worker, and asks the server") {
    SmallServer small;
    std::atomic<bool> there = false;  // the round with which a start begins must bring nothing
    const RunningServer server(
        [&](const http::Request& request) { return there ? small(request) : page(503, "text/plain", ""); });
    TempDirectory directory;
    bind_profile(directory, server.url());
    Window window(directory);
    REQUIRE(write_file_atomically(directory.file("colortouch.log"), "one\ntwo\nhalf"));
    window.post(WorkOffline{true});
    window.save(1, {create(1)});
    window.need<Saved>();
    window.post(inspect::Open{true});
    window.post(inspect::ListQueue{});
    const auto queue = need_answer<std::shared_ptr<const inspect::QueueListed>>(window);
    CHECK(queue->look.total == 1);
    window.post(inspect::FindRecord{Model::lead, id_of(1)});
    const auto found = need_answer<std::shared_ptr<const inspect::RecordFound>>(window);
    REQUIRE(found->look.stored);
    CHECK(found->look.queue.size() == 1);
    window.post(inspect::RunQuery{"SELECT count(*) FROM lead"});
    CHECK(need_answer<std::shared_ptr<const inspect::QueryDone>>(window)->result.rows.at(0).at(0) == "1");
    window.post(inspect::RunQuery{"DELETE FROM lead"});
    CHECK(need_answer<std::shared_ptr<const inspect::QueryDone>>(window)->error->code == "ONLY_READING");
    window.post(inspect::ReadLog{});
    const auto log = need_answer<inspect::LogRead>(window);
    CHECK(log.text == "one\ntwo\n");  // whole lines
    CHECK(log.to == 8);
    window.post(inspect::ReadMirror{7});
    const auto leads = need_answer<inspect::MirrorPart>(
        window, [](const inspect::MirrorPart& part) { return part.model == Model::lead && part.last; });
    REQUIRE(leads.records.size() == 1);
    CHECK(leads.records[0].second == inspect::digest_of(*found->look.stored));
    CHECK(leads.ticket == 7);
    CHECK(leads.ids == std::vector<Uuid>{id_of(1)});
    window.post(inspect::ReadDigests{{{Model::lead, id_of(1)}, {Model::lead, id_of(2)}}});
    const auto digests = need_answer<inspect::DigestsRead>(window);
    REQUIRE(digests.records.size() == 2);
    CHECK(digests.records[0].digest == leads.records[0].second);
    CHECK_FALSE(digests.records[1].digest);
    window.post(inspect::ShowAgain{{{Model::lead, id_of(1)}, {Model::lead, id_of(2)}}});
    const auto again = window.need<RecordsChanged>();
    CHECK(again.visible.changed.size() == 1);
    CHECK(again.visible.removed.size() == 1);
    // The server is asked although the sync is offline by choice: it is another connection, and a question only.
    there = true;
    window.post(inspect::AskServer{Model::lead, id_of(500)});
    const auto said = need_answer<std::shared_ptr<const inspect::ServerSaid>>(window);
    CHECK_FALSE(said->error);
    REQUIRE(said->record);
    CHECK(store::test::text_of(*said->record, "name") == "Theirs");
    CHECK(small.taken().empty());
}

TEST_CASE("Client: a pull's answer is tried on a copy, and nothing of it stays") {
    SmallServer small;
    std::atomic<bool> there = false;  // what came before the inspector looked was not kept
    const RunningServer server(
        [&](const http::Request& request) { return there ? small(request) : page(503, "text/plain", ""); });
    TempDirectory directory;
    bind_profile(directory, server.url());
    Window window(directory);
    window.post(inspect::Open{true});
    window.post(ListHistory{});
    window.need<HistoryListed>();
    there = true;
    window.post(SyncNow{});
    const auto pull = need_request(window, "pull");
    REQUIRE(pull->page);
    window.post(inspect::TryPage{pull});
    const auto tried = need_answer<std::shared_ptr<const inspect::PageTried>>(window);
    REQUIRE_MESSAGE(!tried->error, tried->error->message);
    CHECK(tried->request == pull->number);
    CHECK_FALSE(tried->fits);  // it was applied already: the laptop is further
    CHECK(tried->rows == 1);
    CHECK(tried->models[0].same == 1);
    CHECK(tried->differences.empty());
    CHECK(tried->copied_bytes > 0);
    CHECK_FALSE(std::filesystem::exists(window.profile().scratch()));
}

}  // namespace
}  // namespace ct::client
