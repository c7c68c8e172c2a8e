#include "server/failing_flush.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <mutex>
#include <string_view>
#include <utility>

namespace {

std::mutex mutex;
std::string broken;  // guarded by mutex; empty: none
int failures = 0;    // guarded by mutex

bool is_broken(int file) {
    const std::lock_guard lock(mutex);
    if (broken.empty()) return false;
    std::array<char, 4'096> path{};
    const std::string link = "/proc/self/fd/" + std::to_string(file);
    const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
    if (length < 0) return false;
    if (!std::string_view(path.data(), static_cast<std::size_t>(length)).starts_with(broken)) return false;
    ++failures;
    return true;
}

}  // namespace

/// In the place of the system library's, for the whole program.
extern "C" int fsync(int file) {
    if (is_broken(file)) {
        errno = EIO;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_fsync, file));
}

namespace ct::server::test {

FailingFlush::FailingFlush(std::string path_begins) {
    const std::lock_guard lock(mutex);
    broken = std::move(path_begins);
    failures = 0;
}

FailingFlush::~FailingFlush() {
    const std::lock_guard lock(mutex);
    broken.clear();
}

int FailingFlush::failed() const {
    const std::lock_guard lock(mutex);
    return failures;
}

}  // namespace ct::server::test
