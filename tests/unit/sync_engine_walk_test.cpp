// A long random walk: whatever the world answers, and whenever.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "sync_engine_support.h"

namespace ct::sync {
namespace {

using namespace test;

/// Drives an engine as the replica does, with a world that answers anything at any time. What the engine is owed an
/// event for is in `owed`; it may not be at work without.
class Walk {
  public:
    explicit Walk(std::uint64_t seed) : random_(seed), engine_(Tuning{}, random_) {}

    void step() {
        now_ += static_cast<SteadyMs>(random_.below(4) == 0 ? random_.below(400'000) : random_.below(500));
        switch (random_.below(20)) {
            case 0:
                tell(event::Account{has_server_ = random_.below(8) != 0, signed_in_ = random_.below(4) != 0});
                break;
            case 1: tell(event::LinkChanged{random_.below(2) == 0}); break;
            case 2: tell(event::OfflineChosen{offline_ = random_.below(4) == 0}); break;
            case 3: tell(event::SyncAsked{random_.below(2) == 0, random_.below(2) == 0}); break;
            case 4: tell(event::Nudged{}); break;
            case 5: tell(event::IntervalChanged{static_cast<std::int64_t>(random_.below(600'000))}); break;
            case 6: tell(event::TimerFired{}); break;
            case 7: stray(); break;
            case 8:
                sendable_ = static_cast<std::int64_t>(random_.below(4));
                queue_changed(false);
                break;
            case 9:
            case 10:
                ++sendable_;
                queue_changed(true);
                break;
            case 11: tell(event::ListenChosen{random_.below(3) != 0}); break;
            case 12: tell(event::Metered{metered_ = random_.below(3) == 0}); break;
            case 13: hear(); break;
            case 14:
                stuck_ = static_cast<std::int64_t>(random_.below(3));
                queue_changed(false);
                break;
            default: go_on(random_.below(3) == 0); break;
        }
    }

    /// From now on all goes well: everything must get through, in a bounded number of events.
    void calm_down() {
        tell(event::LinkChanged{true});
        tell(event::Account{has_server_ = true, signed_in_ = true});
        tell(event::OfflineChosen{offline_ = false});
        tell(event::Metered{metered_ = false});
        stuck_ = 0;
        sendable_ += 3;
        queue_changed(true);
        for (int i = 0; i < 500 && (sendable_ > 0 || engine_.working()); ++i) go_on(false);
        REQUIRE(sendable_ == 0);
        REQUIRE_FALSE(engine_.working());
        REQUIRE(engine_.last_error().empty());
        REQUIRE(engine_.reason().empty());
    }

  private:
    void tell(Event event) {
        for (Action& action : engine_.handle(std::move(event), now_)) take(std::move(action));
        REQUIRE(engine_.invariant());
        const bool may_sync = has_server_ && signed_in_ && !offline_;
        if (sendable_ > 0 && may_sync) REQUIRE((engine_.due().has_value() || engine_.working()));
        if (sendable_ > 0) REQUIRE_FALSE(engine_.reason().empty());
        // Nothing stands still: it has a time, or an answer is awaited, or a person is told what to do.
        const bool human = engine_.needs_person() && !engine_.reason().empty();
        if (sendable_ + stuck_ > 0) REQUIRE((engine_.due().has_value() || engine_.working() || human));
        REQUIRE(engine_.listening() == (ear_ != 0));
        if (engine_.listening()) REQUIRE((may_sync && !metered_ && !engine_.working()));
        REQUIRE(engine_.working() == !owed_.empty());
        if (!may_sync) REQUIRE_FALSE((engine_.due().has_value() || engine_.working()));
        if (engine_.due()) REQUIRE(*engine_.due() <= now_ + (metered_ ? 6 : 1) * 700'000);
    }

    void queue_changed(bool edited) {
        tell(event::QueueChanged{sendable_, edited, stuck_, stuck_ / 2, stuck_ > 0 ? 1 : 0});
    }

    void take(Action action) {
        if (std::holds_alternative<action::RoundFinished>(action)) {
            owed_.clear();
        } else if (std::holds_alternative<action::DropToken>(action)) {
            signed_in_ = false;
        } else if (const auto* listen = std::get_if<action::Listen>(&action)) {
            REQUIRE(ear_ == 0);
            ear_ = listen->request;
        } else if (std::holds_alternative<action::StopListening>(action)) {
            ear_ = 0;
        } else if (std::holds_alternative<action::ApplyPage>(action) && !engine_.working()) {
            heard_ = true;
        } else if (std::holds_alternative<action::CancelRequests>(action)) {
            std::erase_if(owed_, is_request);
        } else if (!std::holds_alternative<action::Stalled>(action)) {
            owed_.push_back(std::move(action));
        }
        REQUIRE(std::count_if(owed_.begin(), owed_.end(), is_request) <= 1);
        REQUIRE(owed_.size() <= 2);  // a page that is written, and the next one on its way
    }

    static bool is_request(const Action& action) {
        return std::holds_alternative<action::SendProbe>(action) || std::holds_alternative<action::SendPush>(action) ||
               std::holds_alternative<action::SendPull>(action);
    }

    void go_on(bool badly) {
        if (owed_.empty()) {
            if (!engine_.due()) return;
            now_ = std::max(now_, *engine_.due());
            tell(event::TimerFired{});
            return;
        }
        const Action action = std::move(owed_.front());
        owed_.pop_front();
        std::visit([&](const auto& specific) { carry_out(specific, badly); }, action);
    }

    void carry_out(const action::SendProbe& probe, bool badly) { answer(probe.request, Health{}, badly); }
    void carry_out(const action::SendPull& pull, bool badly) {
        PullPage page;
        page.cursor = "c";
        page.has_more = random_.below(2) == 0;
        answer(pull.request, page, badly);
    }
    void carry_out(const action::SendPush& push, bool badly) { answer(push.request, verdicts(push), badly); }
    void carry_out(const action::PrepareBatch&, bool badly) {
        if (badly) return tell(event::LocalFailure{"no"});
        const auto most = static_cast<std::uint64_t>(std::min<std::int64_t>(sendable_, 3));
        tell(event::BatchReady{7, operations(most == 0 ? 0 : random_.below(most) + 1)});
    }
    void carry_out(const action::Settle& settle, bool badly) {
        if (badly) return tell(event::LocalFailure{"no"});
        // It is over before the engine hears of the queue: as if a crash came between, now and then.
        const auto count = static_cast<std::int64_t>(settle.answer.results.size());
        sendable_ = std::max<std::int64_t>(0, sendable_ - count);
        owed_.push_front(action::Settle{});  // still owed: Settled
        queue_changed(false);
        if (!owed_.empty()) owed_.pop_front();
        tell(event::Settled{count, 0, 0, 0, 0});
    }
    void carry_out(const action::ApplyPage&, bool badly) {
        if (badly && random_.below(2) == 0) return tell(event::LocalFailure{"no"});
        const bool lost = badly && random_.below(2) == 0;
        tell(event::PageDone{.rows = 1, .ignored = badly && !lost, .lost = lost});
    }
    void carry_out(const action::RenewDevice&, bool badly) { renew(badly); }
    void carry_out(const action::NumberFrom&, bool badly) { renew(badly); }
    void carry_out(const action::RestartPull&, bool badly) { renew(badly); }
    template <class Other>
    void carry_out(const Other&, bool) {
        FAIL("this action has no answer");
    }

    void renew(bool badly) {
        if (badly)
            tell(event::LocalFailure{"no"});
        else
            tell(event::IdentityRenewed{"d", "e"});
    }

    void answer(std::uint64_t request, Reply good, bool badly) {
        last_request_ = request;
        tell(event::Answered{request, badly ? bad_reply() : std::move(good)});
    }

    Reply bad_reply() {
        static const std::vector<std::pair<int, const char*>> kProblems{
            {409, "DEVICE_FORKED"},    {409, "SEQUENCE_GAP"},    {409, "EPOCH_CHANGED"},
            {409, "RESYNC_REQUIRED"},  {401, "UNAUTHENTICATED"}, {413, "TOO_LARGE"},
            {426, "UPGRADE_REQUIRED"}, {429, "TOO_MANY"},        {503, "BUSY"},
            {400, "MALFORMED"},        {500, "INTERNAL"}};
        switch (random_.below(4)) {
            case 0:
                return Unreachable{static_cast<Unreachable::Kind>(random_.below(3)), random_.below(2) == 0, "x",
                                   random_.below(2) == 0};
            case 1: return Health{};
            default: break;
        }
        const auto& [status, code] = kProblems[random_.below(kProblems.size())];
        return problem(status, code, static_cast<std::int64_t>(random_.below(200)) - 1);
    }

    /// What the ear hears is applied before anything else happens, as the replica does it.
    void hear() {
        if (ear_ == 0) return;
        PullPage page;
        page.from = "c";
        page.cursor = random_.below(2) == 0 ? "c" : "d";
        page.has_more = random_.below(4) == 0;
        page.rows.resize(random_.below(2));
        const std::uint64_t request = std::exchange(ear_, 0);
        tell(event::Answered{request, random_.below(3) == 0 ? bad_reply() : Reply(page)});
        if (!std::exchange(heard_, false)) return;
        if (random_.below(8) == 0) return tell(event::LocalFailure{"no"});
        tell(event::PageDone{.rows = 1, .ignored = random_.below(8) == 0, .lost = random_.below(8) == 0});
    }

    /// What comes too late or was never asked for.
    void stray() {
        switch (random_.below(3)) {
            case 0: return tell(event::Answered{last_request_, bad_reply()});
            case 1: return tell(event::Answered{0, Health{}});
            default: return tell(event::Answered{last_request_ + 1'000'000, PullPage{}});
        }
    }

    SeededRandom random_;
    Engine engine_;
    SteadyMs now_ = 0;
    bool has_server_ = false, signed_in_ = false, offline_ = false, metered_ = false;
    std::uint64_t ear_ = 0;  // what it listens by
    bool heard_ = false;     // a page that it heard is to be applied
    std::int64_t sendable_ = 0, stuck_ = 0;
    std::uint64_t last_request_ = 0;
    std::deque<Action> owed_;
};

TEST_CASE("engine: whatever happens, unsent edits have a next attempt, and get through when all is well again") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        Walk walk(seed);
        for (int part = 0; part < 5; ++part) {
            for (int i = 0; i < 300; ++i) walk.step();
            walk.calm_down();
        }
    }
}

}  // namespace
}  // namespace ct::sync
