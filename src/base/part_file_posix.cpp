#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>

#include "base/part_file.h"

namespace ct {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

class Descriptor {
  public:
    explicit Descriptor(const std::string& path, int flags, mode_t mode = 0) {
        do {
            fd_ = ::open(path.c_str(), flags | O_CLOEXEC, mode);
        } while (fd_ < 0 && errno == EINTR);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] bool good() const { return fd_ >= 0; }
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

  private:
    int fd_ = -1;
};

[[nodiscard]] Failure failure(std::string_view code, const std::string& path, int why) {
    if (why == ENOENT && code == "CANNOT_READ") {
        return fail(ErrorKind::not_found, "FILE_NOT_FOUND", path + ": " + std::generic_category().message(why));
    }
    return fail(ErrorKind::disk, code, path + ": " + std::generic_category().message(why));
}

/// 0, or errno.
[[nodiscard]] int write_at(int fd, std::int64_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
        offset += written;
    }
    return 0;
}

/// Waits; 0, or errno.
[[nodiscard]] int lock(int fd) {
    while (::flock(fd, LOCK_EX) != 0) {
        if (errno == EINTR) continue;
        const bool unknown = errno == EOPNOTSUPP || errno == ENOLCK || errno == ENOSYS || errno == EINVAL;
        return unknown ? 0 : errno;
    }
    return 0;
}

[[nodiscard]] int flush_directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    std::string directory = ".";
    if (slash != std::string::npos) directory = slash == 0 ? "/" : path.substr(0, slash);
    const Descriptor opened(directory, O_RDONLY | O_DIRECTORY);
    if (!opened.good()) return errno;
    if (::fsync(opened.get()) != 0 && errno != EINVAL) return errno;
    return 0;
}

/// Hands every piece of the file to `take`, which returns false to stop with an error of its own.
[[nodiscard]] Result<FileContent> read_all(const std::string& path,
                                           const std::function<Result<void>(std::string_view, std::int64_t)>& take) {
    const Descriptor file(path, O_RDONLY);
    struct stat status {};
    if (!file.good() || ::fstat(file.get(), &status) != 0) return failure("CANNOT_READ", path, errno);
    if (S_ISDIR(status.st_mode)) return failure("CANNOT_READ", path, EISDIR);
    FileContent content;
    Sha256Stream hash;
    const auto piece = std::make_unique<std::array<char, kPiece>>();
    for (;;) {
        const ssize_t got = ::read(file.get(), piece->data(), piece->size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failure("CANNOT_READ", path, errno);
        if (got == 0) break;
        const std::string_view bytes(piece->data(), static_cast<std::size_t>(got));
        hash.add(bytes);
        if (auto taken = take(bytes, content.size); !taken) return fail(taken.error());
        content.size += got;
    }
    content.hash = hash.end();
    return content;
}

}  // namespace

Result<std::int64_t> file_size(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return failure("CANNOT_READ", path, errno);
    if (!S_ISREG(status.st_mode)) return failure("CANNOT_READ", path, EISDIR);
    return static_cast<std::int64_t>(status.st_size);
}

Result<std::string> read_part(const std::string& path, std::int64_t offset, std::size_t length) {
    const Descriptor file(path, O_RDONLY);
    if (!file.good()) return failure("CANNOT_READ", path, errno);
    std::string bytes(length, '\0');
    std::size_t have = 0;
    while (have < length) {
        const ssize_t got = ::pread(file.get(), bytes.data() + have, length - have,
                                    static_cast<off_t>(offset) + static_cast<off_t>(have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failure("CANNOT_READ", path, errno);
        if (got == 0) break;
        have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
}

Result<void> write_part(const std::string& path, std::int64_t offset, std::string_view bytes) {
    auto file = PartFile::open(path);
    if (!file) return fail(file.error());
    if (auto written = file->write(offset, bytes); !written) return written;
    if (auto ended = file->cut_to(offset + static_cast<std::int64_t>(bytes.size())); !ended) return ended;
    return file->flush();
}

Result<PartFile> PartFile::open(const std::string& path) {
    const bool made = ::access(path.c_str(), F_OK) != 0;
    Descriptor file(path, O_WRONLY | O_CREAT, 0600);
    if (!file.good()) return failure("CANNOT_WRITE", path, errno);
    if (made) {
        if (const int why = flush_directory_of(path); why != 0) return failure("CANNOT_WRITE", path, why);
    }
    return PartFile(file.release(), path);
}

Result<PartFile> PartFile::open_existing(const std::string& path) {
    Descriptor file(path, O_WRONLY);
    if (!file.good()) return failure(errno == ENOENT ? "CANNOT_READ" : "CANNOT_WRITE", path, errno);
    return PartFile(file.release(), path);
}

PartFile::~PartFile() {
    if (handle_ >= 0) ::close(handle_);
}

Result<std::int64_t> PartFile::size() const {
    struct stat status {};
    if (::fstat(handle_, &status) != 0) return failure("CANNOT_WRITE", path_, errno);
    return static_cast<std::int64_t>(status.st_size);
}

Result<void> PartFile::write(std::int64_t offset, std::string_view bytes) {
    const int why = write_at(handle_, offset, bytes);
    if (why == 0) return {};
    (void)!::ftruncate(handle_, static_cast<off_t>(offset));  // half a part is none
    return failure("CANNOT_WRITE", path_, why);
}

Result<void> PartFile::cut_to(std::int64_t size) {
    if (::ftruncate(handle_, static_cast<off_t>(size)) != 0) return failure("CANNOT_WRITE", path_, errno);
    return {};
}

Result<void> PartFile::flush() {
    if (::fsync(handle_) != 0) return failure("CANNOT_WRITE", path_, errno);
    return {};
}

Result<PartFile::Hold> PartFile::hold() const {
    if (const int why = lock(handle_); why != 0) return failure("CANNOT_WRITE", path_, why);
    return Hold(handle_);
}

PartFile::Hold::~Hold() {
    if (handle_ >= 0) ::flock(handle_, LOCK_UN);
}

Result<FolderHold> FolderHold::wait_for(const std::string& path) {
    Descriptor folder(path, O_RDONLY | O_DIRECTORY);
    if (!folder.good()) return failure("CANNOT_READ", path, errno);
    if (const int why = lock(folder.get()); why != 0) return failure("CANNOT_READ", path, why);
    return FolderHold(folder.release());
}

FolderHold::~FolderHold() {
    if (handle_ >= 0) ::close(handle_);  // and with it the lock
}

Result<void> move_file(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return failure("CANNOT_WRITE", to, errno);
    if (const int why = flush_directory_of(to); why != 0) return failure("CANNOT_WRITE", to, why);
    return {};
}

Result<void> remove_file(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure("CANNOT_WRITE", path, errno);
    return {};
}

Result<FileContent> examine_file(const std::string& path) {
    return read_all(path, [](std::string_view, std::int64_t) { return Result<void>(); });
}

Result<Sha256> examine_part(const std::string& path, std::int64_t offset, std::int64_t length) {
    Sha256Stream hash;
    const std::int64_t end = offset + length;
    while (offset < end) {
        const auto bytes =
            read_part(path, offset, static_cast<std::size_t>(std::min<std::int64_t>(end - offset, kPiece)));
        if (!bytes) return fail(bytes.error());
        if (bytes->empty()) return fail(ErrorKind::disk, "CANNOT_READ", path + " is too short");
        hash.add(*bytes);
        offset += static_cast<std::int64_t>(bytes->size());
    }
    return hash.end();
}

Result<FileContent> copy_file(const std::string& from, const std::string& to, std::int64_t size_max) {
    const auto copy = [&]() -> Result<FileContent> {
        const Descriptor target(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (!target.good()) return failure("CANNOT_WRITE", to, errno);
        auto content = read_all(from, [&](std::string_view bytes, std::int64_t at) -> Result<void> {
            if (at + static_cast<std::int64_t>(bytes.size()) > size_max) {
                return fail(ErrorKind::invalid, "FILE_TOO_LARGE",
                            from + " is over the limit of " + std::to_string(size_max >> 20) + " MiB");
            }
            if (const int why = write_at(target.get(), at, bytes); why != 0) return failure("CANNOT_WRITE", to, why);
            return {};
        });
        if (content && ::fsync(target.get()) != 0) return failure("CANNOT_WRITE", to, errno);
        return content;
    };
    auto content = copy();
    if (!content) ::unlink(to.c_str());
    return content;
}

}  // namespace ct
