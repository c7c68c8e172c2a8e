#include <functional>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "store/journal.h"
#include "store/queue_codec.h"
#include "sync/wire_operation.h"
#include "unit/store_support.h"

namespace ct::store::test {
namespace {

namespace fs = std::filesystem;
using ct::test::CalmDisk;

std::string journal_of(const Desk& desk) { return desk.directory.file("colortouch.queue"); }

std::vector<std::string> set_aside(const Desk& desk) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(desk.directory.path())) {
        const std::string name = entry.path().filename().string();
        if (name.find(".damaged-") != std::string::npos && name.ends_with("Z")) names.push_back(name);
    }
    return names;
}

/// What is unsent, in order, with everything that is to be sent: "UPDATE 1 stamp {…}".
std::string unsent(const std::vector<sync::QueuedOperation>& queue) {
    std::string all;
    for (const sync::QueuedOperation& each : queue) all += sync::encode_operation(each.operation) + "\n";
    return all;
}
std::string unsent(const Desk& desk) {
    const auto list = desk.store->list_queue();
    REQUIRE_MESSAGE(list.has_value(), (list ? "" : list.error().message));
    return unsent(*list);
}
std::string in_journal(const Desk& desk) {
    const auto content = read_journal(bytes_of(journal_of(desk)));
    REQUIRE(content.has_value());
    std::vector<sync::QueuedOperation> queue;
    for (const auto& [position, queued] : content->queue) queue.push_back(queued);
    return unsent(queue);
}

Attachment attachment(std::uint64_t number, AttachmentState state) {
    Attachment made;
    made.id = id_of(number);
    made.record = id_of(1);
    made.name = "a \"quotation\".pdf";
    made.type = "application/pdf";
    made.size = 5;
    made.sha256 = std::string(64, 'a');
    made.state = state;
    made.created_at = 7;
    made.user = "me";
    return made;
}

/// Some of everything that a queue can hold.
void fill(Desk& desk) {
    SyncState state = desk.store->state();
    state.server_url = "https://crm.example.com";
    state.workspace_id = "w1";
    state.workspace_name = "Tour";
    state.user.id = "u1";
    state.epoch = "epoch-1";
    REQUIRE(desk.store->save_state(state));
    pull_three(desk);
    const Operation first = desk.update(1, {{"city", "Goa"}});
    desk.commit({first});
    desk.settle({Desk::result(desk.take().operations[0], Verdict::conflict, 10)});
    const Operation refused = desk.update(2, {{"name", "Bad"}});
    desk.commit({refused});
    desk.settle({Desk::rejected(desk.take().operations[0], "INVALID_FIELD")});
    desk.commit({desk.create(20)});
    desk.take();  // in flight
    desk.commit({desk.create(21, "Žofie\n🙂")});
    desk.commit({desk.create_note(30, 21)});
    desk.commit({desk.remove(3)});
    desk.commit({desk.create(40, "A", 9), desk.create(41, "B", 9)});
    REQUIRE(desk.store->save_attachment(attachment(70, AttachmentState::queued)));
    REQUIRE(desk.store->save_attachment(attachment(71, AttachmentState::done)));
}

TEST_CASE("journal: it always says what the queue says") {
    Desk desk;
    CHECK(in_journal(desk).empty());
    fill(desk);
    CHECK(in_journal(desk) == unsent(desk));
    desk.commit({desk.update(21, {{"city", "Pune"}})});
    CHECK(in_journal(desk) == unsent(desk));
    desk.commit({desk.create(60)});
    desk.commit({desk.remove(60)});  // cancels
    CHECK(in_journal(desk) == unsent(desk));
    REQUIRE(desk.store->discard((*desk.store->list_queue())[0].operation.id));
    CHECK(in_journal(desk) == unsent(desk));
    REQUIRE(desk.store->renew_device(id_of(500).str()));
    CHECK(in_journal(desk) == unsent(desk));
    const auto content = *read_journal(bytes_of(journal_of(desk)));
    CHECK(content.identity.at("deviceId") == id_of(500).str());
    CHECK(content.attachments.size() == 1);
    REQUIRE(desk.store->drop_attachment(id_of(70)));
    CHECK(read_journal(bytes_of(journal_of(desk)))->attachments.empty());

    const std::string before = bytes_of(journal_of(desk)), queue = unsent(desk);
    desk.reopen();
    CHECK(unsent(desk) == queue);
    CHECK((bytes_of(journal_of(desk)) == before));  // nothing to mend
    CHECK_FALSE(desk.store->rebuilt().has_value());
}

TEST_CASE("journal: history is cleared away, and not with every batch of a long queue") {
    Desk desk;
    std::vector<Operation> made;
    for (std::uint64_t i = 0; i < 1'000; ++i) {
        made.push_back(desk.create(100 + i));
        made.back().changes.set(crm::field(Model::lead, "notes"), std::string(2'000, 'n'));
    }
    desk.commit(made);
    desk.calm.replaced = 0;
    for (int batch = 0; batch < 20; ++batch) {
        CHECK((in_journal(desk) == unsent(desk)));
        desk.send_all(10 + batch, {10 << 20, 50});
    }
    CHECK(unsent(desk).empty());
    CHECK(desk.calm.replaced >= 1);
    CHECK(desk.calm.replaced <= 4);
    CHECK(bytes_of(journal_of(desk)).size() < 1 << 20);

    const std::string long_text(10'000, 'x');
    for (int i = 0; i < 300; ++i) desk.commit({desk.update(100, {{"notes", long_text + std::to_string(i)}})});
    CHECK((in_journal(desk) == unsent(desk)));
    CHECK(bytes_of(journal_of(desk)).size() < 2 << 20);
}

TEST_CASE("journal: what a row says comes back as it was, whatever is in it") {
    Desk desk;
    fill(desk);
    const std::vector<sync::QueuedOperation> rows = *desk.store->list_queue();
    CHECK(rows.size() == 8);
    for (const sync::QueuedOperation& queued : rows) {
        const auto back = queued_from(nlohmann::json::parse(queued_text(queued)));
        REQUIRE_MESSAGE(back.has_value(), (back ? "" : back.error().message));
        CHECK(back->operation == queued.operation);
        CHECK(back->before == queued.before);
        CHECK(queued_text(*back) == queued_text(queued));
    }
    const Attachment one = attachment(1, AttachmentState::failed);
    CHECK(*attachment_from(nlohmann::json::parse(attachment_text(one))) == one);
    nlohmann::json evil = nlohmann::json::parse(attachment_text(one));
    evil["sha256"] = "../../" + std::string(58, 'a');
    CHECK_FALSE(attachment_from(evil).has_value());
}

TEST_CASE("journal: a tail that is torn at any byte costs the last frame and nothing else") {
    Desk desk;
    fill(desk);
    const std::string whole = bytes_of(journal_of(desk));
    std::vector<std::int64_t> ends;
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        const auto content = read_journal(std::string_view(whole).substr(0, cut));
        REQUIRE(content.has_value());
        CHECK(content->damaged == 0);
        CHECK(content->end <= static_cast<std::int64_t>(cut));
        if (ends.empty() || content->end != ends.back()) ends.push_back(content->end);
    }
    CHECK(ends.size() > 10);
    CHECK(std::is_sorted(ends.begin(), ends.end()));
}

TEST_CASE("journal: a glance at it tells the same of every operation as reading it") {
    Desk desk;
    fill(desk);
    const std::string whole = bytes_of(journal_of(desk));
    std::size_t seen = 0;
    for (std::size_t cut = 0; cut <= whole.size(); cut += 3) {
        const std::string_view bytes = std::string_view(whole).substr(0, cut);
        const auto content = read_journal(bytes);
        const auto glance = glance_at_journal(bytes);
        REQUIRE(glance.has_value());
        CHECK(glance->rest.entries == content->entries);
        CHECK(glance->rest.end == content->end);
        CHECK(glance->rest.next_sequence == content->next_sequence);
        CHECK(glance->rest.identity == content->identity);
        CHECK(glance->rest.attachments.size() == content->attachments.size());
        CHECK(glance->queue.size() == content->queue.size());
        for (const auto& [position, queued] : content->queue) {
            const auto at = glance->queue.find(position);
            REQUIRE(at != glance->queue.end());
            CHECK(at->second.id == queued.operation.id);
            CHECK(at->second.stamp == queued.operation.stamp);
            CHECK(at->second.state == queued.state);
            CHECK(at->second.sequence == queued.sequence);
            ++seen;
        }
    }
    CHECK(seen > 100);
    for (const char* other : {"{\"gone\":7", "{\"put\":1}", "{}", "7", "{\"gone\":7}]",
                              "{\"state\":99,\"is\":\"SENT\",\"sequence\":4}", "{\"row\":{},\"put\":1}"}) {
        CAPTURE(other);
        CHECK_FALSE(glance_at_journal(journal_frame(other)).has_value());
    }
}

TEST_CASE("journal: a flipped bit anywhere is never believed, and costs one frame") {
    Desk desk;
    fill(desk);
    const std::string whole = bytes_of(journal_of(desk));
    const auto good = read_journal(whole);
    for (std::size_t at = 0; at < static_cast<std::size_t>(good->end); at += 7) {
        std::string flipped = whole;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
        const auto content = read_journal(flipped);
        if (!content) {
            CHECK(content.error().code == "JOURNAL_NEWER");
            continue;
        }
        CHECK((content->damaged > 0 || content->end < good->end));
        for (const auto& [position, queued] : content->queue) {
            const auto known = good->queue.find(position);
            if (known != good->queue.end() && known->second.operation.id == queued.operation.id) {
                CHECK(queued.operation.record == known->second.operation.record);
            }
        }
        CHECK(content->queue.size() + 2 >= good->queue.size());  // a frame may hold a group
    }
}

struct Disaster {
    const char* what;
    std::function<void(const Desk&)> strike;
    bool aside;
};
const Disaster kDisasters[] = {
    {"deleted",
     [](const Desk& desk) {
         fs::remove(desk.file);
         fs::remove(desk.file + "-wal");
     },
     false},
    {"emptied",
     [](const Desk& desk) {
         write_bytes(desk.file, "");
         fs::remove(desk.file + "-wal");
     },
     false},
    {"overwritten", [](const Desk& desk) { write_bytes(desk.file, std::string(20'000, 'x')); }, true},
    {"cut short",
     [](const Desk& desk) { write_bytes(desk.file, std::string_view(bytes_of(desk.file)).substr(0, 9'000)); }, true},
    {"its tables scrambled",
     [](const Desk& desk) {
         std::string bytes = bytes_of(desk.file);
         for (std::size_t at = 200; at < bytes.size(); at += 3) bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
         write_bytes(desk.file, bytes);
     },
     true},
};

TEST_CASE("recovery: whatever happens to the database, no unsent edit is lost and it goes on as another device") {
    for (const Disaster& disaster : kDisasters) {
        INFO(std::string(disaster.what));
        Desk desk;
        fill(desk);
        const std::string queue = unsent(desk), device = desk.store->state().device_id;
        desk.store.reset();
        disaster.strike(desk);
        desk.store = desk.open();

        CHECK(unsent(desk) == queue);
        CHECK(in_journal(desk) == queue);
        REQUIRE(desk.store->rebuilt().has_value());
        CHECK(desk.store->rebuilt()->operations == 8);
        CHECK(desk.store->rebuilt()->set_aside.empty() != disaster.aside);
        CHECK(set_aside(desk).size() == (disaster.aside ? 1 : 0));
        const SyncState& state = desk.store->state();
        CHECK(state.device_id != device);
        CHECK(Uuid::parse(state.device_id).has_value());
        CHECK(state.next_sequence == 0);
        CHECK(state.server_url == "https://crm.example.com");
        CHECK(state.workspace_id == "w1");
        CHECK(state.user.id == "u1");
        CHECK(state.epoch == "epoch-1");
        CHECK_FALSE(state.cursor.has_value());
        CHECK(desk.queue().find("SENT") == std::string::npos);
        CHECK(desk.queue().find("ERROR") != std::string::npos);
        CHECK(desk.queue().find("CONFLICT") != std::string::npos);
        CHECK(desk.store->unsent_attachments()->size() == 1);
        CHECK(desk.shown(21) == "Žofie\n🙂, v0 PENDING");  // made here: shown at once

        // What was sent is not altered by an edit of today; the rest comes from the server.
        const std::size_t waiting = desk.store->list_queue()->size();
        desk.commit({desk.update(20, {{"city", "Pune"}})});
        CHECK(desk.store->list_queue()->size() == waiting + 1);
        desk.apply(desk.page({Desk::row(1, 10, {{"name", "Asha"}}), Desk::row(2, 10, {{"name", "Bo"}}),
                              Desk::row(3, 10, {{"name", "Cy"}})},
                             "c9"));
        CHECK(desk.shown(1) == "Asha,Goa v10 CONFLICT");
        CHECK(desk.shown(3).starts_with("deleted Cy"));
        desk.check_memory_is_disk();
        const std::string after = unsent(desk);
        desk.reopen();
        CHECK(unsent(desk) == after);
        CHECK_FALSE(desk.store->rebuilt().has_value());
    }
}

TEST_CASE("recovery: records that can still be read are there before the first pull") {
    Desk desk;
    fill(desk);
    const std::string shown = desk.shown(1);
    const auto rebuilt = desk.store->rebuild({ErrorKind::corrupt, "DATABASE_DAMAGED", "seen in the middle", {}});
    REQUIRE(rebuilt.has_value());
    CHECK(rebuilt->records == 3);
    CHECK(rebuilt->why == "seen in the middle");
    CHECK(fs::exists(rebuilt->set_aside));
    CHECK(desk.shown(1) == shown);
    CHECK(desk.get(3)->deleted);
    CHECK_FALSE(desk.store->state().cursor.has_value());
    desk.commit({desk.update(2, {{"city", "Pune"}})});
    desk.check_memory_is_disk();
}

TEST_CASE("recovery: without a journal a damaged database is refused and left as it is") {
    Desk desk;
    fill(desk);
    desk.store.reset();
    fs::remove(journal_of(desk));
    write_bytes(desk.file, std::string(20'000, 'x'));
    const auto opened = Store::open(desk.file, desk.clock, desk.random, desk.calm);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == "NOT_A_DATABASE");
    CHECK(bytes_of(desk.file) == std::string(20'000, 'x'));
}

TEST_CASE("recovery: a journal that is gone, cut or scrambled is made anew from the database") {
    Desk desk;
    fill(desk);
    const std::string queue = unsent(desk);
    const std::string whole = bytes_of(journal_of(desk));
    for (const std::string& bytes : {std::string(), whole.substr(0, whole.size() / 3), std::string(5'000, 'x')}) {
        desk.store.reset();
        write_bytes(journal_of(desk), bytes);
        desk.store = desk.open();
        CHECK(unsent(desk) == queue);
        CHECK(in_journal(desk) == queue);
        CHECK_FALSE(desk.store->rebuilt().has_value());
    }
    desk.store.reset();
    fs::remove(journal_of(desk));
    desk.store = desk.open();
    CHECK(in_journal(desk) == queue);
}

TEST_CASE("recovery: a database that fell back to an earlier state catches up, as another device") {
    Desk desk;
    fill(desk);
    desk.store.reset();
    const std::string old = bytes_of(desk.file);
    desk.store = desk.open();
    const std::string device = desk.store->state().device_id;
    desk.commit({desk.create(80)});
    desk.commit({desk.update(21, {{"city", "Pune"}})});  // joins what waits: the same operation, altered
    const std::string queue = unsent(desk);
    SUBCASE("nothing was sent since") {}
    SUBCASE("it was sent since") {
        desk.settle({Desk::result(desk.take().operations[0], Verdict::applied, 50)});
        desk.take();
    }
    const std::string later = unsent(desk);
    const bool sent = later != queue;
    desk.store.reset();
    write_bytes(desk.file, old);
    desk.store = desk.open();
    const auto list = *desk.store->list_queue();
    const std::string now = unsent(list);
    for (const sync::QueuedOperation& each : list) CHECK((each.state != QueueState::sent || !sent));
    // All that the journal has is there, byte for byte.
    const auto has = [&](const std::string& all) {
        std::istringstream lines(all);
        for (std::string line; std::getline(lines, line);) CHECK(now.find(line) != std::string::npos);
    };
    has(later);
    CHECK((desk.store->state().device_id != device) == sent);
    CHECK(in_journal(desk) == now);
    desk.check_memory_is_disk();
}

TEST_CASE("recovery: an edit that is caught up with is no word of the server's") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(1, {{"city", "Goa"}})});
    desk.store.reset();
    const std::string old = bytes_of(desk.file);
    desk.store = desk.open();
    desk.commit({desk.update(1, {{"company", "Firm"}})});  // joins the one that waits
    desk.store.reset();
    write_bytes(desk.file, old);
    desk.store = desk.open();
    REQUIRE(text_of(*desk.get(1), "company") == "Firm");
    REQUIRE(desk.store->discard(desk.store->list_queue()->at(0).operation.id));
    CHECK(desk.shown(1) == "Asha, v10 SYNCED");
    CHECK(desk.get(1)->updated_at == 1'010);
    desk.check_memory_is_disk();
}

TEST_CASE("journal: whatever write or flush of it fails, the edit is refused whole or taken whole") {
    int failures = 0;
    for (const CalmDisk::Call call : {CalmDisk::Call::write, CalmDisk::Call::flush, CalmDisk::Call::replace}) {
        for (const bool for_ever : {false, true}) {
            for (int nth = 0; nth < 10; ++nth) {
                CAPTURE(static_cast<int>(call));
                CAPTURE(for_ever);
                CAPTURE(nth);
                Desk desk;
                fill(desk);
                const std::string before = unsent(desk);
                desk.calm.arm(call, nth, for_ever);
                std::vector<Operation> edits{desk.create(90)};
                const auto done = desk.try_commit(edits);
                const bool met = !desk.calm.armed() || for_ever;
                desk.calm.disarm();
                if (!done) {
                    ++failures;
                    CHECK(done.error().kind == ErrorKind::disk);
                    // Flushed side by side, the database may have it already: in doubt, and then it is there whole.
                    if (call != CalmDisk::Call::flush) CHECK(unsent(desk) == before);
                } else {
                    CHECK(desk.get(90).has_value());
                }
                desk.commit({desk.create(91)});  // the disk is well again
                CHECK(in_journal(desk) == unsent(desk));
                const std::string after = unsent(desk);
                desk.reopen();
                CHECK(unsent(desk) == after);
                if (!met) break;
            }
        }
    }
    CHECK(failures >= 2);
}

TEST_CASE("journal: an edit whose commit failed does not come back with the next start") {
    Desk desk;
    fill(desk);
    const std::string before = unsent(desk);
    FaultyDisk::arm(FaultyDisk::Call::write, 0, SQLITE_FULL, false);
    REQUIRE_FALSE(desk.try_commit({desk.create(90)}).has_value());
    FaultyDisk::disarm();
    CHECK(in_journal(desk) == before);
    desk.reopen();
    CHECK(unsent(desk) == before);
}

TEST_CASE("journal: it does not grow with what is settled") {
    Desk desk;
    pull_three(desk);
    std::int64_t version = 10;
    for (int round = 0; round < 3'000; ++round) {
        desk.commit({desk.update(1, {{"city", "City " + std::to_string(round)}})});
        desk.settle({Desk::result(desk.take().operations[0], Verdict::applied, ++version)});
    }
    CHECK(fs::file_size(journal_of(desk)) < 1'100'000);
    CHECK(in_journal(desk).empty());
}

TEST_CASE("journal: saves that are written together are flushed together") {
    Desk desk;
    pull_three(desk);
    const int before = desk.calm.flushes;
    std::vector<Operation> edits;
    for (std::uint64_t number = 100; number < 400; ++number) edits.push_back(desk.create(number));
    desk.commit(edits);
    CHECK(desk.calm.flushes - before == 1);
}

TEST_CASE("journal: one of a newer version is left alone") {
    Desk desk;
    fill(desk);
    desk.store.reset();
    std::string frame = journal_frame("{\"future\":1}");
    // The version is part of what the checksum is of: a real frame of version 2 is made here by hand.
    frame[4] = 2;
    const std::string head = frame.substr(0, 16);
    const std::uint64_t sum = checksum64(head + frame.substr(24));
    for (std::size_t i = 0; i < 8; ++i) frame[16 + i] = static_cast<char>(sum >> (8 * i));
    write_bytes(journal_of(desk), frame);
    const auto opened = Store::open(desk.file, desk.clock, desk.random, desk.calm);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == "JOURNAL_NEWER");
    CHECK(opened.error().kind == ErrorKind::newer);
    CHECK(bytes_of(journal_of(desk)) == frame);
}

TEST_CASE("rescue: what was put in a copy is not altered, and is taken once") {
    Desk desk;
    fill(desk);
    const auto copy = desk.store->unsent();
    REQUIRE(copy.has_value());
    CHECK(copy->operations.size() == 8);
    CHECK(copy->attachments.size() == 1);
    const std::string frozen = unsent(desk);
    CHECK(unsent(copy->operations) == frozen);
    desk.commit({desk.update(21, {{"city", "Pune"}})});  // no longer joins
    CHECK(unsent(desk).starts_with(frozen));
    CHECK(unsent(desk) != frozen);

    Desk other;
    auto adopted = other.store->adopt(*copy);
    REQUIRE(adopted.has_value());
    CHECK(adopted->operations == 8);
    CHECK(adopted->known == 0);
    CHECK(unsent(other) == frozen);
    CHECK(other.store->unsent_attachments()->size() == 1);
    adopted = other.store->adopt(*copy);
    REQUIRE(adopted.has_value());
    CHECK(adopted->operations == 0);
    CHECK(adopted->known == 8);
    CHECK(unsent(other) == frozen);
    other.check_memory_is_disk();
}

}  // namespace
}  // namespace ct::store::test
