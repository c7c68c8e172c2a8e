// What the flight recorder costs a sync round. Two laptops, one with it and one without, in turn, tell little: from one
// round to the next there is more difference than it makes. So what was recorded goes through the same engine and into
// a recorder again, by itself, and its time is held against the rounds that go without it. Processor time of the thread
// that does all of it.
#include "client/recorder.h"

#include <ctime>

#include "base/file.h"
#include "crm/tables.h"
#include "office.h"
#include "sync/rerun.h"

namespace ct::bench {

namespace {

constexpr double kAim = 2.0;  // percent

struct Pair {
    std::vector<double> with, without;
    void add(bool recorded, double seconds) { (recorded ? with : without).push_back(seconds); }
    /// `own_s`: of the recorder, in one such round.
    void tell(const std::string& what, double own_s) const {
        const double on = median(with), off = median(without);
        report(what, number(off * 1e3, 2) + " ms without it", "with it " + number(on * 1e3, 2) + " ms");
        report("… the recorder by itself", number(own_s * 1e6) + " us", number(own_s / off * 100, 2) + " % of that",
               number(kAim) + " % or less");
    }
};

[[nodiscard]] std::vector<sync::Entry> entries_of(const std::string& profile) {
    std::vector<sync::Entry> entries;
    for (const std::string& segment : client::recording_segments(profile + "/recording")) {
        const auto bytes = read_file(segment);
        if (!bytes) give_up(bytes.error().message);
        sync::read_recording(*bytes, [&](sync::Entry&& entry) { entries.push_back(std::move(entry)); });
    }
    return entries;
}

/// Runs a recording through the engine, with a recorder that is watched by the clock.
class Watched {
  public:
    Watched(const std::string& directory, std::size_t from)
        : recorder_(directory, "bench", system_clock()), from_(from) {}

    [[nodiscard]] double run(const std::vector<sync::Entry>& entries) {
        for (; at_ < entries.size(); ++at_) {
            if (const auto* begin = std::get_if<sync::Begin>(&entries[at_])) take(*begin);
            if (const auto* step = std::get_if<sync::Step>(&entries[at_]); step != nullptr && engine_) take(*step);
            if (const auto* exchange = std::get_if<sync::Exchange>(&entries[at_])) take(*exchange);
        }
        return seconds_;
    }

  private:
    template <class Work>
    void timed(const Work& work) {
        const double begun = now();
        work();
        if (at_ >= from_ && !of_an_edit_) seconds_ += now() - begun;
    }
    [[nodiscard]] static double now() {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    }
    void take(const sync::Begin& begin) {
        engine_.emplace(sync::Tuning{}, random_);
        if (!sync::restore(*engine_, begin.engine)) give_up("the recording is another version's");
        if (!begin.goes_on) recorder_.begins(*engine_, begin.at);
    }
    void take(const sync::Step& step) {
        const auto* const changed = std::get_if<sync::event::QueueChanged>(&step.event);
        of_an_edit_ = changed != nullptr && changed->edited;
        random_.load(step.drawn);
        sync::Event event = step.event;
        timed([&] { recorder_.takes(event, step.at); });
        const std::vector<sync::Action> actions = engine_->handle(std::move(event), step.at);
        timed([&] { recorder_.gives(*engine_, actions, step.drawn); });
    }
    void take(const sync::Exchange& exchange) {
        client::RequestSeen seen;
        seen.what = exchange.what;
        seen.path = exchange.path;
        seen.detail = exchange.detail;
        seen.status = static_cast<int>(exchange.status);
        timed([&] { recorder_.saw(seen); });
    }

    client::Recorder recorder_;
    const std::size_t from_;  // entries before it are run, and not counted
    std::size_t at_ = 0;
    bool of_an_edit_ = false;  // made between the rounds
    double seconds_ = 0;
    sync::ReplayedRandom random_;
    std::optional<sync::Engine> engine_;
};

/// The middle one of some runs, of the entries from that one on.
[[nodiscard]] double own_seconds(const Directory& directory, const std::string& profile, std::size_t from) {
    const std::vector<sync::Entry> entries = entries_of(profile);
    std::vector<double> runs;
    for (int run = 0; run < 15; ++run) {
        static int number = 0;
        runs.push_back(Watched(directory.file("again" + std::to_string(++number)), from).run(entries));
    }
    return median(std::move(runs));
}

void edit(client::Session& laptop, const std::vector<sync::Operation>& known, int round) {
    for (std::size_t i = 0; i < 10; ++i) {
        crm::Changes changes;
        changes.set(crm::field_id(crm::Model::lead, "city"), "City " + std::to_string(round));
        const auto& lead = known[(i * 97 + static_cast<std::size_t>(round)) % known.size()];
        if (auto saved = laptop.commit({{sync::OperationKind::update, lead.model, lead.record, changes}}); !saved)
            give_up(saved.error().message);
    }
}

}  // namespace

void bench_recorder() {
    const Directory directory;
    Office office("file:" + directory.file("server.db"));
    const auto known = sample_creates(20'000, 3);
    office.fill(known);
    const auto laptop = [&](const std::string& name, bool recorded) {
        client::Config config;
        config.flight_recorder = recorded;
        return office.laptop(directory.file(name), config);
    };
    Pair first;
    for (int run = 0; run < 10; ++run) {
        const bool recorded = run % 2 == 0;
        auto fresh = laptop("first" + std::to_string(run), recorded);
        first.add(recorded, cpu_seconds([&] { (void)sync(*fresh, client::SyncMode::both); }));
    }
    first.tell("recorder: first pull of 20,000 leads", own_seconds(directory, directory.file("first0"), 0));
    auto on = laptop("on", true), off = laptop("off", false);
    (void)sync(*on, client::SyncMode::both);
    (void)sync(*off, client::SyncMode::both);
    Pair small;
    constexpr int kRounds = 200;  // of both
    const std::size_t before = entries_of(directory.file("on")).size();
    for (int run = 0; run < kRounds; ++run) {
        const bool recorded = run % 2 == 0;
        client::Session& one = recorded ? *on : *off;
        edit(one, known, run);
        small.add(recorded, cpu_seconds([&] { (void)sync(one, client::SyncMode::both); }));
    }
    small.tell("recorder: a round of 10 edits", own_seconds(directory, directory.file("on"), before) / (kRounds / 2));
}

}  // namespace ct::bench
