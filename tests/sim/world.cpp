#include "sim/world.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "crm/json_codec.h"
#include "server/accounts.h"

namespace ct::sim {

namespace {

constexpr SteadyMs kDay = 24 * 3'600'000;
constexpr server::PasswordCost kCheap{1, 8 * 1'024};

std::string temporary_directory(std::uint64_t seed) {
    namespace fs = std::filesystem;
    static int count = 0;
    // In memory where there is such a place: a run makes thousands of durable writes.
    const fs::path root = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    const fs::path path = root / ("colortouch-sim-" + std::to_string(seed) + "-" + std::to_string(++count) + "-" +
                                  std::to_string(system_random().next()));
    fs::create_directories(path);
    return path.string();
}

std::string email_of(int number) { return "agent" + std::to_string(number) + "@example.org"; }

/// Rows of a query on the server's file, as texts.
std::vector<std::vector<std::string>> query(const std::string& file, const std::string& sql) {
    std::vector<std::vector<std::string>> rows;
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
    const auto add = [](void* into, int count, char** values, char**) {
        auto& row = static_cast<std::vector<std::vector<std::string>>*>(into)->emplace_back();
        for (int i = 0; i < count; ++i) row.emplace_back(values[i] == nullptr ? "" : values[i]);
        return 0;
    };
    const int code = sqlite3_exec(database, sql.c_str(), add, &rows, nullptr);
    CHECK_MESSAGE(code == SQLITE_OK, sqlite3_errmsg(database));
    sqlite3_close(database);
    return rows;
}

}  // namespace

World::World(std::uint64_t seed, int laptops)
    : random_(seed), server_clock_(now_), directory_(temporary_directory(seed)) {
    open_server();
    make_users();
    for (int i = 0; i < laptops; ++i) add_laptop();
}

World::~World() {
    laptops_.clear();
    service_.reset();
    storage_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void World::open_server() {
    auto storage = server::open_storage("file:" + directory_ + "/server.db", random_);
    REQUIRE_MESSAGE(storage.has_value(), (storage ? "" : storage.error().message));
    storage_ = std::move(*storage);
    server::ServiceOptions options;
    options.password_cost = kCheap;
    service_ = std::make_unique<server::Service>(*storage_, server_clock_, random_, options);
}

void World::make_users() {
    server::Passwords passwords(kCheap);
    const auto workspace = server::create_workspace(*storage_, server_clock_, random_, "Simulated");
    REQUIRE(workspace);
    for (int i = 0; i < 8; ++i) {
        const server::NewUser user{email_of(i), "Agent " + std::to_string(i), "password of " + email_of(i),
                                   server::Role::manager};
        REQUIRE(server::create_user(*storage_, server_clock_, random_, passwords, *workspace, user));
    }
}

void World::restart_server() {
    service_.reset();
    storage_.reset();
    open_server();
}

Laptop& World::add_laptop() {
    const int number = static_cast<int>(laptops_.size());
    laptops_.push_back(std::make_unique<Laptop>(*this, number, directory_ + "/laptop" + std::to_string(number)));
    Laptop& laptop = *laptops_.back();
    laptop.start();
    const bool was_up = std::exchange(server_up_, true);
    const Weather before = std::exchange(weather, Weather{});
    laptop.sign_in(email_of(number));
    while (!laptop.replica().signed_in() && !happenings_.empty()) run_until(happenings_.top().at);
    REQUIRE(laptop.replica().signed_in());
    weather = before;
    server_up_ = was_up;
    return laptop;
}

// ---- time

void World::at(SteadyMs when, std::function<void()> what) {
    happenings_.push({std::max(when, now_), ++happened_, std::move(what)});
}

void World::run_until(SteadyMs when) {
    while (!happenings_.empty() && happenings_.top().at <= when) {
        Happening next = happenings_.top();
        happenings_.pop();
        now_ = next.at;
        next.what();
    }
    now_ = std::max(now_, when);
}

bool World::settle() {
    weather = Weather{};
    server_up_ = true;
    const SteadyMs end = now_ + kDay;
    const std::uint64_t happened_max = happened_ + 200'000;  // something goes round and round
    for (auto& laptop : laptops_) {
        if (!laptop->running()) laptop->start();
        laptop->tell(sync::event::LinkChanged{true});
    }
    const auto all_idle = [this] {
        return std::all_of(laptops_.begin(), laptops_.end(), [](auto& laptop) { return laptop->idle(); });
    };
    while (now_ < end && happened_ < happened_max && failure.empty()) {
        run_until(now_ + 60'000);
        for (auto& laptop : laptops_) laptop->discard_refused();
        if (!all_idle()) continue;
        // Everything is sent. One more round each, so that all have seen all.
        for (auto& laptop : laptops_) laptop->tell(sync::event::SyncAsked{});
        run_until(now_ + 60'000);
        if (all_idle()) return true;
    }
    return false;
}

std::string World::describe() {
    std::string text;
    for (auto& laptop : laptops_) text += laptop->describe();
    return text;
}

// ---- network

net::HttpOutcome World::answer(const client::NetJob& job) {
    net::HttpOutcome outcome;
    if (!server_up_) {
        outcome.failure = net::NetFailure::refused;
        return outcome;
    }
    if (chance(weather.login_page)) {
        outcome.response = {200, {{"Content-Type", "text/html"}}, "<html>Welcome to the hotel</html>", {}};
        return outcome;
    }
    outcome.response = service_->handle(job.request);
    if (std::getenv("SIM_TRACE"))
        fprintf(stderr, "%s\n  -> %s\n", job.request.body.c_str(), outcome.response.body.c_str());
    if (chance(weather.cut_answer)) {
        outcome.failure = net::NetFailure::cut;
        outcome.response.body.resize(outcome.response.body.size() / 2);
    }
    return outcome;
}

void World::exchange(Laptop& laptop, client::NetJob job) {
    const auto latency = [this] {
        return 1 + static_cast<SteadyMs>(random_.below(static_cast<std::uint64_t>(weather.latency_max_ms)));
    };
    const std::uint64_t incarnation = laptop.incarnation_;
    const auto deliver = [this, &laptop, incarnation](const client::NetJob& for_job, const net::HttpOutcome& outcome) {
        if (incarnation != laptop.incarnation_ || !laptop.running()) return;
        client::NetAnswer answer = client::read_answer(for_job, outcome);
        answer.wall_at_answer = laptop.clock_.now();
        laptop.replica_->on_answer(std::move(answer));
        observe(laptop);
    };
    const bool lost = chance(weather.lose_request);
    const bool unanswered = chance(weather.lose_answer);
    const bool twice = chance(weather.duplicate);
    const SteadyMs there = now_ + latency();
    const SteadyMs back = there + latency();
    const SteadyMs gives_up = now_ + job.deadlines.read_ms;
    at(there, [this, job, lost, unanswered, twice, back, gives_up, deliver] {
        net::HttpOutcome outcome;
        outcome.failure = net::NetFailure::timeout;
        if (!lost) {
            net::HttpOutcome answered = answer(job);
            if (twice && server_up_) (void)service_->handle(job.request);  // a proxy that tries again
            if (!unanswered) outcome = std::move(answered);
        }
        at(outcome.failure == net::NetFailure::timeout ? gives_up : back,
           [job, outcome, deliver] { deliver(job, outcome); });
    });
}

void World::observe(Laptop& laptop) {
    laptop.arm_timer();
    if (failure.empty() && random_.below(10) == 0) failure = laptop.check();
}

// ---- the rules

std::string World::check() {
    for (auto& laptop : laptops_) {
        if (std::string broken = laptop->check(); !broken.empty()) return broken;
    }
    if (std::string broken = check_nothing_lost(); !broken.empty()) return broken;
    if (std::string broken = check_largest_stamp_wins(); !broken.empty()) return broken;
    return check_convergence();
}

/// What the server received of a record, for the report of a failure.
std::string World::history(const std::string& record) {
    std::string text;
    for (const auto& row :
         query(directory_ + "/server.db",
               "SELECT operation, verdict, version, base, stamp, policy, data, device_id FROM operation_log "
               "WHERE record_id='" +
                   record + "' ORDER BY received_at")) {
        text += "\n ";
        for (const std::string& column : row) text += " " + column;
    }
    return text;
}

/// Rule 2: everyone shows what a laptop shows that never saw anything before.
std::string World::check_convergence() {
    Laptop& fresh = add_laptop();
    fresh.tell(sync::event::SyncAsked{});
    run_until(now_ + 60'000);
    for (const crm::ModelDef& model : crm::models()) {
        const auto expected = fresh.records(model.model);
        for (std::size_t i = 0; i + 1 < laptops_.size(); ++i) {
            const auto shown = laptops_[i]->records(model.model);
            const std::string where = "rule 2: laptop " + std::to_string(i) + ", " + std::string(model.name) + ": ";
            for (const auto& [id, record] : shown) {
                if (!expected.contains(id)) return where + id.str() + " should be gone" + history(id.str());
            }
            for (const auto& [id, record] : expected) {
                const auto at = shown.find(id);
                if (at == shown.end()) return where + id.str() + " is missing" + history(id.str());
                crm::Record mine = at->second;
                mine.last_synced_at = record.last_synced_at;
                if (mine == record) continue;
                const crm::Changes differs = crm::difference(mine, record);
                std::string text = id.str() + " v" + std::to_string(mine.version) + " should be v" +
                                   std::to_string(record.version) + ", updated " +
                                   std::to_string(mine.updated_at - record.updated_at) + " ms, created " +
                                   std::to_string(mine.created_at - record.created_at) + " ms off, status " +
                                   std::string(crm::name(mine.sync_status)) + ", to become: ";
                crm::JsonWriter json(text);
                crm::write_changes(json, model.model, differs);
                return where + text;
            }
        }
    }
    return {};
}

/// Rule 3: each operation reported saved is in its laptop's queue or on the server's record, which holds an id once.
std::string World::check_nothing_lost() {
    std::set<std::string> received;
    for (const auto& row : query(directory_ + "/server.db", "SELECT id FROM operation_log")) received.insert(row[0]);
    for (auto& laptop : laptops_) {
        for (const Uuid& operation : laptop->saved()) {
            if (!received.contains(operation.str())) return "rule 3: operation " + operation.str() + " is nowhere";
        }
    }
    return {};
}

/// Rule 4, for the fields of leads that are neither merged nor manual.
std::string World::check_largest_stamp_wins() {
    for (const char* field : {"name", "city", "status", "amount", "phone", "email"}) {
        std::map<std::string, std::pair<std::string, nlohmann::json>> winners;  // by record: stamp and value
        for (const auto& row : query(directory_ + "/server.db",
                                     "SELECT record_id, stamp, data, lost FROM operation_log WHERE model='Lead' AND "
                                     "verdict IN ('applied','merged','superseded') AND data IS NOT NULL")) {
            const auto data = nlohmann::json::parse(row[2]);
            const bool lost = !row[3].empty() && nlohmann::json::parse(row[3]).contains(field);
            if (!data.contains(field) || lost) continue;
            auto& winner = winners[row[0]];
            if (row[1] > winner.first) winner = {row[1], data[field]};
        }
        for (const auto& row :
             query(directory_ + "/server.db", std::string("SELECT id, \"") + field + "\" FROM lead WHERE deleted=0")) {
            const auto at = winners.find(row[0]);
            if (at == winners.end()) continue;
            const auto& value = at->second.second;
            const std::string expected = value.is_string() ? value.get<std::string>()
                                         : value.is_null() ? ""
                                                           : value.dump();
            if (expected != row[1]) {
                return std::string("rule 4: ") + field + " of lead " + row[0] + " is \"" + row[1] +
                       "\", the largest stamp says \"" + expected + "\"" + history(row[0]);
            }
        }
    }
    return {};
}

}  // namespace ct::sim
