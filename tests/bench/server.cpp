// colortouchd under load, client and server on the same cores: a hundred devices push batches of 1,000 at once, and two
// pull everything. Beside it raw multi-row inserts of the same rows into the same database. Then what an operation
// costs in a workspace that grows to 10,000, 200,000 and 2,000,000 records, or as far as it gets in CT_BENCH_SECONDS
// (20 unless told otherwise; 200 do for all of it). CT_TEST_DATABASE (sqlite, postgres or mysql) leaves the others out.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>

#include "connected.h"
#include "crm/tables.h"
#include "crm/validate.h"
#include "database/database.h"
#include "net/http_client.h"
#include "office.h"
#include "server/storage/mysql/mysql_backend.h"
#include "server/storage/postgres/postgres_backend.h"
#include "store/sqlite/connection.h"
#include "sync/reply.h"

namespace ct::bench {

namespace {

constexpr std::size_t kBatch = 1'000;
constexpr std::size_t kDevices = 100, kBatchesEach = 2;
constexpr net::Deadlines kPatient{8'000, 600'000, 600'000, 600'000};  // what is slow is measured, and not given up

template <class T>
T must(Result<T> result) {
    if (!result) give_up(result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// A database to measure on, and a way to tell it things directly.
struct Place {
    std::string name, url, aim;
    std::function<void(const std::string&)> execute;
};

// ---- the reference

std::string literal(std::string_view text) {
    std::string out = "'";
    for (const char c : text) out.append(c == '\'' ? "''" : std::string(1, c));
    return out + "'";
}

void append_row(std::string& sql, const sync::Operation& operation, std::int64_t version) {
    sql += "(1," + literal(operation.record.str()) + "," + std::to_string(version);
    for (std::size_t id = 0; id < crm::def(crm::Model::lead).fields.size(); ++id) {
        const auto field = static_cast<crm::FieldId>(id);
        const crm::Value* value = operation.changes.find(field);
        sql += ',';
        sql += value == nullptr ? "NULL" : literal(crm::format_value(crm::Model::lead, field, crm::view(*value)));
    }
    sql += ')';
}

/// Rows a second.
double raw_inserts(const Place& place, const std::vector<sync::Operation>& creates) {
    std::string table =
        "CREATE TABLE raw(workspace_id BIGINT NOT NULL, id VARCHAR(36) NOT NULL, version BIGINT NOT NULL";
    for (const crm::FieldDef& field : crm::def(crm::Model::lead).fields) {
        table += ", f_" + std::string(field.name) + " TEXT";
    }
    place.execute(table + ", PRIMARY KEY(workspace_id, id))");
    std::vector<std::string> batches;
    for (std::size_t from = 0; from < creates.size(); from += kBatch) {
        std::string& sql = batches.emplace_back("INSERT INTO raw VALUES ");
        for (std::size_t i = from; i < std::min(creates.size(), from + kBatch); ++i) {
            if (i > from) sql += ',';
            append_row(sql, creates[i], static_cast<std::int64_t>(i));
        }
    }
    const double took = seconds([&] {
        for (const std::string& batch : batches) place.execute(batch);
    });
    place.execute("DROP TABLE raw");
    return static_cast<double>(creates.size()) / took;
}

// ---- the server

http::Response answered(net::HttpClient& client, const std::string& path, const std::string& body,
                        const std::string& token) {
    auto outcome = client.send(sync::api_request(path, body, token), kPatient);
    if (outcome.failure != net::NetFailure::none) give_up(path + ": " + outcome.detail);
    if (outcome.response.status != 200) give_up(path + ": " + outcome.response.body);
    return std::move(outcome.response);
}

/// Operations a second of a hundred devices at once. `middle` and `worst` are of single requests.
double push_all(Office& office, const std::vector<sync::Operation>& creates, double& middle, double& worst) {
    struct Sender {
        Office::Device device;
        std::vector<std::string> bodies;
    };
    std::vector<Sender> senders(kDevices);
    for (std::size_t i = 0; i < kDevices; ++i) {
        senders[i].device = office.device();
        for (std::size_t k = 0; k < kBatchesEach; ++k) {
            const std::span<const sync::Operation> all = creates;
            senders[i].bodies.push_back(sync::encode(
                office.next_push(senders[i].device, all.subspan((i * kBatchesEach + k) * kBatch, kBatch))));
        }
    }
    std::mutex mutex;
    std::vector<double> times;
    const double took = seconds([&] {
        std::vector<std::thread> threads;
        for (Sender& sender : senders) {
            threads.emplace_back([&] {
                net::HttpClient client({office.address(), {}});
                for (const std::string& body : sender.bodies) {
                    const double one =
                        seconds([&] { (void)answered(client, "/api/sync/push", body, sender.device.token); });
                    const std::lock_guard lock(mutex);
                    times.push_back(one);
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
    });
    worst = *std::max_element(times.begin(), times.end());
    middle = median(times);
    return static_cast<double>(creates.size()) / took;
}

/// Rows a second of two devices that pull everything. What a page says is looked at only where it ends.
double pull_all(Office& office) {
    constexpr int kPullers = 2;
    std::vector<Office::Device> devices;
    for (int i = 0; i < kPullers; ++i) devices.push_back(office.device());
    std::atomic<std::int64_t> rows{0};
    const double took = seconds([&] {
        std::vector<std::thread> threads;
        for (const Office::Device& device : devices) {
            threads.emplace_back([&] {
                net::HttpClient client({office.address(), {}});
                sync::PullRequest request;
                request.device_id = device.id;
                request.epoch = device.epoch;
                request.limit = 10'000;
                for (bool more = true; more;) {
                    const auto page = must(sync::decode_pull_page(
                        answered(client, "/api/sync/pull", sync::encode(request), device.token).body));
                    rows += static_cast<std::int64_t>(page.rows.size());
                    request.cursor = page.cursor;
                    more = page.has_more;
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
    });
    return static_cast<double>(rows) / took;
}

void bench_speed(const Place& place) {
    const auto creates = sample_creates(kDevices * kBatchesEach * kBatch, 21);
    const double raw = raw_inserts(place, creates);
    Office office(place.url);
    double middle = 0, worst = 0;
    const double pushed = push_all(office, creates, middle, worst);
    report(place.name + ": push, 100 devices at once, batches of 1,000", number(pushed) + " operations/s",
           number(raw) + " rows/s inserted raw, ratio " + number(pushed / raw, 2) + "; a request took " +
               number(middle, 2) + " s, at most " + number(worst, 2) + " s",
           place.aim);
    report("… and pulled by two", number(pull_all(office)) + " rows/s", "decoding on the same cores included",
           "100,000 rows/s");
}

// ---- cost as the workspace grows

/// New leads of twenty agents.
std::vector<sync::Operation> owned_creates(std::size_t count, std::uint64_t seed) {
    static const std::vector<std::string> agents = [] {
        UuidGenerator ids(system_clock(), system_random());
        std::vector<std::string> all;
        for (int i = 0; i < 20; ++i) all.push_back(ids.next().str());
        return all;
    }();
    auto creates = sample_creates(count, seed);
    for (std::size_t i = 0; i < creates.size(); ++i) {
        creates[i].changes.set(crm::field(crm::Model::lead, "ownerId"), agents[i % agents.size()]);
    }
    return creates;
}

/// Seconds per batch of 1,000: half creates, half edits of what is there.
double cost_of_batch(Office& office, Office::Device& device, const std::vector<Uuid>& known, std::uint64_t seed) {
    constexpr int kRounds = 15;
    std::vector<double> times;
    SeededRandom random(seed);
    auto creates = owned_creates(kRounds * kBatch, seed);
    for (int round = 0; round < kRounds; ++round) {
        const std::span<sync::Operation> batch(creates.data() + static_cast<std::size_t>(round) * kBatch, kBatch);
        for (std::size_t i = 0; i < batch.size(); i += 2) {
            batch[i].kind = sync::OperationKind::update;
            batch[i].record = known[random.below(known.size())];
            batch[i].base = INT32_MAX;  // nobody else edits: what this device did is no conflict
            batch[i].changes = {};
            batch[i].changes.set(crm::field(crm::Model::lead, "city"), "Town " + std::to_string(random.below(1'000)));
        }
        times.push_back(seconds([&] { office.push(device, batch); }));
    }
    return median(times);
}

/// To that many records, or fewer when the time is up.
void grow(Office& office, Office::Device& device, std::vector<Uuid>& known, std::size_t to, double seconds_at_most) {
    double took = 0;
    while (known.size() < to && took < seconds_at_most) {
        const auto creates = owned_creates(std::min<std::size_t>(5'000, to - known.size()), known.size() + 1'000);
        for (const sync::Operation& create : creates) known.push_back(create.record);
        took += seconds([&] { office.push(device, creates); });
    }
}

void bench_growth(const Place& place) {
    const char* const wanted = std::getenv("CT_BENCH_SECONDS");
    const double seconds_at_most = wanted == nullptr ? 20 : std::strtod(wanted, nullptr);
    constexpr double kAsLongAsItTakes = 3'600;
    Office office(place.url);
    Office::Device device = office.device();
    std::vector<Uuid> known;
    grow(office, device, known, 10'000, kAsLongAsItTakes);
    (void)cost_of_batch(office, device, known, 31);
    const double at_first = cost_of_batch(office, device, known, 32);
    report(place.name + ": an operation at 10,000 records", number(at_first * 1e6 / kBatch, 1) + " us");
    for (const std::size_t size : {200'000u, 2'000'000u}) {
        grow(office, device, known, size, size == 200'000 ? kAsLongAsItTakes : seconds_at_most);
        const double now = cost_of_batch(office, device, known, size);
        report("… and at " + std::to_string(known.size()), number(now * 1e6 / kBatch, 1) + " us",
               "ratio " + number(now / at_first, 2), "1.2");
    }
}

constexpr std::pair<const char*, void (*)(const Place&)> kMeasures[] = {{"speed", bench_speed},
                                                                        {"growth", bench_growth}};

/// A database of its own for each measurement.
void on_server(test::Kind kind, const std::string& name, const std::string& aim) {
    const bool postgres = kind == test::Kind::postgres;
    ::setenv("CT_TEST_DURABLE", "1", 1);  // commits are on the disk, as a business has it
    test::Cluster cluster(kind);
    for (const auto& [database, measure] : kMeasures) {
        cluster.sql(std::string("CREATE ") + (postgres ? "SCHEMA " : "DATABASE ") + database +
                    (postgres ? "" : " CHARACTER SET utf8mb4"));
        Place place{name, {}, aim, {}};
        place.url =
            postgres ? "postgresql://colortouch@/postgres?host=" + cluster.directory() + "&options=-csearch_path%3D" +
                           database
                     : "mysql://root@localhost/" + std::string(database) + "?socket=" + cluster.directory() + "/socket";
        const auto backend = must(postgres ? server::postgres::backend(place.url) : server::mysql::backend(place.url));
        const auto connection = must(backend->connect());
        place.execute = [&](const std::string& sql) { must(connection->execute(sql)); };
        measure(place);
    }
}

void on_file() {
    const Directory directory;
    for (const auto& [database, measure] : kMeasures) {
        const auto connection = must(sqlite::Connection::open(directory.file(std::string(database) + ".raw"), false));
        must(connection->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"));
        measure({"SQLite", "file:" + directory.file(database), "30,000 operations/s",
                 [&](const std::string& sql) { must(connection->execute(sql)); }});
    }
}

}  // namespace

void bench_server() {
    const char* const only = std::getenv("CT_TEST_DATABASE");
    const auto wanted = [&](const char* kind) { return only == nullptr || std::string_view(only) == kind; };
    if (only == nullptr) bench_connected();
    if (wanted("sqlite")) on_file();
    if (wanted("postgres")) on_server(test::Kind::postgres, "PostgreSQL", "20,000 operations/s");
    if (wanted("mysql")) on_server(test::Kind::mysql, "MariaDB", {});
}

}  // namespace ct::bench
