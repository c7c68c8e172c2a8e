// The sync engine by hand: what its tests share.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sync/engine.h"

namespace ct::sync::test {

inline Uuid id_of(std::uint64_t number) {
    Uuid id;
    for (std::size_t i = 0; i < 8; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return id;
}

inline std::vector<Operation> operations(std::size_t count) {
    std::vector<Operation> all(count);
    for (std::size_t i = 0; i < count; ++i) all[i].id = id_of(i + 1);
    return all;
}

inline PushAnswer verdicts(const action::SendPush& push) {
    PushAnswer answer;
    answer.sequence = push.sequence;
    for (const Operation& operation : push.operations) {
        OperationResult result;
        result.id = operation.id;
        answer.results.push_back(result);
    }
    return answer;
}

inline Problem problem(int status, std::string code, std::int64_t retry_after_s = -1) {
    Problem said;
    said.status = status;
    said.code = std::move(code);
    said.retry_after_s = retry_after_s;
    return said;
}

inline Unreachable away(bool timed_out = false) {
    return {Unreachable::Kind::server_away, timed_out, "refused", false};
}

/// An engine by hand: the test says each event and looks at what comes out.
struct Hand {
    SeededRandom random{1};
    Tuning tuning = without_verify();
    Engine engine{tuning, random};
    SteadyMs now = 1'000'000;
    std::vector<Action> out;

    Hand() = default;
    explicit Hand(Tuning with) : tuning(with) {}

    /// Comparing the mirror has tests of its own.
    static Tuning without_verify() {
        Tuning tuning;
        tuning.verify_every_rounds = 0;
        return tuning;
    }
    void tell(Event event) {
        out = engine.handle(std::move(event), now);
        REQUIRE(engine.invariant());
    }
    template <class T>
    const T* get() const {
        for (const Action& action : out) {
            if (const T* found = std::get_if<T>(&action)) return found;
        }
        return nullptr;
    }
    template <class T>
    const T& need() const {
        REQUIRE(get<T>() != nullptr);
        return *get<T>();
    }
    std::int64_t due_in() const {
        REQUIRE(engine.due().has_value());
        return *engine.due() - now;
    }
    void sign_in() { tell(event::Account{true, true}); }
    void edit(std::int64_t sendable) { tell(event::QueueChanged{sendable, true}); }
    void fire() {
        REQUIRE(engine.due().has_value());
        now = std::max(now, *engine.due());
        tell(event::TimerFired{});
    }
    void answer(std::uint64_t request, Reply reply) { tell(event::Answered{request, std::move(reply)}); }
    void answer_probe() { answer(need<action::SendProbe>().request, Health{"colortouchd", "1", "e", 0}); }
    std::uint64_t answer_batch(std::size_t count) {
        need<action::PrepareBatch>();
        tell(event::BatchReady{5, operations(count)});
        return count == 0 ? 0 : need<action::SendPush>().request;
    }
    void answer_page(bool has_more = false) {
        PullPage page;
        page.cursor = "c";
        page.has_more = has_more;
        if (has_more) page.rows.resize(3);
        answer(need<action::SendPull>().request, page);
    }
    /// From the start: signed in, probed, nothing to push, nothing to pull.
    void first_round() {
        sign_in();
        fire();
        answer_probe();
        answer_batch(0);
        answer_page();
        tell(event::PageDone{0, false});
        REQUIRE(need<action::RoundFinished>().outcome == "done");
    }
};

}  // namespace ct::sync::test
