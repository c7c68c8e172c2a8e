// Syncing over links as they are in the field: slow, far away, and cut off again and again. Real sockets, the real
// client and server; the link between them is slow_link.h.
#include <chrono>
#include <thread>

#include "client/client.h"
#include "crm/tables.h"
#include "office.h"
#include "slow_link.h"

namespace ct::bench {

namespace {

constexpr double kLongestS = 150;

struct Trip {
    double seconds = 0;
    std::int64_t pulled = 0, pushed = 0;
    int requests = 0, rounds = 0;
    double first_rows_s = 0;
    SlowLink::Carried carried;
};

/// A profile that is signed in, and whose server is at the other end of the link.
void move_to(const std::string& profile, int port) {
    auto store = store::Store::open(profile + "/colortouch.db", system_clock(), system_random());
    if (!store) give_up(store.error().message);
    store::SyncState state = (*store)->state();
    state.server_url = "http://127.0.0.1:" + std::to_string(port);
    if (auto saved = (*store)->save_state(state); !saved) give_up(saved.error().message);
}

/// Until a round went through with nothing left to send; what fails on the way is the client's own matter.
Trip travel(Office& office, const std::string& profile, const LinkSpeed& speed, std::uint64_t seed,
            const sync::Tuning& tuning) {
    SlowLink link(office.port(), speed, seed);
    move_to(profile, link.port());
    client::ClientOptions options;
    options.profile.config_dir = options.profile.data_dir = profile;
    options.load_records = false;
    options.tuning = tuning;
    Trip trip;
    auto client = client::Client::open(std::move(options));
    if (!client) give_up(client.error().message);
    const auto begin = std::chrono::steady_clock::now();
    const auto since = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
    (*client)->post(client::SyncNow{});
    for (bool done = false; !done;) {
        const auto event = (*client)->poll();
        if (!event) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (since() > kLongestS) give_up("link: not through after " + number(kLongestS) + " s");
        if (!event) continue;
        if (std::holds_alternative<client::RecordsChanged>(*event) && trip.first_rows_s == 0)
            trip.first_rows_s = since();
        const auto* finished = std::get_if<client::SyncFinished>(&*event);
        if (finished == nullptr) continue;
        ++trip.rounds;
        trip.pulled += finished->row.pulled;
        trip.pushed += finished->row.pushed;
        trip.requests += static_cast<int>(finished->row.requests);
        done = finished->row.outcome == "done";
    }
    trip.seconds = since();
    trip.carried = link.carried();
    return trip;
}

/// 500 creates, 400 updates of 100 leads, 100 deletes.
void edit_thousand(client::Session& laptop, const std::vector<sync::Operation>& known, std::size_t from,
                   std::size_t times) {
    SeededRandom random(4);
    std::vector<client::Edit> edits;
    const auto save = [&](client::Edit edit) {
        if (auto done = laptop.commit({std::move(edit)}); !done) give_up(done.error().message);
    };
    for (const auto& create : sample_creates(500 * times, 5))
        save({create.kind, create.model, create.record, create.changes});
    for (std::size_t i = 0; i < 400 * times; ++i) {
        crm::Changes changes;
        changes.set(crm::field(crm::Model::lead, i % 2 == 0 ? "city" : "address"),
                    "Road " + std::to_string(random.below(1'000)));
        save({sync::OperationKind::update, crm::Model::lead, known[from + i % (100 * times)].record, changes});
    }
    for (std::size_t i = 100 * times; i < 200 * times; ++i)
        save({sync::OperationKind::remove, crm::Model::lead, known[from + i].record, {}});
}

std::string profile_with_edits(Office& office, const Directory& directory, const std::string& name,
                               const std::vector<sync::Operation>& known, std::size_t from, std::size_t times) {
    auto laptop = office.laptop(directory.file(name));
    (void)sync(*laptop, client::SyncMode::both);
    edit_thousand(*laptop, known, from, times);
    return directory.file(name);
}

std::string told(const Trip& trip) {
    return bytes(trip.carried.up) + " up, " + bytes(trip.carried.down) + " down, " + std::to_string(trip.requests) +
           " requests, " + std::to_string(trip.carried.cuts) + " cuts";
}

/// What the bytes and round trips of an undisturbed trip take.
double ideal(const Trip& trip, const LinkSpeed& speed) {
    return static_cast<double>(trip.carried.up) / speed.up_bytes_per_s +
           static_cast<double>(trip.carried.down) / speed.down_bytes_per_s +
           speed.round_trip_s * (trip.requests + trip.carried.connections);
}

void thousand_edits(Office& office, const Directory& directory, const std::vector<sync::Operation>& known) {
    LinkSpeed speed;
    const auto run = [&](const std::string& name, std::size_t from, std::uint64_t seed) {
        return travel(office, profile_with_edits(office, directory, name, known, from, 1), speed, seed, {});
    };
    const Trip whole = run("whole", 0, 1);
    const double least = ideal(whole, speed);
    report("1,000 edits, 400 ms, 128/256 kbit/s", number(whole.seconds, 1) + " s",
           "bytes and round trips " + number(least, 1) + " s, ratio " + number(whole.seconds / least, 2) + "; " +
               told(whole),
           "1.15 or less");
    speed.cut_after = 64'000;
    std::vector<double> took;
    Trip cut;
    for (std::size_t i = 0; i < 5; ++i) {
        cut = run("cut" + std::to_string(i), 200 * (i + 1), 11 + i);
        took.push_back(cut.seconds);
    }
    const double middle = median(took), worst = *std::max_element(took.begin(), took.end());
    report("… cut every 64 kB on average", number(middle, 1) + " s, worst of 5 " + number(worst, 1) + " s",
           "ratio " + number(middle / least, 2) + "; the last: " + told(cut), "1.5 or less");
}

/// The link at `faster` times its speed, and the client's own waits as much shorter: the same trip in less time.
LinkSpeed poor_link(double faster) {
    LinkSpeed speed;
    speed.up_bytes_per_s = speed.down_bytes_per_s = 8'000 * faster;
    speed.round_trip_s = 0.4 / faster;
    speed.cut_after = 20'000;
    speed.steady = true;
    return speed;
}

sync::Tuning hurried(int faster) {
    sync::Tuning tuning;
    tuning.backoff_first_ms /= faster;
    tuning.backoff_floor_ms /= faster;
    tuning.backoff_max_ms /= faster;
    tuning.exchange_max_ms /= faster;
    return tuning;
}

void report_poor(const std::string& what, const Trip& trip, int faster, std::int64_t useful) {
    const double at_best = static_cast<double>(useful) / 8'000;
    report(what, number(trip.seconds * faster) + " s (measured at " + std::to_string(faster) + " x)",
           "its bytes alone " + number(at_best) + " s, ratio " + number(trip.seconds * faster / at_best, 2) + "; " +
               told(trip) + ", " + std::to_string(trip.rounds) + " rounds",
           "it finishes");
}

/// What issue A's workloads come to at 64 kbit/s, 400 ms, cut every 20 kB.
void poor(Office& office, const Directory& directory, const std::vector<sync::Operation>& known) {
    constexpr int kFaster = 10, kMuchFaster = 20;
    {
        auto twin = office.laptop(directory.file("poor-push"));
        (void)sync(*twin, client::SyncMode::both);
        edit_thousand(*twin, known, 2'000, 10);
    }
    const Trip push = travel(office, directory.file("poor-push"), poor_link(kFaster), 21, hurried(kFaster));
    report_poor("10,000 edits, 400 ms, 64 kbit/s, cut each 20 kB", push, kFaster, push.carried.up + push.carried.down);
    (void)office.laptop(directory.file("poor-pull"));
    const Trip pull = travel(office, directory.file("poor-pull"), poor_link(kMuchFaster), 22, hurried(kMuchFaster));
    report_poor("first pull of 20,000 leads over it", pull, kMuchFaster, pull.carried.up + pull.carried.down);
}

}  // namespace

void bench_link() {
    const Directory directory;
    Office office(directory.file("server.db"));
    const auto known = sample_creates(20'000, 3);
    office.fill(known);
    thousand_edits(office, directory, known);
    poor(office, directory, known);
}

}  // namespace ct::bench
