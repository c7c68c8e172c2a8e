#include "sim/world.h"

#include <algorithm>
#include <utility>

#include "sim/checks.h"
#include "sim/laptop.h"

namespace ct::sim {

namespace {

constexpr std::uint64_t kHappenedMax = 300'000;  // more in one run: something goes round and round
constexpr std::size_t kStoryMax = 20'000;

/// The member "wait" of a pull, as it was, and put to 0: the service must not block a thread of virtual time.
std::int64_t take_wait(std::string& body) {
    constexpr std::string_view kName = "\"wait\":";
    const auto at = body.find(kName);
    if (at == std::string::npos) return 0;
    const auto begin = at + kName.size(), end = body.find_first_not_of("0123456789", begin);
    const std::int64_t wait = std::stoll("0" + body.substr(begin, end - begin));
    body.replace(begin, end - begin, "0");
    return wait;
}

bool nothing_new(const http::Response& response) {
    return response.status == 200 && response.body.find("\"changes\":[]") != std::string::npos &&
           response.body.find("\"hasMore\":false") != std::string::npos;
}

http::Response gateway(Random& random) {
    constexpr std::array<int, 4> kStatus{500, 502, 503, 504};
    return {kStatus[random.below(kStatus.size())], {{"Content-Type", "text/html"}}, "<html>Bad gateway</html>", {}};
}

http::Response busy(Random& random) {
    const bool many = random.below(2) == 0;
    return {many ? 429 : 503,
            {{"Content-Type", "application/problem+json"}, {"ColorTouch-Protocol", "1"}, {"Retry-After", "20"}},
            many ? R"({"code":"TOO_MANY_REQUESTS","detail":"slowly"})" : R"({"code":"UNAVAILABLE","detail":"busy"})",
            {}};
}

}  // namespace

World::World(const Plan& plan, bool tracing)
    : plan_((static_cast<void>(office()), plan)),  // made first: it uses the same disks
      tracing_(tracing),
      faults_(plan.faults),
      server_clock_(now_),
      server_random_(mix(plan.seed, 1)),
      server_file_("/simulated-server/server.db"),
      server_disk_("/simulated-server", mix(plan.seed, 2)) {
    sqlite3_randomness(0, nullptr);
    server_disk_.replace(office().server);
    server_start();
    for (const char seat : plan_.seats) {
        const Office::Prepared& prepared = office().laptops.at(seat);
        add_laptop(seat, prepared.disk, prepared.token).start();
    }
}

World::~World() {
    laptops_.clear();
    server_stop();
}

Laptop& World::add_laptop(char seat, const Disk::Contents& disk, const std::string& token) {
    const int number = static_cast<int>(laptops_.size());
    laptops_.push_back(std::make_unique<Laptop>(*this, number, seat, disk, token));
    return *laptops_.back();
}

void World::broken(const std::string& what) {
    if (!broken_.empty()) return;
    broken_ = what;
    trace([&] { return "BROKEN: " + what; });
}

void World::trace(const std::function<std::string()>& line) {
    if (!tracing_ || story_.size() >= kStoryMax) return;
    const std::int64_t s = now_ / 1'000;
    char time[32];
    sqlite3_snprintf(sizeof(time), time, "%3lld:%02lld:%02lld.%03lld ", s / 3'600, s / 60 % 60, s % 60, now_ % 1'000);
    story_.push_back(time + line());
}

// ---- time

void World::at(SteadyMs when, std::function<void()> what) {
    happenings_.push({std::max(when, now_), ++happened_, std::move(what)});
}

void World::run_until(SteadyMs when) {
    while (!happenings_.empty() && happenings_.top().at <= when && !is_broken()) {
        Happening next = happenings_.top();
        happenings_.pop();
        now_ = next.at;
        next.what();
        if (happened_ > kHappenedMax) broken("something goes round and round");
    }
    now_ = std::max(now_, when);
}

// ---- the plan

std::string World::run() {
    for (const Step& step : plan_.steps) {
        carry_out(step);
        run_until(now_ + step.pause);
        if (is_broken()) return broken_;
    }
    end_faults();
    if (std::string what = settle(); !what.empty()) broken(what);
    return broken_;
}

void World::carry_out(const Step& step) {
    SeededRandom random(step.seed);
    if (step.act >= Act::server_down) {
        trace([&] { return std::string(name(step.act)) + " (step " + std::to_string(step.number) + ")"; });
        server_act(step, random);
    } else {
        laptops_.at(static_cast<std::size_t>(step.laptop))->carry_out(step, random);
    }
}

void World::end_faults() {
    trace([] { return std::string("all faults end"); });
    faults_ = Faults{};
    server_disk_.full(false);
    server_disk_.stop_at_write(0);
    server_down_until_ = 0;
    if (!service_) server_start();
    for (std::size_t i = 0; i < laptops_.size(); ++i) laptops_[i]->end_faults();
}

/// Liveness: with no restart, no new edit and nobody asking, all that can go goes.
std::string World::drain(const char* when) {
    const auto all_sent = [this] {
        return std::all_of(laptops_.begin(), laptops_.end(),
                           [](auto& laptop) { return laptop->running() && laptop->store().queue().sendable == 0; });
    };
    const SteadyMs end = now_ + kHour;
    while (now_ < end && !is_broken()) {
        run_until(now_ + kMinute);
        for (auto& laptop : laptops_) laptop->sign_in();  // whoever was signed out
        if (all_sent()) return {};
    }
    if (is_broken()) return broken_;
    std::string text = std::string("liveness: ") + when + " an hour does not empty the queues";
    for (auto& laptop : laptops_) text += laptop->describe();
    return text;
}

std::string World::settle() {
    run_until(now_ + kMinute);  // sign-ins
    for (auto& laptop : laptops_) laptop->end_faults();
    if (std::string what = drain("after the last fault,"); !what.empty()) return what;
    for (auto& laptop : laptops_) {
        if (std::string what = check_held_back(*laptop); !what.empty()) return what;
    }
    for (int round = 0; round < 30; ++round) {
        bool waits = false;
        for (auto& laptop : laptops_) {
            if (!laptop->running()) return laptop->name() + " does not run";
            if (!laptop->waits_for_a_person()) continue;
            waits = true;
            SeededRandom random(mix(plan_.seed, 1'000 + static_cast<std::uint64_t>(round)));
            laptop->decide_everything(random);
        }
        if (!waits) break;
        if (std::string what = drain("after people decided,"); !what.empty()) return what;
        if (round == 29) {
            std::string text = "people decide and decide, and something is always left";
            for (auto& laptop : laptops_) text += laptop->describe();
            return text;
        }
    }
    // The interval and its jitter, twice: who looks may find that something of its own is to be sent.
    for (int look = 0; look < 2; ++look) {
        run_until(now_ + 6 * kMinute);
        for (auto& laptop : laptops_) {
            if (laptop->running()) laptop->answer(true);
        }
        if (std::string what = drain("after all have looked,"); !what.empty()) return what;
    }
    for (auto& laptop : laptops_) {
        if (std::string what = check_laptop(*this, *laptop); !what.empty()) return what;
    }
    return check_world(*this);
}

// ---- network

void World::exchange(Laptop& laptop, client::NetJob job) {
    SeededRandom random(
        mix(mix(plan_.seed, 500 + static_cast<std::uint64_t>(laptop.number())), laptop.next_exchange()));
    const auto chance = [&random](int percent) { return static_cast<int>(random.below(100)) < percent; };
    const auto latency = [&] {
        return 1 + static_cast<SteadyMs>(random.below(static_cast<std::uint64_t>(faults_.latency_max_ms)));
    };
    const bool listens = job.kind == client::NetJob::Kind::listen;
    const std::uint64_t incarnation = laptop.incarnation(listens);
    const std::string what = job.request.path + " #" + std::to_string(job.id);
    const auto deliver = [this, &laptop, incarnation, listens, job, what](net::HttpOutcome outcome) {
        if (incarnation != laptop.incarnation(listens) || !laptop.running()) return;
        trace([&] {
            return laptop.name() + " hears of " + what + ": " +
                   (outcome.failure != net::NetFailure::none
                        ? net::name(outcome.failure)
                        : std::to_string(outcome.response.status) + " " + outcome.response.body.substr(0, 2'000));
        });
        laptop.answered(client::read_answer(job, outcome));
    };
    const auto fails = [](net::NetFailure how) {
        net::HttpOutcome outcome;
        outcome.failure = how;
        return outcome;
    };
    trace([&] { return laptop.name() + " sends " + what + " " + job.request.body.substr(0, 2'000); });
    if (!laptop.link_up()) {
        at(now_ + 1, [deliver, fails] { deliver(fails(net::NetFailure::no_route)); });
        return;
    }
    if (laptop.portal() || chance(faults_.portal_page)) {
        net::HttpOutcome outcome;
        outcome.response = {200, {{"Content-Type", "text/html"}}, "<html>Welcome to the hotel</html>", {}};
        at(now_ + latency(), [deliver, outcome] { deliver(outcome); });
        return;
    }
    const bool lost = laptop.loses_requests() || chance(faults_.lose_request);
    const bool unanswered = laptop.loses_answers() || chance(faults_.lose_answer);
    const bool twice = chance(faults_.duplicate), cut = chance(faults_.cut_answer), error = chance(faults_.error);
    const int kind = static_cast<int>(random.below(3));  // of error
    const std::uint64_t more = random.next();
    const SteadyMs gives_up = now_ + job.deadlines.read_ms;
    const SteadyMs there = chance(faults_.late) ? gives_up + latency() * 10 : now_ + latency();
    const SteadyMs way_back = latency();
    if (lost) {
        at(gives_up, [deliver, fails] { deliver(fails(net::NetFailure::timeout)); });
        return;
    }
    if (there > gives_up) at(gives_up, [deliver, fails] { deliver(fails(net::NetFailure::timeout)); });
    at(there, [this, &laptop, job, deliver, fails, unanswered, twice, cut, error, kind, more, gives_up, way_back] {
        SeededRandom chances(more);
        if (error && kind == 0) {
            net::HttpOutcome outcome;
            outcome.response = busy(chances);
            at(now_ + way_back, [deliver, outcome] { deliver(outcome); });
            return;
        }
        if (!service_) {
            at(now_ + way_back, [deliver, fails] { deliver(fails(net::NetFailure::refused)); });
            return;
        }
        if (twice) {  // a proxy that tries again
            http::Request again = job.request;
            (void)take_wait(again.body);
            (void)handle(laptop, again);
        }
        const bool spoilt = error && kind == 1;
        const std::uint64_t seed = chances.next();
        poll(laptop, job.request,
             [this, deliver, fails, unanswered, cut, spoilt, gives_up, way_back, seed](const http::Response& response) {
                 SeededRandom last(seed);
                 net::HttpOutcome outcome;
                 outcome.response = response;
                 if (response.status == 0) outcome.failure = net::NetFailure::cut;
                 if (spoilt) outcome.response = gateway(last);
                 if (cut) {
                     outcome.failure = last.below(2) == 0 ? net::NetFailure::cut : net::NetFailure::bad_body;
                     outcome.response.body.clear();
                 }
                 if (unanswered) {
                     at(std::max(now_, gives_up), [deliver, fails] { deliver(fails(net::NetFailure::timeout)); });
                 } else {
                     at(now_ + way_back, [deliver, outcome] { deliver(outcome); });
                 }
             });
    });
}

/// What the server makes of it, or nothing: it went down over it.
std::optional<http::Response> World::handle(const Laptop& laptop, const http::Request& request) {
    if (!service_) return std::nullopt;
    http::Response response = service_->handle(request);
    if (server_died()) return std::nullopt;
    if (std::string what = wire_.passed(request, response, copies_about); !what.empty()) broken(what);
    const bool of_others = response.body.find("(of the others)") != std::string::npos;
    if (of_others && laptop.seat().workspace == 0)
        broken("workspaces: " + laptop.name() + " is sent what is not its own");
    if (response.status == 500 && response.body.find("INTERNAL") != std::string::npos)
        broken("the server made a mistake: " + response.body);
    return response;
}

/// Answers now, or, where the client wants to wait for news, when there are some.
void World::poll(const Laptop& laptop, const http::Request& request, std::function<void(http::Response)> answer) {
    http::Request asked = request;
    const std::int64_t wait = request.path == "/api/sync/pull" ? take_wait(asked.body) : 0;
    const auto response = handle(laptop, asked);
    if (!response || wait == 0 || !nothing_new(*response)) {
        answer(response.value_or(http::Response{}));
    } else {
        const std::uint64_t number = ++polls_;
        waiting_.push_back({number, &laptop, asked, now_ + wait * 1'000, std::move(answer)});
        at(now_ + wait * 1'000, [this, number] {
            const auto at = std::find_if(waiting_.begin(), waiting_.end(), [&](auto& w) { return w.number == number; });
            if (at == waiting_.end()) return;
            Waiting done = std::move(*at);
            waiting_.erase(at);
            done.answer(handle(*done.laptop, done.request).value_or(http::Response{}));
        });
    }
    if (request.path == "/api/sync/push") look_again();
}

/// After a push: whoever waits for news asks again.
void World::look_again() {
    for (std::size_t i = 0; i < waiting_.size();) {
        const auto response = handle(*waiting_[i].laptop, waiting_[i].request);
        if (response && nothing_new(*response)) {
            ++i;
            continue;
        }
        if (i >= waiting_.size()) return;  // the server went down, and all of them with it
        Waiting done = std::move(waiting_[i]);
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
        done.answer(response.value_or(http::Response{}));
    }
}

}  // namespace ct::sim
