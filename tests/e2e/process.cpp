#include "process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace e2e {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    int read = -1, write = -1;
    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe to be had");
        read = ends[0];
        write = ends[1];
    }
};

void close_once(int& descriptor) {
    if (descriptor >= 0) ::close(std::exchange(descriptor, -1));
}

/// Appends what can be read; closes the descriptor at its end.
void take(int& descriptor, std::string& into) {
    std::array<char, 65'536> buffer;
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got > 0) {
        into.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        close_once(descriptor);
    }
}

}  // namespace

Process::Process(const Arguments& command) {
    std::vector<char*> argv;
    for (const std::string& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    Pipe in;
    Pipe out;
    Pipe err;
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {  // only calls that are safe between fork and exec
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(127);
        ::dup2(in.read, 0);
        ::dup2(out.write, 1);
        ::dup2(err.write, 2);
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }
    ::close(in.read);
    ::close(out.write);
    ::close(err.write);
    in_ = in.write;
    out_ = out.read;
    err_ = err.read;
    ::fcntl(out_, F_SETFL, O_NONBLOCK);
    ::fcntl(err_, F_SETFL, O_NONBLOCK);
}

Process::~Process() {
    if (pid_ > 0) (void)finish(std::chrono::milliseconds(0));
}

void Process::say(const std::string& text) const {
    // A program that does not read its input must not end us.
    static const bool ignored = ::signal(SIGPIPE, SIG_IGN) != SIG_ERR;
    if (ignored && in_ >= 0) (void)!::write(in_, text.data(), text.size());
}

void Process::end_input() { close_once(in_); }

void Process::send(int signal) const {
    if (pid_ > 0) ::kill(pid_, signal);  // not reaped yet, so the pid is still its own
}

bool Process::listen(std::chrono::milliseconds at_most) {
    if (out_ < 0 && err_ < 0) return false;
    std::array<pollfd, 2> set{{{out_, POLLIN, 0}, {err_, POLLIN, 0}}};
    if (::poll(set.data(), set.size(), static_cast<int>(at_most.count())) > 0) {
        if (set[0].revents != 0) take(out_, said_.out);
        if (set[1].revents != 0) take(err_, said_.err);
    }
    return true;
}

std::optional<std::string> Process::line(std::size_t number, std::chrono::milliseconds within) {
    const Clock::time_point deadline = Clock::now() + within;
    for (;;) {
        std::size_t begin = 0, end = said_.out.find('\n');
        for (std::size_t i = 0; i < number && end != std::string::npos; ++i) {
            begin = end + 1;
            end = said_.out.find('\n', begin);
        }
        if (end != std::string::npos) return said_.out.substr(begin, end - begin);
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0 || !listen(left)) return std::nullopt;
    }
}

Ran Process::finish(std::chrono::milliseconds within) {
    end_input();
    const Clock::time_point deadline = Clock::now() + within;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) {
            said_.timed_out = true;
            send(SIGKILL);
            break;
        }
        if (!listen(left)) break;
    }
    while (listen(std::chrono::milliseconds(0)) && !said_.timed_out) {
    }
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    close_once(out_);
    close_once(err_);
    if (WIFEXITED(status)) said_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) said_.signal = WTERMSIG(status);
    return std::move(said_);
}

Ran run(const Arguments& command, const std::string& input, std::chrono::milliseconds within) {
    Process process(command);
    process.say(input);
    return process.finish(within);
}

TempDir::TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "colortouch-e2e-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory to be had");
    path_ = name;
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string program(const std::string& name) { return std::string(CT_BIN_DIR) + "/" + name; }

}  // namespace e2e
