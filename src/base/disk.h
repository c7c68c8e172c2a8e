// The seam for files that must survive a power cut in the middle: written in place, flushed on demand. What the store
// keeps beside its database goes through here, so that tests and simulators can put their own disk in its place (what
// SQLite does with its own file goes through SQLite's VFS). Paths are UTF-8; offsets and sizes in bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ct {

/// One open file. One thread (what `begin_flush` starts beside it is its own affair). After any error the file must be
/// closed: what of it is on the disk is not known any more (a system forgets a flush that failed).
class DurableFile {
  public:
    virtual ~DurableFile() = default;
    /// All of it. Zeros at its end are room kept ready, not content: whoever reads knows where the content ends.
    [[nodiscard]] virtual Result<std::string> read() = 0;  ///< CANNOT_READ (kind disk)
    /// Not yet durable. DISK_FULL, CANNOT_WRITE (kind disk).
    [[nodiscard]] virtual Result<void> write(std::int64_t offset, std::string_view bytes) = 0;
    /// Begins to make what was written durable, beside whatever the caller does next; `end_flush` waits for it. Two
    /// flushes of one disk at a time cost about as much as one.
    virtual void begin_flush() = 0;
    [[nodiscard]] virtual Result<void> end_flush() = 0;  ///< DISK_ERROR (kind disk)
    [[nodiscard]] Result<void> flush() {
        begin_flush();
        return end_flush();
    }
};

class Disk {
  public:
    virtual ~Disk() = default;
    [[nodiscard]] virtual bool exists(const std::string& path) = 0;
    /// FILE_NOT_FOUND (kind not_found), CANNOT_READ (disk).
    [[nodiscard]] virtual Result<std::unique_ptr<DurableFile>> open(const std::string& path) = 0;
    /// The whole file anew, all or nothing, also across a power cut. DISK_FULL, CANNOT_WRITE.
    [[nodiscard]] virtual Result<void> replace(const std::string& path, std::string_view bytes) = 0;
    /// Durably; what had that name is replaced. CANNOT_WRITE.
    [[nodiscard]] virtual Result<void> move(const std::string& from, const std::string& to) = 0;
};

/// The machine's. Any thread.
[[nodiscard]] Disk& system_disk();

}  // namespace ct
