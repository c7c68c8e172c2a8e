// From the start of the program to its first frame, with 100,000 leads in the profile. Beside it: the same with an
// empty profile, and a program that opens a window with OpenGL and does nothing else.
#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "bench.h"
#include "store/store.h"
#include "sync/stamp.h"

extern char** environ;

namespace ct::bench {

namespace {

constexpr std::size_t kLeads = 100'000;
constexpr int kRuns = 5;

void fill(const std::string& profile) {
    std::filesystem::create_directories(profile);
    auto store = store::Store::open(profile + "/colortouch.db", system_clock(), system_random());
    if (!store) give_up(store.error().message);
    sync::PullPage page;
    page.cursor = "filled";
    for (const sync::Operation& operation : sample_creates(kLeads, 10)) {
        sync::PullRow& row = page.rows.emplace_back();
        row.whole = true;
        row.id = operation.record;
        row.version = static_cast<std::int64_t>(page.rows.size());
        row.created_at = row.updated_at = sync::stamp_ms(operation.stamp);
        row.changes = operation.changes;
    }
    if (auto applied = (*store)->apply(page); !applied) give_up(applied.error().message);
}

/// When a program said each of its lines, in milliseconds since it was started, and the lines.
struct Said {
    std::vector<double> at;
    std::vector<std::string> lines;
};

Said watch(std::vector<std::string> command) {
    std::vector<char*> argv;
    for (std::string& argument : command) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) give_up("no pipe to be had");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    Said said;
    const auto begin = std::chrono::steady_clock::now();
    pid_t child = -1;
    if (::posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ) != 0)
        give_up("cannot run " + command[0]);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    std::string line;
    char byte = 0;
    while (::read(ends[0], &byte, 1) == 1) {
        if (byte != '\n') {
            line += byte;
            continue;
        }
        said.at.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() * 1e3);
        said.lines.push_back(std::exchange(line, {}));
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) give_up(command[0] + " did not end well, status " + std::to_string(status));
    return said;
}

struct Start {
    double first_ms = 0, all_ms = 0;
    std::int64_t bytes = 0;
};

/// The median of five, after one that warms the disk's cache.
Start start(const std::string& profile) {
    std::vector<double> first, all;
    Start result;
    for (int run = -1; run < kRuns; ++run) {
        const Said said =
            watch({std::string(CT_BIN_DIR) + "/colortouch", "--profile", profile, "--open", "leads", "--timing"});
        if (said.at.size() != 2) give_up("colortouch --timing said something else");
        if (run < 0) continue;
        first.push_back(said.at[0]);
        all.push_back(said.at[1]);
        const std::string& last = said.lines[1];
        result.bytes = std::atoll(last.c_str() + last.rfind(',') + 1) * 1'000;
    }
    result.first_ms = median(first);
    result.all_ms = median(all);
    return result;
}

double bare_window() {
    std::vector<double> shown;
    for (int run = -1; run < kRuns; ++run) {
        const Said said = watch({"/proc/self/exe", "--bare-window"});
        if (said.at.empty()) give_up("a bare window was not shown");
        if (run >= 0) shown.push_back(said.at[0]);
    }
    return median(shown);
}

}  // namespace

int show_bare_window() {
    glfwSetErrorCallback([](int, const char* words) { std::fprintf(stderr, "bench: bare window: %s\n", words); });
    if (std::getenv("WAYLAND_DISPLAY") == nullptr) glfwInitHint(GLFW_PLATFORM, GLFW_PLATFORM_X11);
    if (glfwInit() == GLFW_FALSE) return 1;
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
    glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
    GLFWwindow* window = glfwCreateWindow(1280, 800, "bare", nullptr, nullptr);
    if (window == nullptr) return 1;
    glfwMakeContextCurrent(window);
    constexpr unsigned kColorBuffer = 0x4000;
    reinterpret_cast<void (*)(unsigned)>(glfwGetProcAddress("glClear"))(kColorBuffer);
    glfwSwapBuffers(window);
    std::puts("shown");
    std::fflush(stdout);
    glfwTerminate();
    return 0;
}

void bench_start() {
    const Directory directory;
    fill(directory.file("full"));
    const Start full = start(directory.file("full"));
    const Start empty = start(directory.file("empty"));
    const double bare = bare_window();
    const auto ms = [](double value) { return number(value) + " ms"; };
    report("start to the first frame, 100,000 leads", ms(full.first_ms),
           "empty profile " + ms(empty.first_ms) + ", bare GLFW window " + ms(bare), "250 ms");
    report("… to the frame with all of them", ms(full.all_ms), "empty profile " + ms(empty.all_ms), "250 ms");
    report("… and resident memory then", bytes(full.bytes), "empty profile " + bytes(empty.bytes));
}

}  // namespace ct::bench
