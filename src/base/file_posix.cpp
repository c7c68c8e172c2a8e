#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/random.h"

namespace ct {
namespace {

/// A file descriptor that is closed when it goes out of scope.
class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] bool good() const { return fd_ >= 0; }
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

  private:
    int fd_;
};

[[nodiscard]] std::string reason(int code) { return std::generic_category().message(code); }

[[nodiscard]] Failure disk_failure(std::string_view code, const std::string& path, int why) {
    return fail(ErrorKind::disk, code, path + ": " + reason(why));
}

[[nodiscard]] int open_retrying(const std::string& path, int flags, mode_t mode = 0) {
    int fd = -1;
    do {
        fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

[[nodiscard]] bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR) continue;
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

[[nodiscard]] std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

/// A rename or a new entry is durable only once its directory is. Some file systems cannot flush a directory
/// (EINVAL) and need no flush.
[[nodiscard]] int flush_directory(const std::string& path) {
    const Descriptor directory(open_retrying(path, O_RDONLY | O_DIRECTORY));
    if (!directory.good()) return errno;
    if (::fsync(directory.get()) != 0 && errno != EINVAL) return errno;
    return 0;
}

[[nodiscard]] std::string random_suffix() {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), system_random().next(), 16).ptr;
    return {digits.data(), end};
}

[[nodiscard]] Result<std::string> home_path(const char* variable, std::string_view below_home) {
    const char* const told = std::getenv(variable);
    std::string path;
    if (told != nullptr && told[0] == '/') {
        path = told;
    } else {
        const char* home = std::getenv("HOME");
        if (home == nullptr || home[0] != '/') {
            const passwd* const entry = ::getpwuid(::getuid());
            home = entry == nullptr ? nullptr : entry->pw_dir;
        }
        if (home == nullptr || home[0] != '/') {
            return fail(ErrorKind::disk, "NO_HOME",
                        std::string("no home directory: neither ") + variable + " nor HOME is set");
        }
        path = home;
        while (path.ends_with('/')) path.pop_back();
        path += below_home;
    }
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
    const Descriptor file(open_retrying(path, O_RDONLY));
    if (!file.good()) {
        if (errno == ENOENT) return fail(ErrorKind::not_found, "FILE_NOT_FOUND", path + ": " + reason(ENOENT));
        return disk_failure("CANNOT_READ", path, errno);
    }
    std::string bytes;
    struct stat status {};
    if (::fstat(file.get(), &status) == 0 && status.st_size > 0) {
        bytes.reserve(static_cast<std::size_t>(status.st_size));
    }
    std::array<char, 65536> chunk;
    for (;;) {
        const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
        if (got < 0) {
            if (errno == EINTR) continue;
            return disk_failure("CANNOT_READ", path, errno);
        }
        if (got == 0) return bytes;
        bytes.append(chunk.data(), static_cast<std::size_t>(got));
    }
}

Result<void> write_file_atomically(const std::string& path, std::string_view bytes, std::uint32_t mode) {
    const std::string temporary = path + "." + random_suffix() + ".tmp";
    Descriptor file(open_retrying(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600));
    if (!file.good()) return disk_failure("CANNOT_WRITE", path, errno);

    const auto give_up = [&](int why) {
        ::unlink(temporary.c_str());
        return disk_failure("CANNOT_WRITE", path, why);
    };
    if (!write_all(file.get(), bytes)) return give_up(errno);
    if (::fchmod(file.get(), static_cast<mode_t>(mode)) != 0) return give_up(errno);
    if (::fsync(file.get()) != 0) return give_up(errno);
    if (::close(file.release()) != 0 && errno != EINTR) return give_up(errno);
    if (::rename(temporary.c_str(), path.c_str()) != 0) return give_up(errno);
    if (const int why = flush_directory(directory_of(path)); why != 0) return disk_failure("CANNOT_WRITE", path, why);
    return {};
}

Result<void> make_directories(const std::string& path, std::uint32_t mode) {
    if (path.empty()) return fail(ErrorKind::invalid, "CANNOT_WRITE", "a directory without a name");
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        const std::string part = path.substr(0, end);
        if (::mkdir(part.c_str(), static_cast<mode_t>(mode)) == 0) {
            if (const int why = flush_directory(directory_of(part)); why != 0 && why != EACCES) {
                return disk_failure("CANNOT_WRITE", part, why);
            }
        } else if (const int why = errno; why != EEXIST) {
            // A parent that may not be written to, but is there, is none of our business.
            struct stat status {};
            if (::stat(part.c_str(), &status) != 0) return disk_failure("CANNOT_WRITE", part, why);
        }
        if (end == std::string::npos) break;
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return disk_failure("CANNOT_WRITE", path, errno);
    if (!S_ISDIR(status.st_mode)) return disk_failure("CANNOT_WRITE", path, ENOTDIR);
    return {};
}

bool path_exists(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

Result<FileLock> FileLock::acquire(const std::string& path) {
    Descriptor file(open_retrying(path, O_RDWR | O_CREAT, 0600));
    if (!file.good()) return disk_failure("CANNOT_LOCK", path, errno);

    int outcome = -1;
    do {
        outcome = ::flock(file.get(), LOCK_EX | LOCK_NB);
    } while (outcome != 0 && errno == EINTR);
    if (outcome != 0) {
        if (errno != EWOULDBLOCK) return disk_failure("CANNOT_LOCK", path, errno);
        std::array<char, 24> text{};
        const ssize_t got = ::pread(file.get(), text.data(), text.size(), 0);
        long holder = 0;
        if (got > 0) std::from_chars(text.data(), text.data() + got, holder);
        std::string who = holder > 0 ? " (process " + std::to_string(holder) + ")" : std::string();
        return fail(ErrorKind::busy, "PROFILE_IN_USE", "already in use by another program" + who + ": " + path);
    }

    // The pid is a courtesy for the message above: a disk too full for it is no reason to refuse the lock.
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file.get(), 0) == 0) (void)write_all(file.get(), pid);
    return FileLock(file.release());
}

FileLock::FileLock(FileLock&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
    if (this != &other) {
        release();
        handle_ = std::exchange(other.handle_, -1);
    }
    return *this;
}

FileLock::~FileLock() { release(); }

void FileLock::release() noexcept {
    if (handle_ < 0) return;
    const int fd = static_cast<int>(std::exchange(handle_, -1));
    // The next holder's message must not name us. Then closing gives the lock back.
    (void)!::ftruncate(fd, 0);
    ::close(fd);
}

Result<std::string> config_home() { return home_path("XDG_CONFIG_HOME", "/.config"); }
Result<std::string> data_home() { return home_path("XDG_DATA_HOME", "/.local/share"); }

}  // namespace ct
