// A file that only grows, for what may be lost with the machine but not with the program: every append is handed to the
// system at once and flushed to the disk by nobody. Any thread, one at a time; paths are UTF-8.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ct {

class AppendFile {
  public:
    /// Makes the file (mode 0600) if there is none. CANNOT_WRITE (kind disk).
    [[nodiscard]] static Result<std::unique_ptr<AppendFile>> open(const std::string& path);
    ~AppendFile();
    AppendFile(const AppendFile&) = delete;
    AppendFile& operator=(const AppendFile&) = delete;

    /// DISK_FULL, CANNOT_WRITE: a part of it may stand at the file's end.
    [[nodiscard]] Result<void> append(std::string_view bytes);
    [[nodiscard]] std::int64_t size() const { return size_; }

  private:
    AppendFile(int handle, std::int64_t size, std::string path)
        : handle_(handle), size_(size), path_(std::move(path)) {}

    const int handle_;  // the system's
    std::int64_t size_;
    const std::string path_;
};

}  // namespace ct
