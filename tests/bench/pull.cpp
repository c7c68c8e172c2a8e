// A new laptop's first pull, and what a handful of changes cost afterwards.
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "client/client.h"
#include "client/state.h"
#include "crm/tables.h"
#include "office.h"
#include "raw.h"
#include "sync/stamp.h"

namespace ct::bench {

namespace {

constexpr std::size_t kLeads = 100'000;

/// The same rows into the same table in one transaction, and nothing else.
double raw_insert(const std::string& file, const std::vector<sync::Operation>& creates) {
    { (void)store::Store::open(file, system_clock(), system_random()); }
    Raw raw(file);
    const auto fields = crm::def(crm::Model::lead).fields;
    std::string columns = "id, version, createdAt, updatedAt, deleted, syncStatus, lastSyncedAt, extra, checksum";
    std::string marks = "?,?,?,?,0,'SYNCED',?,NULL,?";
    for (const auto& field : fields) {
        columns += ", \"" + std::string(field.name) + "\"";
        marks += ",?";
    }
    sqlite3_stmt* insert = raw.prepare("INSERT INTO lead(" + columns + ") VALUES(" + marks + ")");
    const double took = seconds([&] {
        raw.run("BEGIN IMMEDIATE");
        for (const sync::Operation& create : creates) {
            sqlite3_clear_bindings(insert);
            const UnixMs at = sync::stamp_ms(create.stamp);
            raw.bind(insert, 1, create.record);
            raw.bind(insert, 2, std::int64_t{1});
            raw.bind(insert, 3, at);
            raw.bind(insert, 4, at);
            raw.bind(insert, 5, at);
            raw.bind(insert, 6, at * 7'919);
            for (const auto& [field, value] : create.changes.fields) {
                if (const auto* text = std::get_if<std::string>(&value))
                    raw.bind(insert, 7 + field, std::string_view(*text));
                if (const auto* integer = std::get_if<std::int64_t>(&value)) raw.bind(insert, 7 + field, *integer);
            }
            raw.step(insert);
        }
        raw.run("COMMIT");
    });
    sqlite3_finalize(insert);
    return took;
}

std::int64_t compressed(const std::string& text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    return static_cast<std::int64_t>(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
}

/// As the window pulls: one thread fetches and decodes the next page while another stores the last one.
store::SyncHistoryRow pull_by_client(const std::string& directory) {
    client::ClientOptions options;
    options.profile.config_dir = options.profile.data_dir = directory;
    options.load_records = false;
    auto client = client::Client::open(std::move(options));
    if (!client) give_up(client.error().message);
    (*client)->post(client::SyncNow{});
    for (;;) {
        const auto event = (*client)->poll();
        if (!event) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const auto* finished = event ? std::get_if<client::SyncFinished>(&*event) : nullptr;
        if (finished == nullptr) continue;
        if (finished->row.outcome != "done") give_up("sync: " + finished->row.outcome);
        return finished->row;
    }
}

void first_pull(Office& office, const Directory& directory, const std::vector<sync::Operation>& creates) {
    std::vector<double> ours, reference;
    store::SyncHistoryRow done;
    for (int i = 0; i < 3; ++i) {
        const std::string n = std::to_string(i);
        (void)office.laptop(directory.file("first" + n));  // signs in
        ours.push_back(seconds([&] { done = pull_by_client(directory.file("first" + n)); }));
        reference.push_back(raw_insert(directory.file("raw" + n + ".db"), creates));
        if (done.pulled < static_cast<std::int64_t>(kLeads))
            give_up("the pull brought only " + std::to_string(done.pulled));
    }
    const double took = median(ours), raw = median(reference);
    report("first pull of 100,000 leads", number(kLeads / took) + " rows/s (" + number(took, 2) + " s)",
           "raw bulk insert " + number(kLeads / raw) + " rows/s, ratio " + number(took / raw, 2) + ", " +
               std::to_string(done.requests) + " requests",
           "1.6 or less");
    const std::int64_t csv = compressed(as_csv(creates));
    report("… bytes", bytes(done.bytes_received),
           "zstd -3 of the CSV " + bytes(csv) + ", ratio " +
               number(static_cast<double>(done.bytes_received) / static_cast<double>(csv), 2),
           "1.1 or less");
}

/// In a process of its own: here the allocator hands out again what earlier measurements have given back to it.
void load_into_memory(const std::string& profile) {
    const pid_t child = ::fork();
    if (child < 0) give_up("no process to be had");
    if (child == 0) {
        ::execl("/proc/self/exe", "bench", "--load", profile.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) give_up("bench --load failed");
}

}  // namespace

int load_profile(const std::string& profile) {
    auto store = store::Store::open(profile + "/colortouch.db", system_clock(), system_random());
    if (!store) give_up(store.error().message);
    client::State state;
    const std::int64_t before = resident_bytes();
    const double took = seconds([&] {
        for (const auto& model : crm::models()) {
            const auto loaded = (*store)->load(model.model, 10'000, [&](std::vector<crm::Record>&& records) {
                client::Event event = client::Loaded{model.model, std::move(records)};
                state.apply(event);
            });
            if (!loaded) give_up(loaded.error().message);
        }
    });
    const auto leads = static_cast<std::int64_t>(state.table(crm::Model::lead).size());
    const std::int64_t grown = resident_bytes() - before;
    report("… loaded into memory", number(took * 1e3) + " ms",
           bytes(grown) + " for " + std::to_string(leads) + " leads, " +
               bytes(grown / std::max<std::int64_t>(leads, 1)) + " each");
    return 0;
}

namespace {

void small_pull(Office& office, const Directory& directory, const std::vector<sync::Operation>& creates) {
    auto here = office.laptop(directory.file("here"));
    auto there = office.laptop(directory.file("there"));
    (void)sync(*here, client::SyncMode::both);
    (void)sync(*there, client::SyncMode::both);
    std::vector<double> took;
    client::SyncReport done;
    for (int run = 0; run < 11; ++run) {
        for (std::size_t i = 0; i < 10; ++i) {
            crm::Changes changes;
            changes.set(crm::field_id(crm::Model::lead, "city"), "City " + std::to_string(run));
            const auto& lead = creates[i * 997];
            if (auto saved = there->commit({{sync::OperationKind::update, lead.model, lead.record, changes}}); !saved)
                give_up(saved.error().message);
        }
        (void)sync(*there, client::SyncMode::both);
        took.push_back(seconds([&] { done = sync(*here, client::SyncMode::pull_only); }));
        if (done.row.pulled != 10) give_up("pulled " + std::to_string(done.row.pulled) + " instead of 10");
    }
    report("pull of 10 changed fields", number(median(took) * 1e3, 1) + " ms",
           bytes(done.row.bytes_received) + " received, " + bytes(done.row.bytes_sent) + " sent");
}

}  // namespace

void bench_pull() {
    const Directory directory;
    const auto creates = sample_creates(kLeads, 6);
    Office office("file:" + directory.file("server.db"));
    office.fill(creates);
    first_pull(office, directory, creates);
    load_into_memory(directory.file("first0"));
    small_pull(office, directory, creates);
}

}  // namespace ct::bench
