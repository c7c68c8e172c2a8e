#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/disk.h"
#include "base/file.h"
#include "base/part_file.h"

namespace ct {
namespace {

/// Zeros written ahead of the content: a flush of bytes inside a file whose blocks are all there is one write to the
/// disk; one that makes the file longer is a transaction of the file system besides.
constexpr std::size_t kRoom = 128 * 1024;

[[nodiscard]] Failure failure(std::string_view code, const std::string& path, int why) {
    const bool full = why == ENOSPC || why == EDQUOT;
    return fail(ErrorKind::disk, full ? "DISK_FULL" : code, path + ": " + std::generic_category().message(why));
}

class PosixFile final : public DurableFile {
  public:
    PosixFile(int fd, std::int64_t size, std::string path) : fd_(fd), size_(size), path_(std::move(path)) {}
    ~PosixFile() override {
        if (flusher_.joinable()) {
            {
                const std::scoped_lock lock(mutex_);
                stop_ = true;
            }
            changed_.notify_all();
            flusher_.join();
        }
        ::close(fd_);
    }
    PosixFile(const PosixFile&) = delete;
    PosixFile& operator=(const PosixFile&) = delete;

    Result<std::string> read() override { return read_part(path_, 0, static_cast<std::size_t>(size_)); }

    Result<void> write(std::int64_t offset, std::string_view bytes) override {
        const std::int64_t end = offset + static_cast<std::int64_t>(bytes.size());
        if (end <= size_) return write_at(offset, bytes);
        if (offset > size_) return failure("CANNOT_WRITE", path_, EINVAL);
        std::string longer(bytes);
        longer.append(kRoom, '\0');
        if (auto written = write_at(offset, longer); !written) return written;
        size_ = end + static_cast<std::int64_t>(kRoom);
        return {};
    }

    void begin_flush() override {
        const std::scoped_lock lock(mutex_);
        asked_ = true;
        if (!flusher_.joinable()) flusher_ = std::thread([this] { flush_when_asked(); });
        changed_.notify_all();
    }

    Result<void> end_flush() override {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !asked_; });
        const int why = std::exchange(error_, 0);
        if (why != 0) return failure("DISK_ERROR", path_, why);
        return {};
    }

  private:
    Result<void> write_at(std::int64_t offset, std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (written < 0) {
                if (errno == EINTR) continue;
                return failure("CANNOT_WRITE", path_, errno);
            }
            bytes.remove_prefix(static_cast<std::size_t>(written));
            offset += written;
        }
        return {};
    }

    void flush_when_asked() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return asked_ || stop_; });
            if (!asked_) return;
            lock.unlock();
            const int why = ::fdatasync(fd_) == 0 ? 0 : errno;
            lock.lock();
            error_ = why;
            asked_ = false;
            changed_.notify_all();
        }
    }

    const int fd_;
    std::int64_t size_;
    const std::string path_;
    std::mutex mutex_;  // guards the three below
    std::condition_variable changed_;
    bool asked_ = false, stop_ = false;
    int error_ = 0;
    std::thread flusher_;
};

class PosixDisk final : public Disk {
  public:
    bool exists(const std::string& path) override { return path_exists(path); }

    Result<std::unique_ptr<DurableFile>> open(const std::string& path) override {
        const auto size = file_size(path);
        if (!size) return fail(size.error());
        int fd = -1;
        do {
            fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
        } while (fd < 0 && errno == EINTR);
        if (fd < 0) return failure("CANNOT_READ", path, errno);
        return std::make_unique<PosixFile>(fd, *size, path);
    }

    Result<void> replace(const std::string& path, std::string_view bytes) override {
        return write_file_atomically(path, bytes);
    }

    Result<void> move(const std::string& from, const std::string& to) override { return move_file(from, to); }
};

}  // namespace

Disk& system_disk() {
    static PosixDisk disk;
    return disk;
}

}  // namespace ct
