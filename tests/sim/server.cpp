// The world's server: how it comes up, goes down and is restored; and the office that every run begins with.
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "server/accounts.h"
#include "sim/laptop.h"
#include "sim/world.h"

namespace ct::sim {

namespace {

constexpr server::PasswordCost kCheap{1, 8 * 1'024};

constexpr std::array<Seat, 9> kSeats{{
    {'a', "agent0@example.org", true, 0},
    {'A', "agent0@example.org", true, 0},
    {'b', "agent1@example.org", true, 0},
    {'c', "agent2@example.org", false, 0},
    {'C', "agent2@example.org", false, 0},
    {'d', "agent3@example.org", false, 0},
    {'e', "agent3@example.org", false, 0},
    {'x', "other0@example.org", true, 1},
    {'y', "other1@example.org", true, 1},
}};

/// Files that are not SQLite's are in a real directory of this process, removed at its end.
class Directory {
  public:
    Directory() {
        namespace fs = std::filesystem;
        const fs::path root = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
        path_ = root / ("colortouch-sim-" + std::to_string(system_random().next()));
        fs::create_directories(path_);
    }
    ~Directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

void make_users(server::Storage& storage, const Clock& clock, Random& random, Office& office) {
    server::Passwords passwords(kCheap);
    for (const int workspace : {0, 1}) {
        const auto made = server::create_workspace(storage, clock, random, workspace == 0 ? "Ours" : "Others");
        if (!made) throw Unable(made.error().message);
        for (const Seat& seat : kSeats) {
            if (seat.workspace != workspace || office.user_ids.contains(std::string(seat.email))) continue;
            const server::NewUser user{std::string(seat.email), "Agent", password_of(seat.email),
                                       seat.sees_all ? server::Role::manager : server::Role::employee};
            const auto created = server::create_user(storage, clock, random, passwords, *made, user);
            if (!created) throw Unable(created.error().message);
            office.user_ids[user.email] = created->id;
        }
    }
}

/// A profile that is signed in, and has never synced.
Office::Prepared sign_in(server::Service& service, const Clock& clock, Random& random, const Seat& seat) {
    const std::string directory = directory_of_laptop(0);
    Disk disk(directory, 1);
    auto store = store::Store::open(directory + "/colortouch.db", clock, random, disk.beside_sqlite());
    if (!store) throw Unable(store.error().message);
    std::optional<client::NetJob> job;
    client::Replica replica(**store, client::Secrets(directory + "/token"), clock, random, {},
                            {[&](client::NetJob sent) { job = std::move(sent); }, [] {}, [](client::Event) {}});
    (void)replica.sign_in({"http://127.0.0.1:8787", std::string(seat.email), password_of(seat.email), ""});
    if (!job) throw Unable("no sign-in was sent");
    net::HttpOutcome outcome;
    outcome.response = service.handle(job->request);
    const client::NetJob login = std::move(*job);
    replica.on_answer(client::read_answer(login, outcome));
    if (!replica.signed_in()) throw Unable("cannot sign in: " + outcome.response.body);
    Office::Prepared prepared;
    prepared.token = replica.token();
    store->reset();  // closes the database: all is in its file
    prepared.disk = disk.contents();
    return prepared;
}

Office make_office() {
    Office office;
    const SteadyMs now = 0;
    const VirtualClock clock(now);
    SeededRandom random(4'711);
    Disk disk("/simulated-server", 1);
    {
        auto storage = server::open_storage("file:/simulated-server/server.db", random);
        if (!storage) throw Unable(storage.error().message);
        make_users(**storage, clock, random, office);
        server::ServiceOptions options;
        options.password_cost = kCheap;
        server::Service service(**storage, clock, random, options);
        for (const Seat& seat : kSeats) {
            std::filesystem::remove(directory_of_laptop(0) + "/token");
            office.laptops[seat.letter] = sign_in(service, clock, random, seat);
        }
    }
    office.server = disk.contents();
    return office;
}

}  // namespace

const Seat& seat_of(char letter) {
    for (const Seat& seat : kSeats) {
        if (seat.letter == letter) return seat;
    }
    throw Unable(std::string("no seat ") + letter);
}

std::string password_of(std::string_view email) { return "password of " + std::string(email); }

std::string directory_of_laptop(int number) {
    static const Directory root;
    std::string path = root.path() + "/laptop" + std::to_string(number);
    if (auto made = make_directories(path); !made) throw Unable(made.error().message);
    return path;
}

std::string read_token(int number) {
    std::string token;
    std::ifstream(directory_of_laptop(number) + "/token") >> token;
    return token;
}

const Office& office() {
    static const Office made = make_office();
    return made;
}

// ---- coming and going

void World::server_start() {
    server_disk_.start();
    auto storage = server::open_storage("file:" + server_file_, server_random_);
    if (!storage) {
        if (server_disk_.dead() || server_disk_.is_full()) {
            server_stop();
            return back_in(20'000);
        }
        return broken("the server does not start: " + storage.error().code + " " + storage.error().message);
    }
    storage_ = std::move(*storage);
    server::ServiceOptions options;
    options.password_cost = kCheap;
    service_ = std::make_unique<server::Service>(*storage_, server_clock_, server_random_, options);
}

void World::server_stop() {
    server_disk_.stop();
    service_.reset();
    storage_.reset();
    std::vector<Waiting> cut = std::exchange(waiting_, {});
    for (Waiting& each : cut) each.answer({});
}

bool World::server_died() {
    if (!server_disk_.dead() || !service_) return false;
    trace([] { return std::string("the server stopped in the middle of a write"); });
    server_stop();
    if (server_random_.below(2) == 0) server_disk_.lose_unflushed();
    back_in(1'000 + static_cast<SteadyMs>(server_random_.below(20'000)));
    return true;
}

void World::back_in(SteadyMs delay) {
    server_down_until_ = std::max(server_down_until_, now_ + delay);
    at(server_down_until_, [this] {
        if (!service_ && now_ >= server_down_until_) server_start();
    });
}

/// From the backup, as `colortouchd restore` does it: another incarnation.
void World::server_restore() {
    if (!backup_) return;
    server_stop();
    server_disk_.start();
    server_disk_.replace(*backup_);
    sqlite3* database = nullptr;
    const bool opened = sqlite3_open(server_file_.c_str(), &database) == SQLITE_OK;
    const std::string epoch = "UPDATE meta SET value = '00000000-0000-4000-8000-" +
                              std::to_string(100'000'000'000 + ++server_restores) + "' WHERE key = 'epoch'";
    const bool done = opened && sqlite3_exec(database, epoch.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    sqlite3_close(database);
    if (!done) throw Unable("cannot restore the server");
    wire_.server_restored();
    server_start();
}

void World::end_session(const Laptop& laptop) {
    if (!storage_) return;
    const auto all = storage_->workspaces();
    for (const server::Workspace& workspace : all.value_or(std::vector<server::Workspace>{})) {
        (void)storage_->end_session(workspace.key, laptop.device(), {});
    }
    (void)server_died();
}

void World::server_act(const Step& step, Random& random) {
    switch (step.act) {
        case Act::server_down:
            server_stop();
            return back_in(1'000 + static_cast<SteadyMs>(random.below(random.below(4) == 0 ? 30 * kMinute : kMinute)));
        case Act::server_stop_at_write: return server_disk_.stop_at_write(1 + static_cast<int>(random.below(30)));
        case Act::server_power_cut:
            server_stop();
            server_disk_.lose_unflushed();
            return back_in(5'000);
        case Act::server_disk_full:
            server_disk_.full(true);
            return at(now_ + 1 + static_cast<SteadyMs>(random.below(3 * kMinute)),
                      [this] { server_disk_.full(false); });
        case Act::server_backup: backup_ = server_disk_.contents(); return;
        case Act::server_restore: return server_restore();
        default: throw Unable("no act of the server");
    }
}

}  // namespace ct::sim
