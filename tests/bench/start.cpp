// From the start of the program to its first frame, with 100,000 leads in the profile. Beside it: the same with an
// empty profile, and a program that opens a window with OpenGL and does nothing else.
#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <fcntl.h>
#include <imgui.h>
#include <imgui_impl_glfw.h>
#include <imgui_impl_opengl3.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "bench.h"
#include "store/store.h"
#include "sync/stamp.h"

extern char** environ;

namespace ct::bench {

namespace {

constexpr std::size_t kPageRows = 100'000;
constexpr int kRuns = 5;

void fill(const std::string& profile, std::size_t leads) {
    std::filesystem::create_directories(profile);
    auto store = store::Store::open(profile + "/colortouch.db", system_clock(), system_random());
    if (!store) give_up(store.error().message);
    for (std::size_t done = 0; done < leads; done += kPageRows) {
        sync::PullPage page;
        page.from = (*store)->state().cursor;
        page.cursor = "filled-" + std::to_string(done);
        for (const sync::Operation& operation : sample_creates(std::min(kPageRows, leads - done), 10 + done)) {
            sync::PullRow& row = page.rows.emplace_back();
            row.whole = true;
            row.id = operation.record;
            row.version = static_cast<std::int64_t>(done + page.rows.size());
            row.created_at = row.updated_at = sync::stamp_ms(operation.stamp);
            row.changes = operation.changes;
        }
        if (auto applied = (*store)->apply(page); !applied) give_up(applied.error().message);
    }
}

/// Leads of one's own that no server has heard of.
void fill_queue(const std::string& profile, std::size_t edits) {
    constexpr std::size_t kAtOnce = 5'000;
    auto store = store::Store::open(profile + "/colortouch.db", system_clock(), system_random());
    if (!store) give_up(store.error().message);
    for (std::size_t done = 0; done < edits; done += kAtOnce) {
        const auto creates = sample_creates(std::min(kAtOnce, edits - done), 1'000'000 + done);
        if (auto saved = (*store)->commit(creates, "user"); !saved) give_up(saved.error().message);
    }
}

/// Processor time of another process, user and system.
double processor_seconds(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;  // state … cmajflt
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// The program with its window open and nobody at the keyboard: share of one processor over a minute.
double at_rest(const std::string& profile) {
    const std::string program = std::string(CT_BIN_DIR) + "/colortouch";
    std::vector<std::string> command{program, "--profile", profile, "--open", "leads"};
    std::vector<char*> argv;
    for (std::string& argument : command) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_t child = -1;
    if (::posix_spawn(&child, argv[0], nullptr, nullptr, argv.data(), environ) != 0) give_up("cannot run " + program);
    std::this_thread::sleep_for(std::chrono::seconds(10));  // until all is loaded and drawn
    const double before = processor_seconds(child);
    const double took = seconds([] { std::this_thread::sleep_for(std::chrono::seconds(60)); });
    const double used = processor_seconds(child) - before;
    ::kill(child, SIGTERM);
    ::waitpid(child, nullptr, 0);
    return used / took;
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

std::int64_t bytes_at_end(const std::string& line) { return std::atoll(line.c_str() + line.rfind(',') + 1) * 1'000; }

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
        result.bytes = bytes_at_end(said.lines[1]);
    }
    result.first_ms = median(first);
    result.all_ms = median(all);
    return result;
}

/// A window with OpenGL alone, and then with a sentence that ImGui draws into it: what of ours is not ours.
Start bare_window() {
    Start bare;
    std::vector<double> shown;
    for (int run = -1; run < kRuns; ++run) {
        const Said said = watch({"/proc/self/exe", "--bare-window"});
        if (said.at.size() != 2) give_up("a bare window was not shown");
        if (run >= 0) shown.push_back(said.at[0]);
        bare.bytes = bytes_at_end(said.lines[1]);
    }
    bare.first_ms = median(shown);
    return bare;
}

}  // namespace

int fill_profile(const std::string& profile, std::size_t leads, std::size_t unsent) {
    fill(profile, leads);
    if (unsent > 0) fill_queue(profile, unsent);
    return 0;
}

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
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    ImGui_ImplGlfw_InitForOpenGL(window, true);
    ImGui_ImplOpenGL3_Init("#version 150");
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    ImGui::NewFrame();
    ImGui::GetForegroundDrawList()->AddText({40, 40}, IM_COL32_WHITE, "A bare window");
    ImGui::Render();
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
    glfwSwapBuffers(window);
    std::printf("with ImGui, %lld kB\n", static_cast<long long>(resident_bytes() / 1'000));
    std::fflush(stdout);
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
    glfwTerminate();
    return 0;
}

void bench_start() {
    const Directory directory;
    fill(directory.file("full"), 100'000);
    const Start full = start(directory.file("full"));
    const Start empty = start(directory.file("empty"));
    const Start bare = bare_window();
    const auto ms = [](double value) { return number(value) + " ms"; };
    report("start to the first frame, 100,000 leads", ms(full.first_ms),
           "empty profile " + ms(empty.first_ms) + ", bare GLFW window " + ms(bare.first_ms), "100 ms");
    report("… to the frame with all of them", ms(full.all_ms), "empty profile " + ms(empty.all_ms), "250 ms");
    report("… and resident memory then", bytes(full.bytes),
           "empty profile " + bytes(empty.bytes) + ", bare window with ImGui " + bytes(bare.bytes), "150 MB");
    fill_queue(directory.file("full"), 100'000);
    const Start unsent = start(directory.file("full"));
    fill(directory.file("twice"), 200'000);
    const Start twice = start(directory.file("twice"));
    report("start to the first frame, 100,000 more leads, unsent", ms(unsent.first_ms),
           "200,000 leads, all sent " + ms(twice.first_ms), "2 x");
    fill(directory.file("large"), 1'000'000);
    const Start large = start(directory.file("large"));
    report("start to the first frame, 1,000,000 leads", ms(large.first_ms), "empty profile " + ms(empty.first_ms),
           "400 ms");
    report("… to the frame with all of them", ms(large.all_ms), "100,000 leads " + ms(full.all_ms));
    report("… and resident memory then", bytes(large.bytes), "100,000 leads " + bytes(full.bytes));
}

void bench_rest() {
    const Directory directory;
    fill(directory.file("full"), 100'000);
    report("processor at rest, window open, over 60 s", number(at_rest(directory.file("full")) * 100, 3) + " %",
           "empty profile " + number(at_rest(directory.file("empty")) * 100, 3) + " %", "0.1 %");
}

}  // namespace ct::bench
