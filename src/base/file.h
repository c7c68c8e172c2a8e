// The seam for plain files: whole files read and written, one lock, directories, and where the user's things live.
// What SQLite does with its own file is not here. Any thread; paths are UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ct {

/// The whole file. FILE_NOT_FOUND (kind not_found), CANNOT_READ (kind disk).
[[nodiscard]] Result<std::string> read_file(const std::string& path);

/// All or nothing, also across a power cut: a temporary file in the same directory is written, flushed to the disk,
/// renamed over `path`, and the directory flushed. `mode` holds for the new file, whatever the umask allows others.
/// CANNOT_WRITE (kind disk); the old file is then still there, unchanged.
[[nodiscard]] Result<void> write_file_atomically(const std::string& path, std::string_view bytes,
                                                 std::uint32_t mode = 0600);

/// Makes the directory and its missing parents with that mode; one that exists is left as it is. CANNOT_WRITE.
[[nodiscard]] Result<void> make_directories(const std::string& path, std::uint32_t mode = 0700);

/// Something of any kind is at that path.
[[nodiscard]] bool path_exists(const std::string& path);

/// Held by one process at a time, and given back by the system however that process ends, `kill -9` included. The
/// file stays behind (removing it would let two processes lock two files of one name) and tells the holder's pid.
class FileLock {
  public:
    /// Does not wait. PROFILE_IN_USE (kind busy) names the holder's process when the file tells it; CANNOT_LOCK (disk).
    [[nodiscard]] static Result<FileLock> acquire(const std::string& path);

    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    ~FileLock();

  private:
    explicit FileLock(std::intptr_t handle) : handle_(handle) {}
    void release() noexcept;

    std::intptr_t handle_ = -1;  // the system's handle; -1: moved away
};

/// $XDG_CONFIG_HOME or ~/.config, and $XDG_DATA_HOME or ~/.local/share, without a trailing slash; relative values are
/// ignored, as the XDG rules say. NO_HOME (kind disk) when nothing tells where the user lives.
[[nodiscard]] Result<std::string> config_home();
[[nodiscard]] Result<std::string> data_home();

}  // namespace ct
