#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "bench.h"

int main(int argc, char** argv) {
    using namespace ct::bench;
    if (argc == 2 && argv[1] == std::string("--bare-window")) return show_bare_window();
    if (argc == 3 && argv[1] == std::string("--load")) return load_profile(argv[2]);
    if (argc == 5 && argv[1] == std::string("--fill"))
        return fill_profile(argv[2], std::strtoull(argv[3], nullptr, 10), std::strtoull(argv[4], nullptr, 10));
    const std::vector<std::pair<std::string, void (*)()>> all{
        {"edits", bench_edits}, {"push", bench_push},         {"pull", bench_pull},     {"stages", bench_stages},
        {"link", bench_link},   {"recorder", bench_recorder}, {"server", bench_server}, {"start", bench_start},
        {"ui", bench_ui},       {"rest", bench_rest},         {"import", bench_import}};
    const auto named = [&](const std::string& name) {
        return std::any_of(all.begin(), all.end(), [&](const auto& section) { return section.first == name; });
    };
    for (int i = 1; i < argc; ++i) {
        if (named(argv[i])) continue;
        std::fprintf(stderr, "bench: %s: choose from", argv[i]);
        for (const auto& [name, run] : all) std::fprintf(stderr, " %s", name.c_str());
        std::fprintf(stderr, "\n");
        return 2;
    }
    ct::log::set_level(ct::log::Level::error);
    report("what", "measured", "against", "aim");
    for (const auto& [name, run] : all) {
        bool wanted = argc == 1;
        for (int i = 1; i < argc; ++i) wanted = wanted || name == argv[i];
        if (wanted) run();
    }
    return 0;
}
