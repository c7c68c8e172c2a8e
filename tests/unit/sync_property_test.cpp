// Merging, replaying and compacting on random edits: laws that hold whatever people do, thinned when they do not.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "property.h"
#include "sync_merge_support.h"

namespace ct::sync {
namespace {

using namespace test;

/// One thing that somebody does with the one record.
struct Step {
    char device = 'a';
    UnixMs at = 0;
    int act = 0;             // 0: delete; 1: name, 2: city, 3: phone, 4: one label more, 5: one line more
    std::uint64_t word = 0;  // what it becomes
    bool refused = false;    // it never reaches the server
};

constexpr std::array<std::string_view, 6> kActs{"deletes", "names", "moves", "calls", "labels", "writes"};

std::string describe(const Step& step) {
    return std::to_string(step.at) + " " + step.device + " " + std::string(kActs[static_cast<std::size_t>(step.act)]) +
           " " + std::to_string(step.word) + (step.refused ? " refused" : "");
}

/// A device that edits what it sees, and has heard of nothing since version 1.
class Device {
  public:
    explicit Device(const crm::Record& seen) : visible_(seen) {}

    QueuedOperation make(const Step& step, std::uint64_t number) {
        QueuedOperation queued;
        Operation& operation = queued.operation =
            does(step.act == 0 ? remove : update, std::string_view(&step.device, 1), step.at, 1);
        operation.id = Uuid{{static_cast<std::uint8_t>(number)}};
        const std::string word = std::to_string(step.word);
        if (step.act == 1) operation.changes.set(kName, word);
        if (step.act == 2) operation.changes.set(kCity, word);
        if (step.act == 3) operation.changes.set(kPhone, "+91987654321" + word);
        if (step.act == 4) operation.changes.set(kLabels, more(kLabels, describe(step)));
        if (step.act == 5) operation.changes.set(kNotes, more(kNotes, describe(step)));
        for (const auto& [field, value] : operation.changes.fields)
            queued.before.set(field, crm::own(visible_.fields.get(field)));
        operation.seen = merging(operation.model, queued.before);
        visible_ = replay(visible_, {queued});
        return queued;
    }

  private:
    [[nodiscard]] std::string more(crm::FieldId field, const std::string& line) const {
        std::string text{visible_.fields.text(field)};
        if (!text.empty()) text += '\n';
        return text + line;
    }
    crm::Record visible_;
};

std::vector<QueuedOperation> made_by(char device, const std::vector<Step>& steps) {
    Device hand(one_lead().record.record);
    std::vector<QueuedOperation> all;
    for (const Step& step : steps) {
        if (step.device != device) continue;
        QueuedOperation queued = hand.make(step, all.size());
        if (step.refused) queued.state = QueueState::error;
        all.push_back(std::move(queued));
    }
    return all;
}

std::vector<QueuedOperation> compacted(const std::vector<QueuedOperation>& queue) {
    std::vector<QueuedOperation> few;
    for (const QueuedOperation& queued : queue) {
        if (few.empty() || compact(few.back(), queued) == Compaction::impossible) few.push_back(queued);
    }
    return few;
}

void take(Server& server, const std::vector<QueuedOperation>& operations) {
    for (const QueuedOperation& each : operations) server.take(each.operation);
}

/// The parts of a text in order: which of two joined lines comes first is no matter here.
std::string parts(std::string_view text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    std::sort(lines.begin(), lines.end());
    std::string all;
    for (const std::string& line : lines) all += line + ";";
    return all;
}

std::string content(const crm::Record& record) {
    if (record.deleted) return "deleted";
    std::string text;
    for (const crm::FieldId field : {kName, kCity, kPhone}) text += std::string(record.fields.text(field)) + ",";
    return text + parts(record.fields.text(kLabels)) + "," + parts(record.fields.text(kNotes));
}

std::string differing(const std::string& one, const std::string& other) {
    return one == other ? "" : "\"" + one + "\" and \"" + other + "\"";
}

std::vector<Step> random_steps(Random& random, std::string_view devices, UnixMs from) {
    std::vector<Step> steps;
    for (std::uint64_t left = 1 + random.below(8); left > 0; --left) {
        Step& step = steps.emplace_back();
        step.device = devices[random.below(devices.size())];
        step.at = from += static_cast<UnixMs>(1 + random.below(9));
        step.act = static_cast<int>(random.below(6));
        step.word = random.below(3);
    }
    return steps;
}

}  // namespace

TEST_CASE("property: what a device shows of its own edits is what the server makes of them, whatever was refused") {
    const ct::test::Property<Step> law{
        [](Random& random) {
            auto steps = random_steps(random, "a", 20);
            for (Step& step : steps) step.refused = random.below(4) == 0;
            return steps;
        },
        [](const std::vector<Step>& steps) {
            auto queue = made_by('a', steps);
            std::erase_if(queue, [](const QueuedOperation& queued) { return queued.state == QueueState::error; });
            Server server = one_lead();
            take(server, queue);
            return differing(content(replay(one_lead().record.record, queue)), content(server.record.record));
        },
        describe};
    CHECK(ct::test::counterexample(law, 4'000) == "");
}

TEST_CASE("property: compacting changes no result, but for whoever was between two edits that became one") {
    int joined = 0;
    const ct::test::Property<Step> law{[](Random& random) {
                                           auto steps = random_steps(random, "a", 100);
                                           for (const UnixMs from : {20, 300}) {  // others, before and after
                                               for (Step& step : random_steps(random, "bc", from))
                                                   steps.push_back(step);
                                           }
                                           return steps;
                                       },
                                       [&](const std::vector<Step>& steps) {
                                           const auto queue = made_by('a', steps), few = compacted(queue),
                                                      others = made_by('b', steps), third = made_by('c', steps);
                                           joined += few.size() < queue.size() ? 1 : 0;
                                           for (const bool first : {true, false}) {
                                               Server plain = one_lead(), compact = one_lead();
                                               if (first) take(plain, queue), take(compact, few);
                                               for (Server* server : {&plain, &compact})
                                                   take(*server, others), take(*server, third);
                                               if (!first) take(plain, queue), take(compact, few);
                                               auto what = differing(content(plain.record.record),
                                                                     content(compact.record.record));
                                               if (!what.empty()) return what;
                                           }
                                           return std::string();
                                       },
                                       describe};
    CHECK(ct::test::counterexample(law, 4'000) == "");
    CHECK(joined > 1'000);
}

TEST_CASE("property: three devices come to one result, whoever is heard first") {
    const ct::test::Property<Step> law{
        [](Random& random) {
            auto steps = random_steps(random, "abc", 20);
            // No lines, whose order tells who came first; and no deletes: what lost to one is not there to be joined.
            for (Step& step : steps) step.act = std::clamp(step.act, 1, 4);
            return steps;
        },
        [](const std::vector<Step>& steps) {
            const std::array queues{made_by('a', steps), made_by('b', steps), made_by('c', steps)};
            std::array<std::size_t, 3> order{0, 1, 2};
            std::string first;
            do {
                Server server = one_lead();
                for (const std::size_t device : order) take(server, queues[device]);
                const std::string now = content(server.record.record);
                if (first.empty()) first = now;
                if (now != first) return differing(first, now);
            } while (std::next_permutation(order.begin(), order.end()));
            return std::string();
        },
        describe};
    CHECK(ct::test::counterexample(law, 2'000) == "");
}

TEST_CASE("property: a list that breaks one is thinned to what breaks it") {
    const ct::test::Property<Step> wrong{[](Random& random) { return random_steps(random, "a", 20); },
                                         [](const std::vector<Step>& steps) {
                                             const auto calls =
                                                 std::count_if(steps.begin(), steps.end(),
                                                               [](const Step& step) { return step.act == 3; });
                                             return calls < 2 ? std::string() : std::string("two calls");
                                         },
                                         describe};
    const std::string found = ct::test::counterexample(wrong, 1'000);
    CHECK(found.find("two calls") != std::string::npos);
    CHECK(std::count(found.begin(), found.end(), '\n') == 2);
}

}  // namespace ct::sync
