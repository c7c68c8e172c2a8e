// What the flight recorder costs a sync round: the same rounds of two laptops, one with it and one without, in turn. In
// processor time of the thread that does all of it, for what others on the machine do is much more than this.
#include "crm/tables.h"
#include "office.h"

namespace ct::bench {

namespace {

constexpr double kAim = 2.0;  // percent

struct Pair {
    std::vector<double> with, without;
    void add(bool recorded, double seconds) { (recorded ? with : without).push_back(seconds); }
    void tell(const std::string& what, const std::string& aim) const {
        const double on = median(with), off = median(without);
        report(what, number(on * 1e3, 2) + " ms",
               "without " + number(off * 1e3, 2) + " ms: " + number((on / off - 1) * 100, 1) + " % more", aim);
    }
};

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
    const std::string aim = number(kAim) + " % or less";
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
    first.tell("recorder: first pull of 20,000 leads", aim);
    auto on = laptop("on", true), off = laptop("off", false);
    (void)sync(*on, client::SyncMode::both);
    (void)sync(*off, client::SyncMode::both);
    Pair small;
    for (int run = 0; run < 200; ++run) {
        const bool recorded = run % 2 == 0;
        client::Session& one = recorded ? *on : *off;
        edit(one, known, run);
        small.add(recorded, cpu_seconds([&] { (void)sync(one, client::SyncMode::both); }));
    }
    small.tell("… a round of 10 edits", aim);
}

}  // namespace ct::bench
