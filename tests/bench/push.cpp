// A long day offline: 5,000 creates, 4,000 updates of 1,000 leads and 1,000 deletes are sent at once.
#include "crm/tables.h"
#include "office.h"

namespace ct::bench {

void bench_push() {
    using client::Edit;
    using sync::OperationKind;
    const Directory directory;
    Office office("file:" + directory.file("server.db"));
    const auto known = sample_creates(2'000, 3);
    office.fill(known);
    auto laptop = office.laptop(directory.file("laptop"));
    (void)sync(*laptop, client::SyncMode::both);

    SeededRandom random(4);
    const auto save = [&](Edit edit) {
        if (auto done = laptop->commit({std::move(edit)}); !done) give_up(done.error().message);
    };
    const double took = seconds([&] {
        for (const auto& create : sample_creates(5'000, 5))
            save({create.kind, create.model, create.record, create.changes});
        for (int i = 0; i < 4'000; ++i) {
            crm::Changes changes;
            changes.set(crm::field(crm::Model::lead, i % 2 == 0 ? "city" : "address"),
                        "Road " + std::to_string(random.below(1'000)));
            save({OperationKind::update, crm::Model::lead, known[static_cast<std::size_t>(i % 1'000)].record, changes});
        }
        for (std::size_t i = 1'000; i < 2'000; ++i)
            save({OperationKind::remove, crm::Model::lead, known[i].record, {}});
    });
    const auto queued = laptop->store().queue().operations;
    double push_took = 0;
    client::SyncReport done;
    push_took = seconds([&] { done = sync(*laptop, client::SyncMode::push_only); });
    report("10,000 edits saved one by one", number(took, 2) + " s",
           std::to_string(queued) + " operations after joining");
    report("… and pushed", number(push_took, 2) + " s",
           bytes(done.row.bytes_sent) + " sent, " + bytes(done.row.bytes_received) + " received, " +
               std::to_string(done.row.requests) + " requests",
           "0.5 s and 0.6 MB");
    if (laptop->store().queue().operations != 0) give_up("something stayed in the queue");
}

}  // namespace ct::bench
