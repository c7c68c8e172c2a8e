// tools/replay: runs what the flight recorder kept through this program's engine, step by step.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "sim/recording.h"
#include "sync/rerun.h"

namespace {

using namespace ct;

constexpr const char* kUsage =
    R"(usage: tools/replay FILE [option…]   what the flight recorder kept, through this program's sync engine
  FILE        what `inspect --export` wrote, a profile's directory, its `recording`, or one segment of that
  --quiet     only what differs, and the count
  --last N    show the last N steps only; all are run
  --state     show the engine as it is at the end
exit 0: the same actions came · 1: another one came, the first is shown · 2: usage, or nothing to be read
)";

struct Options {
    std::string file;
    bool quiet = false, state = false;
    std::size_t last = 0;
};

bool read(int argc, char** argv, Options& options) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--quiet") {
            options.quiet = true;
        } else if (name == "--state") {
            options.state = true;
        } else if (name == "--last" && i + 1 < argc) {
            options.last = std::strtoul(argv[++i], nullptr, 10);
        } else if (name.starts_with("-") || !options.file.empty()) {
            return false;
        } else {
            options.file = name;
        }
    }
    return !options.file.empty();
}

/// What a person reads along.
std::vector<std::string> told(const sync::Entry& entry, std::int64_t number) {
    if (const auto* const begin = std::get_if<sync::Begin>(&entry)) {
        if (begin->goes_on) return {};
        return {"---- " + format_rfc3339(begin->wall) + " " + begin->program + " starts"};
    }
    if (const auto* const note = std::get_if<sync::Note>(&entry))
        return {"---- " + format_rfc3339(note->wall) + " " + note->words};
    if (const auto* const gap = std::get_if<sync::Gap>(&entry)) {
        return {"---- " + std::to_string(gap->bytes) + " bytes " +
                (gap->other_version ? "of another version of this program" : "that cannot be read") + " left out"};
    }
    if (const auto* const exchange = std::get_if<sync::Exchange>(&entry)) {
        return {"     " + format_rfc3339(exchange->wall) + " " + exchange->what + " over the connection for " +
                exchange->lane + ": " +
                (exchange->failure.empty() ? "status " + std::to_string(exchange->status) : exchange->failure) +
                " in " + std::to_string(exchange->total_us / 1'000) + " ms" +
                (exchange->detail.empty() ? "" : ", " + exchange->detail)};
    }
    const auto& step = std::get<sync::Step>(entry);
    std::vector<std::string> lines{"#" + std::to_string(number) + " " + format_rfc3339(step.wall) + " " +
                                   sync::short_text(step.event)};
    for (const sync::Action& action : step.actions) lines.push_back("    -> " + sync::short_text(action));
    return lines;
}

void print(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) std::printf("%s\n", line.c_str());
}

int run(const Options& options) {
    sync::Rerun rerun;
    std::vector<std::vector<std::string>> kept;  // with --last
    const auto show = [&](std::vector<std::string> lines) {
        if (options.quiet) return;
        if (options.last == 0) return print(lines);
        kept.push_back(std::move(lines));
        if (kept.size() > 2 * options.last)
            kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(options.last));
    };
    std::string first;
    auto read = sim::read_recording_file(options.file, [&](sync::Entry&& entry) {
        const auto difference = rerun.feed(entry);
        show(told(entry, rerun.steps()));
        if (!difference || !first.empty()) return;
        first = "step " + std::to_string(difference->step) + ", " + difference->what + ":\n  expected " +
                difference->expected + "\n  came     " + difference->came + "\n";
        show({"!!!! " + first});
    });
    if (!read) {
        std::fprintf(stderr, "replay: %s\n", read.error().message.c_str());
        return 2;
    }
    const std::size_t from = kept.size() > options.last ? kept.size() - options.last : 0;
    for (std::size_t i = from; i < kept.size(); ++i) print(kept[i]);
    if (options.state && rerun.engine() != nullptr) {
        std::printf("%s\n%s\n", rerun.engine()->reason().c_str(), sync::short_text(*rerun.engine()).c_str());
    }
    if (!first.empty()) std::printf("%s", first.c_str());
    std::printf("%lld steps, %lld with the same actions, %lld with others, %lld left out\n",
                static_cast<long long>(rerun.steps()), static_cast<long long>(rerun.same()),
                static_cast<long long>(rerun.differences()), static_cast<long long>(rerun.left_out()));
    return first.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (!read(argc, argv, options)) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    return run(options);
}
