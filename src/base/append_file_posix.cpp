#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/append_file.h"

namespace ct {
namespace {

[[nodiscard]] Failure failure(const std::string& path, int why) {
    const bool full = why == ENOSPC || why == EDQUOT;
    return fail(ErrorKind::disk, full ? "DISK_FULL" : "CANNOT_WRITE",
                path + ": " + std::generic_category().message(why));
}

}  // namespace

Result<std::unique_ptr<AppendFile>> AppendFile::open(const std::string& path) {
    int handle = -1;
    do {
        handle = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    } while (handle < 0 && errno == EINTR);
    if (handle < 0) return failure(path, errno);
    struct stat status {};
    if (::fstat(handle, &status) != 0) {
        const int why = errno;
        ::close(handle);
        return failure(path, why);
    }
    return std::unique_ptr<AppendFile>(new AppendFile(handle, status.st_size, path));
}

AppendFile::~AppendFile() { ::close(handle_); }

Result<void> AppendFile::append(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(handle_, bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR) continue;
            return failure(path_, errno);
        }
        size_ += written;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace ct
