// The server's decision on random walks: what must not depend on the order of arrival, nor on being told twice.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "sync_merge_support.h"

namespace ct::sync {
namespace {

using namespace test;

/// The operations in a random order that keeps each device's own.
std::vector<Operation> shuffled(const std::vector<std::vector<Operation>>& devices, Random& random) {
    std::vector<std::size_t> next(devices.size(), 0);
    std::vector<Operation> order;
    for (;;) {
        std::vector<std::size_t> left;
        for (std::size_t i = 0; i < devices.size(); ++i) {
            if (next[i] < devices[i].size()) left.push_back(i);
        }
        if (left.empty()) return order;
        const std::size_t device = left[random.below(left.size())];
        order.push_back(devices[device][next[device]++]);
    }
}

/// What three devices do without hearing from one another; their stamps grow.
template <class Make>  // Operation(device, at)
std::vector<std::vector<Operation>> apart(Random& random, Make&& make) {
    std::vector<std::vector<Operation>> devices(3);
    for (std::size_t i = 0; i < devices.size(); ++i) {
        const std::string device(1, static_cast<char>('a' + i));
        auto at = static_cast<UnixMs>(20 + random.below(10));
        for (std::uint64_t left = random.below(4); left > 0; --left) {
            devices[i].push_back(make(device, at));
            at += static_cast<UnixMs>(1 + random.below(10));
        }
    }
    return devices;
}

Server run(const std::vector<Operation>& order) {
    Server server = one_lead();
    for (const Operation& operation : order) server.take(operation);
    return server;
}

std::map<std::string, std::string> stamps(const Server& server) {
    std::map<std::string, std::string> all;
    for (const auto& [field, origin] : server.record.origins) all[field] = origin.stamp;
    return all;
}

Operation random_edit(Random& random, const std::string& device, UnixMs at) {
    Operation edit = does(random.below(8) == 0 ? create : update, device, at, 1);
    while (edit.changes.empty()) {
        if (random.below(2) == 0) edit.changes.set(kName, "N" + std::to_string(random.below(4)));
        if (random.below(2) == 0) edit.changes.set(kCity, "C" + std::to_string(random.below(3)));
        if (random.below(4) == 0) edit.changes.set(kCity, crm::Value{});
        if (random.below(3) == 0) edit.changes.extra = R"({"x":)" + std::to_string(random.below(3)) + "}";
        if (random.below(6) == 0) edit.changes.extra = R"({"x":null,"y":1})";
    }
    return edit;
}

TEST_CASE("decide: edits come to the same record in whichever order they arrive") {
    SeededRandom random(31);
    int contested = 0;
    for (int i = 0; i < 4'000; ++i) {
        const auto devices =
            apart(random, [&](const std::string& device, UnixMs at) { return random_edit(random, device, at); });
        const Server one = run(shuffled(devices, random)), other = run(shuffled(devices, random));
        contested += one.version != other.version ? 1 : 0;
        REQUIRE(one.record.record.fields == other.record.record.fields);
        REQUIRE(one.record.record.extra == other.record.record.extra);
        REQUIRE(one.record.record.updated_at == other.record.record.updated_at);
        REQUIRE(stamps(one) == stamps(other));
    }
    CHECK(contested > 500);  // else the orders made no difference to begin with
}

TEST_CASE("decide: a record is there or gone by the latest stamp, in whichever order they arrive") {
    SeededRandom random(32);
    int gone = 0, back = 0;
    for (int i = 0; i < 4'000; ++i) {
        bool latest_removes = false;
        UnixMs latest = 0;
        const auto devices = apart(random, [&](const std::string& device, UnixMs at) {
            Operation operation = random_edit(random, device, at);
            if (random.below(3) == 0) operation = does(remove, device, at, 1);
            if (at >= latest) latest_removes = operation.kind == remove;  // of equal ones the later device's
            latest = std::max(latest, at);
            return operation;
        });
        const std::vector<Operation> order = shuffled(devices, random);
        const Server one = run(order), other = run(shuffled(devices, random));
        REQUIRE(one.record.record.deleted == latest_removes);
        REQUIRE(other.record.record.deleted == latest_removes);
        gone += latest_removes ? 1 : 0;
        const bool removed =
            std::any_of(order.begin(), order.end(), [](const auto& each) { return each.kind == remove; });
        back += removed && !latest_removes ? 1 : 0;
    }
    CHECK(gone > 500);
    CHECK(back > 500);
}

TEST_CASE("decide: labels come to the same set in whichever order they arrive") {
    SeededRandom random(33);
    for (int i = 0; i < 2'000; ++i) {
        std::map<std::string, std::string> known;  // by device
        const auto devices = apart(random, [&](const std::string& device, UnixMs at) {
            std::string& labels = known.try_emplace(device, "p\nq\nr").first->second;
            const std::string before = labels;
            if (const auto cut = labels.find('\n'); cut != std::string::npos && random.below(2) == 0) {
                labels.erase(0, cut + 1);
            } else {
                labels += "\n" + device + std::to_string(at);
            }
            return turns(kLabels, device, at, before, labels);
        });
        const auto replica = [&] {
            Server server = one_lead();
            server.take(does(update, "s", 11, 1, {{kLabels, "p\nq\nr"}}));
            for (Operation& operation : shuffled(devices, random)) {
                operation.base = 2;
                server.take(operation);
            }
            return server.text(kLabels);
        };
        REQUIRE(replica() == replica());
    }
}

TEST_CASE("decide: twice is once") {
    SeededRandom random(34);
    for (int i = 0; i < 2'000; ++i) {
        Server server = one_lead();
        for (UnixMs at = 20; at < 30; ++at) {
            const std::string device(1, static_cast<char>('a' + random.below(3)));
            Operation operation = random_edit(random, device, at + static_cast<UnixMs>(random.below(6)));
            if (random.below(4) == 0) operation = does(remove, device, at, 1);
            if (random.below(4) == 0) operation = turns(kLabels, device, at, "", device + std::to_string(at));
            operation.base = 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(server.version)));
            operation.policy = static_cast<Policy>(random.below(3));
            const Verdict first = server.take(operation).verdict;
            const Server once = server;
            const Verdict second = server.take(operation).verdict;
            const auto refused = [](Verdict verdict) { return verdict == superseded || verdict == conflict; };
            REQUIRE(refused(first) == refused(second));
            REQUIRE(once.record.record.fields == server.record.record.fields);
            REQUIRE(once.record.record.extra == server.record.record.extra);
            REQUIRE(once.record.record.deleted == server.record.record.deleted);
            REQUIRE(once.record.record.updated_at == server.record.record.updated_at);
            if (operation.policy != Policy::force) REQUIRE(stamps(once) == stamps(server));
        }
    }
}

}  // namespace
}  // namespace ct::sync
