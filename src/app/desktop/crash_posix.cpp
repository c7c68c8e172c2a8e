// The handler calls nothing but what signal-safety(7) allows, and libgcc's unwinder, which is linked in.
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "app/desktop/crash.h"
#include "base/clock.h"

extern "C" const char __executable_start;  // NOLINT: the linker's name for where the program was loaded

namespace ct::app {
namespace {

constexpr std::array kSignals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr int kFramesMax = 64;
constexpr std::size_t kStack = 64 * 1024;

// Filled before anything can go wrong, only read by the handler.
std::array<char, 512> report_file{}, report_head{}, exception_words{};
std::array<char, kStack> handler_stack{};

void put(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void put_number(int file, std::uint64_t number, unsigned base) {
    std::array<char, 24> digits{};
    std::size_t at = digits.size();
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    put(file, std::string_view(digits.data() + at, digits.size() - at));
}

struct Walk {
    int file = -1;
    int frames = 0;
};

_Unwind_Reason_Code put_frame(_Unwind_Context* context, void* given) {
    auto& walk = *static_cast<Walk*>(given);
    const auto at = static_cast<std::uint64_t>(_Unwind_GetIP(context));
    const auto base = reinterpret_cast<std::uintptr_t>(&__executable_start);
    put(walk.file, "  0x");
    put_number(walk.file, at >= base ? at - base : at, 16);
    put(walk.file, "\n");
    return ++walk.frames < kFramesMax ? _URC_NO_REASON : _URC_END_OF_STACK;
}

void on_fatal(int signal) {
    const int file = ::open(report_file.data(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file >= 0) {
        put(file, report_head.data());
        put(file, "signal ");
        put_number(file, static_cast<std::uint64_t>(signal), 10);
        put(file, "\n");
        if (exception_words[0] != '\0') {
            put(file, "exception ");
            put(file, exception_words.data());
            put(file, "\n");
        }
        put(file, "frames, as offsets in the program (addr2line -e colortouch …):\n");
        Walk walk{file, 0};
        _Unwind_Backtrace(put_frame, &walk);
        ::close(file);
    }
    ::signal(signal, SIG_DFL);
    ::raise(signal);
}

void copy(std::array<char, 512>& into, std::string_view text) {
    const std::size_t size = std::min(text.size(), into.size() - 1);
    std::memcpy(into.data(), text.data(), size);
    into[size] = '\0';
}

void on_terminate() {
    if (const std::exception_ptr current = std::current_exception()) {
        try {
            std::rethrow_exception(current);
        } catch (const std::exception& error) {
            copy(exception_words, error.what());
        } catch (...) {
            copy(exception_words, "of an unknown kind");
        }
    }
    std::abort();
}

}  // namespace

void report_crashes(const std::string& directory, const std::string& version) {
    const UnixMs now = system_clock().now();
    copy(report_file, directory + "/crash-" + std::to_string(now) + "-" + std::to_string(::getpid()) + ".txt");
    utsname system{};
    ::uname(&system);
    copy(report_head, "ColorTouch " + version + ", started at " + std::to_string(now) + " ms since 1970\n" +
                          system.sysname + " " + system.release + " " + system.machine + "\n");
    std::set_terminate(on_terminate);
    stack_t stack{};
    stack.ss_sp = handler_stack.data();
    stack.ss_size = handler_stack.size();
    ::sigaltstack(&stack, nullptr);
    struct sigaction action {};
    action.sa_handler = on_fatal;
    action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESETHAND);
    for (const int signal : kSignals) ::sigaction(signal, &action, nullptr);
}

std::optional<std::string> take_crash_report(const std::string& directory) {
    namespace fs = std::filesystem;
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (name.starts_with("crash-") && name.ends_with(".txt")) found.push_back(at->path());
    }
    if (found.empty()) return std::nullopt;
    std::sort(found.begin(), found.end());
    std::string newest;
    for (const fs::path& report : found) {
        fs::path told = report;
        told.replace_extension(".report");
        fs::rename(report, told, error);
        newest = told.string();
    }
    return newest;
}

}  // namespace ct::app
