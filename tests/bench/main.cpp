#include <cstdio>
#include <map>
#include <string>

#include "base/log.h"
#include "bench.h"

int main(int argc, char** argv) {
    using namespace ct::bench;
    if (argc == 2 && argv[1] == std::string("--bare-window")) return show_bare_window();
    if (argc == 3 && argv[1] == std::string("--load")) return load_profile(argv[2]);
    const std::map<std::string, void (*)()> all{
        {"edits", bench_edits}, {"pull", bench_pull}, {"push", bench_push}, {"start", bench_start}, {"ui", bench_ui}};
    for (int i = 1; i < argc; ++i) {
        if (!all.contains(argv[i])) {
            std::fprintf(stderr, "bench: %s: choose from edits, push, pull, start, ui\n", argv[i]);
            return 2;
        }
    }
    ct::log::set_level(ct::log::Level::error);
    report("what", "measured", "against", "aim");
    for (const char* name : {"edits", "push", "pull", "start", "ui"}) {
        bool wanted = argc == 1;
        for (int i = 1; i < argc; ++i) wanted = wanted || name == std::string(argv[i]);
        if (wanted) all.at(name)();
    }
    return 0;
}
