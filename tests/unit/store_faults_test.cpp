#include <functional>

#include "unit/store_support.h"

namespace ct::store::test {
namespace {

TEST_CASE("Store: whatever fails on the disk, at whichever write or flush: nothing happened, and it goes on") {
    struct Fault {
        const char* what;
        FaultyDisk::Call call;
        int code;
        const char* error;
    };
    const Fault faults[] = {{"full", FaultyDisk::Call::write, SQLITE_FULL, "DISK_FULL"},
                            {"write fails", FaultyDisk::Call::write, SQLITE_IOERR_WRITE, "DISK_ERROR"},
                            {"flush fails", FaultyDisk::Call::sync, SQLITE_IOERR_FSYNC, "DISK_ERROR"}};
    struct Work {
        const char* what;
        std::function<std::optional<Error>(Desk&)> run;
    };
    const auto error_of = [](const auto& result) {
        return result ? std::nullopt : std::optional<Error>(result.error());
    };
    const Work works[] = {
        {"commit",
         [&](Desk& d) {
             return error_of(d.try_commit({d.create(50), d.update(1, {{"city", "Goa"}}), d.remove(2), d.remove(21)}));
         }},
        {"take", [&](Desk& d) { return error_of(d.store->take_batch({})); }},
        {"settle",
         [&](Desk& d) {
             sync::PushAnswer answer;
             answer.results.push_back(Desk::rejected(d.update(20, {}), "INVALID_FIELD"));
             answer.results.back().id = id_of(1'001);  // the first edit
             return error_of(d.store->settle(answer));
         }},
        {"apply",
         [&](Desk& d) {
             return error_of(
                 d.store->apply(d.page({Desk::row(1, 30, {{"name", "New"}}), Desk::deleted_row(3, 31)}, "c2")));
         }},
        {"discard", [&](Desk& d) { return error_of(d.store->discard(id_of(1'002))); }},
        {"save_state",
         [&](Desk& d) {
             SyncState state = d.store->state();
             state.server_url = "https://elsewhere.example.com";
             return error_of(d.store->save_state(state));
         }},
        {"renew_device", [&](Desk& d) { return error_of(d.store->renew_device(id_of(7).str())); }},
    };
    int failures = 0;
    for (const Work& work : works) {
        for (const Fault& fault : faults) {
            for (const bool for_ever : {false, true}) {
                INFO(std::string(work.what), ", ", std::string(fault.what), ", for ever: ", for_ever);
                for (int nth = 0; nth < 500; ++nth) {
                    CAPTURE(nth);
                    Desk desk;
                    pull_three(desk);
                    desk.commit({desk.create(20)});  // operation 1001, in flight unless that is what is tried
                    if (std::string_view(work.what) != "take") desk.take();
                    desk.commit({desk.create(21)});
                    const std::string before = dump(desk.file);
                    const QueueSummary queue = desk.store->queue();
                    const std::string device = desk.store->state().device_id;

                    FaultyDisk::arm(fault.call, nth, fault.code, for_ever);
                    const auto error = work.run(desk);
                    if (!error) break;  // it needs no more writes than that
                    ++failures;
                    CHECK(error->kind == ErrorKind::disk);
                    CHECK(error->code == fault.error);
                    FaultyDisk::disarm();
                    if (for_ever && fault.call == FaultyDisk::Call::sync && dump(desk.file) != before) {
                        desk.check_memory_is_disk();  // written but not flushed: found whole when it was read again
                        continue;
                    }
                    CHECK((dump(desk.file) == before));
                    CHECK(desk.store->queue() == queue);
                    CHECK(desk.store->state().device_id == device);
                    CHECK(desk.store->state().server_url.empty());

                    const auto again = work.run(desk);  // the disk is well again
                    REQUIRE_MESSAGE(!again, (again ? again->message : ""));
                    CHECK(dump(desk.file) != before);
                    desk.check_memory_is_disk();
                    const std::string after = dump(desk.file);
                    desk.reopen();
                    CHECK(dump(desk.file) == after);
                }
                FaultyDisk::disarm();
            }
        }
    }
    CHECK(failures > 50);  // the faults were met
}

TEST_CASE("Store: while its file cannot be opened any more everything is refused, and then it goes on") {
    namespace fs = std::filesystem;
    Desk desk;
    pull_three(desk);
    const Operation first = desk.update(1, {{"city", "Goa"}});
    desk.commit({first});
    desk.settle({Desk::result(desk.take().operations[0], Verdict::conflict, 10)});
    desk.commit({desk.create(20)});
    const std::string before = dump(desk.file);

    fs::rename(desk.file, desk.file + ".away");
    fs::create_directory(desk.file);
    FaultyDisk::arm(FaultyDisk::Call::write, 0, SQLITE_IOERR_WRITE, false);
    const Operation lost = desk.create(21);
    CHECK_FALSE(desk.try_commit({lost}).has_value());
    const auto refused = [](const auto& result) { return !result && result.error().code == "CANNOT_OPEN"; };
    CHECK(refused(desk.try_commit({desk.create(22)})));
    CHECK(refused(desk.store->get(Model::lead, id_of(1))));
    CHECK(refused(desk.store->count(Model::lead)));
    CHECK(refused(desk.store->load(Model::lead, 5, [](std::vector<crm::Record>&&) {})));
    CHECK(refused(desk.store->list_queue()));
    CHECK(refused(desk.store->conflicts()));
    CHECK(refused(desk.store->decisions(5)));
    CHECK(refused(desk.store->audit(id_of(1))));
    CHECK(refused(desk.store->history(5)));
    CHECK(refused(desk.store->take_batch({})));
    CHECK(refused(desk.store->discard(first.id)));
    CHECK(refused(desk.store->retry(first.id, id_of(9), desk.stamp())));
    CHECK(refused(desk.store->resolve(first.id, {}, id_of(9), desk.stamp())));
    CHECK(refused(desk.store->apply(desk.page({}, "c2"))));

    fs::remove(desk.file);
    fs::rename(desk.file + ".away", desk.file);
    CHECK((dump(desk.file) == before));
    const auto gone = desk.store->retry(lost.id, id_of(9), desk.stamp());  // it was never stored
    REQUIRE_FALSE(gone.has_value());
    CHECK(gone.error().code == "NO_SUCH_OPERATION");
    CHECK(records_of(desk.take()) == "20");
    desk.check_memory_is_disk();
}

}  // namespace
}  // namespace ct::store::test
