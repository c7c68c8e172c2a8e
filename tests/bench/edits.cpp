// Durable edits: one at a time, as a person saves, and in bursts, as a bulk edit or an import does.
#include <thread>

#include "bench.h"
#include "client/client.h"
#include "crm/tables.h"
#include "raw.h"
#include "store/store.h"
#include "sync/stamp.h"

namespace ct::bench {

namespace {

constexpr std::size_t kLeads = 10'000, kSingles = 400, kRuns = 5, kBurst = 20'000;

std::unique_ptr<store::Store> open(const std::string& file) {
    auto store = store::Store::open(file, system_clock(), system_random());
    if (!store) give_up(store.error().message);
    return std::move(*store);
}

/// Leads as the server has them, so that edits are of records that have been synced.
void fill(store::Store& store, const std::vector<sync::Operation>& creates) {
    sync::PullPage page;
    page.cursor = "filled";
    for (const sync::Operation& operation : creates) {
        sync::PullRow& row = page.rows.emplace_back();
        row.whole = true;
        row.id = operation.record;
        row.version = static_cast<std::int64_t>(page.rows.size());
        row.created_at = row.updated_at = sync::stamp_ms(operation.stamp);
        row.changes = operation.changes;
    }
    if (auto applied = store.apply(page); !applied) give_up(applied.error().message);
}

struct Singles {
    store::Store& store;
    Raw& raw;
    const std::vector<sync::Operation>& leads;
    SeededRandom random{7};
    UuidGenerator ids{system_clock(), random};
    sync::HybridClock stamps{"01a209f5-1055-7de6-9c24-73eb3dbc96fb", 0, 0};

    const Uuid& any_lead() { return leads[random.below(leads.size())].record; }

    void ours() {
        sync::Operation operation;
        operation.id = ids.next();
        operation.record = any_lead();
        operation.stamp = stamps.next(system_clock().now());
        operation.changes.set(crm::field_id(crm::Model::lead, "city"), std::string("Nashik"));
        if (auto done = store.commit(std::span(&operation, 1), "user"); !done) give_up(done.error().message);
    }

    void reference(sqlite3_stmt* update, sqlite3_stmt* queue) {
        const Uuid id = ids.next();
        const Uuid& lead = any_lead();
        const std::string stamp = stamps.next(system_clock().now());
        raw.run("BEGIN IMMEDIATE");
        raw.bind(update, 1, std::string_view("Nashik"));
        raw.bind(update, 2, system_clock().now());
        raw.bind(update, 3, lead);
        raw.step(update);
        raw.bind(queue, 1, id);
        raw.bind(queue, 2, lead);
        raw.bind(queue, 3, stamp);
        raw.step(queue);
        raw.run("COMMIT");
    }
};

void singles() {
    const Directory directory;
    const auto leads = sample_creates(kLeads, 1);
    auto store = open(directory.file("ours.db"));
    fill(*store, leads);
    fill(*open(directory.file("raw.db")), leads);
    Raw raw(directory.file("raw.db"));
    sqlite3_stmt* update = raw.prepare("UPDATE lead SET city=?, updatedAt=?, syncStatus='PENDING' WHERE id=?");
    sqlite3_stmt* queue = raw.prepare(
        "INSERT INTO "
        "sync_queue(id,operation,model,recordId,data,base,before,stamp,policy,userId,createdAt,state,bytes) "
        "VALUES(?,'UPDATE','Lead',?,'{\"city\":\"Nashik\"}',1,'{\"city\":\"Pune\"}',?,'lww','user',0,'QUEUED',200)");
    Singles run{*store, raw, leads};
    std::vector<double> ours, reference;
    for (std::size_t i = 0; i < kRuns; ++i) {  // in turns, so that the disk's moods hit both
        ours.push_back(seconds([&] {
            for (std::size_t n = 0; n < kSingles; ++n) run.ours();
        }));
        reference.push_back(seconds([&] {
            for (std::size_t n = 0; n < kSingles; ++n) run.reference(update, queue);
        }));
    }
    sqlite3_finalize(update);
    sqlite3_finalize(queue);
    const double rate = kSingles / median(ours), raw_rate = kSingles / median(reference);
    report("single durable edits", number(rate) + " /s",
           "raw row + queue row " + number(raw_rate) + " /s, ratio " + number(rate / raw_rate, 2), "0.8 or more");
}

/// Through the client's own threads: commands in, Saved events out.
void bursts() {
    const Directory directory;
    client::ClientOptions options;
    options.profile.config_dir = options.profile.data_dir = directory.path();
    auto client = client::Client::open(std::move(options));
    if (!client) give_up(client.error().message);
    const auto creates = sample_creates(kBurst, 2);
    std::size_t saved = 0;
    const auto take_events = [&] {
        while (auto event = (*client)->poll()) {
            if (std::holds_alternative<client::Saved>(*event)) ++saved;
            if (const auto* failed = std::get_if<client::SaveFailed>(&*event)) give_up(failed->error.message);
        }
    };
    const double took = seconds([&] {
        for (std::size_t i = 0; i < creates.size(); ++i) {
            const sync::Operation& create = creates[i];
            (*client)->post(client::Commit{i + 1, {{create.kind, create.model, create.record, create.changes}}});
            if (i % 64 == 0) take_events();
        }
        while (saved < creates.size()) {
            take_events();
            std::this_thread::yield();
        }
    });
    report("burst of 20,000 durable edits", number(static_cast<double>(kBurst) / took) + " /s",
           "from command to Saved, each with its record", "8,000 /s or more");
}

}  // namespace

void bench_edits() {
    singles();
    bursts();
}

}  // namespace ct::bench
