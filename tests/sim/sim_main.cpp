// tools/sim: seeds after seeds, until one fails or the time is up.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sim/recording.h"
#include "sim/run.h"

namespace {

using namespace ct;
using namespace ct::sim;

constexpr const char* kUsage =
    R"(usage: tools/sim [option…]      many laptops and a server on virtual time, network and disk, from seeds
  --seeds N         how many (default 1000)
  --from S          the first one (default 1)
  --seconds N       stop after that time, however many are done
  --scenario NAME   only this one; without it the seed chooses. --list names them
  --recording FILE  what happened is read from a flight recorder's file (tools/replay); the seed makes what is edited
  --seed N          only this one
  --trace           with --seed: tell the story, a line per event
  --minimise        make a failing seed as short as possible
  --keep-going      tell all failing seeds, not the first alone
  --keep LIST --calm LIST --seats LETTERS   a thinned plan, as --minimise prints it
exit 0: all rules held · 1: a rule was broken · 2: usage
)";

struct Options {
    std::uint64_t seeds = 1'000, from = 1;
    std::optional<std::uint64_t> seed;
    std::int64_t seconds = 0;
    const Scenario* scenario = nullptr;
    std::string keep, calm, seats, recording;
    bool trace = false, minimise = false, keep_going = false, list = false;
};

std::optional<Options> read(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        const auto flag = [&](std::string_view wanted, bool& into) { return name == wanted ? (into = true) : false; };
        if (flag("--trace", options.trace) || flag("--minimise", options.minimise) ||
            flag("--keep-going", options.keep_going) || flag("--list", options.list))
            continue;
        if (i + 1 >= argc) return std::nullopt;
        const std::string_view value = argv[++i];
        std::uint64_t number = 0;
        const bool numeric = std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc{};
        if (name == "--scenario") {
            options.scenario = find_scenario(value);
            if (options.scenario == nullptr) return std::nullopt;
        } else if (name == "--recording") {
            options.recording = value;
        } else if (name == "--keep") {
            options.keep = value;
        } else if (name == "--calm") {
            options.calm = value;
        } else if (name == "--seats") {
            options.seats = value;
        } else if (!numeric) {
            return std::nullopt;
        } else if (name == "--seeds") {
            options.seeds = number;
        } else if (name == "--from") {
            options.from = number;
        } else if (name == "--seconds") {
            options.seconds = static_cast<std::int64_t>(number);
        } else if (name == "--seed") {
            options.seed = number;
        } else {
            return std::nullopt;
        }
    }
    return options;
}

std::optional<Plan> plan_for(const Options& options, std::uint64_t seed) {
    if (options.recording.empty()) return make_plan(seed, options.scenario);
    auto plan = plan_of_recording(options.recording, seed);
    if (plan) return *std::move(plan);
    std::fprintf(stderr, "sim: %s\n", plan.error().message.c_str());
    return std::nullopt;
}

bool report(const Plan& plan, const Options& options) {
    Outcome outcome = run(plan, options.trace);
    for (const std::string& line : outcome.story) std::printf("%s\n", line.c_str());
    if (!outcome.failed()) return true;
    std::printf("%s\n  %s --trace\n", outcome.broken.c_str(), command_line(plan).c_str());
    if (!options.minimise) return false;
    const Plan shorter = minimise(plan);
    std::printf("shorter: %zu steps, %zu laptops\n  %s --trace\n%s\n", shorter.steps.size(), shorter.seats.size(),
                command_line(shorter).c_str(), run(shorter).broken.c_str());
    return false;
}

int one(const Options& options) {
    auto made = plan_for(options, *options.seed);
    if (!made) return 2;
    Plan plan = *std::move(made);
    if (!options.seats.empty()) {
        plan.seats = options.seats;
        std::erase_if(plan.steps,
                      [&](const Step& step) { return static_cast<std::size_t>(step.laptop) >= options.seats.size(); });
    }
    const bool good = (options.keep.empty() || keep_steps(plan, options.keep)) && calm(plan, options.calm);
    if (!good) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    if (!report(plan, options)) return 1;
    std::printf("seed %llu: all rules held\n", static_cast<unsigned long long>(*options.seed));
    return 0;
}

int many(const Options& options) {
    using clock = std::chrono::steady_clock;
    const auto began = clock::now();
    const auto elapsed = [&] { return std::chrono::duration<double>(clock::now() - began).count(); };
    std::uint64_t runs = 0, failures = 0;
    for (std::uint64_t seed = options.from; runs < options.seeds; ++seed) {
        if (options.seconds > 0 && elapsed() > static_cast<double>(options.seconds)) break;
        const auto made = plan_for(options, seed);
        if (!made) return 2;
        const Plan& plan = *made;
        ++runs;
        const Outcome outcome = run(plan);
        if (!outcome.failed()) continue;
        ++failures;
        std::printf("seed %llu (%s):\n", static_cast<unsigned long long>(seed),
                    std::string(plan.scenario->name).c_str());
        if (options.keep_going && !options.minimise)
            std::printf("%s\n  %s --trace\n", outcome.broken.c_str(), command_line(plan).c_str());
        else
            (void)report(plan, options);
        std::fflush(stdout);
        if (!options.keep_going) break;
    }
    const double seconds = elapsed();
    std::printf("%llu seeds from %llu, %.0f runs/s, %llu failed\n", static_cast<unsigned long long>(runs),
                static_cast<unsigned long long>(options.from), static_cast<double>(runs) / seconds,
                static_cast<unsigned long long>(failures));
    return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = read(argc, argv);
    if (!options) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    if (options->list) {
        for (const Scenario& scenario : scenarios())
            std::printf("%-16s %s\n", std::string(scenario.name).c_str(), std::string(scenario.what).c_str());
        return 0;
    }
    quiet();
    return options->seed ? one(*options) : many(*options);
}
