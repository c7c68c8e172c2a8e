#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <thread>
#include <utility>

#include "app/ctl/terminal.h"

namespace ct::app {
namespace {

/// Switches the terminal's echo off for as long as it lives.
class Silence {
  public:
    Silence() : works_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
        if (!works_) return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    ~Silence() {
        if (works_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;

  private:
    termios before_{};
    bool works_;
};

}  // namespace

std::size_t terminal_width() {
    winsize size{};
    if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col;
}

Result<std::string> read_secret_line(const std::string& prompt) {
    std::string line;
    const bool typed = ::isatty(STDIN_FILENO) != 0;
    if (typed) {
        const Silence silence;
        std::cerr << prompt << std::flush;
        std::getline(std::cin, line);
        std::cerr << '\n';
    } else {
        std::getline(std::cin, line);
    }
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) return fail(ErrorKind::invalid, "NO_PASSWORD", "the password is expected on standard input");
    return line;
}

std::filesystem::path program_path() {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/exe", ignored);
}

struct Interrupt::Impl {
    explicit Impl(std::function<void()> a_stop) : stop(std::move(a_stop)) {
        sigemptyset(&interrupts);
        sigaddset(&interrupts, SIGINT);
        sigaddset(&interrupts, SIGTERM);
        awaited = interrupts;
        sigaddset(&awaited, kEnough);
        pthread_sigmask(SIG_BLOCK, &awaited, &before);
        waiter = std::thread([this] {
            int signal = 0;
            sigwait(&awaited, &signal);
            if (signal == kEnough) return;
            pthread_sigmask(SIG_UNBLOCK, &interrupts, nullptr);  // the second one is for who cannot wait
            stop();
            sigset_t enough;
            sigemptyset(&enough);
            sigaddset(&enough, kEnough);
            sigwait(&enough, &signal);
        });
    }
    ~Impl() {
        pthread_kill(waiter.native_handle(), kEnough);
        waiter.join();
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    static constexpr int kEnough = SIGUSR1;  // sent by ourselves, to our own waiter
    const std::function<void()> stop;
    sigset_t interrupts{}, awaited{}, before{};
    std::thread waiter;
};

Interrupt::Interrupt(std::function<void()> stop) : impl_(std::make_unique<Impl>(std::move(stop))) {}
Interrupt::~Interrupt() = default;

}  // namespace ct::app
