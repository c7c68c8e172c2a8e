// Files that come and go in parts: bytes at an offset, made durable part by part, so that a transfer goes on where it
// broke off. Beside base/file.h, which deals in whole files. Any thread; paths are UTF-8; offsets and sizes in bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace ct {

/// FILE_NOT_FOUND (kind not_found), CANNOT_READ (disk; also for what is no plain file).
[[nodiscard]] Result<std::int64_t> file_size(const std::string& path);

/// At most `length` bytes from `offset` on; fewer where the file ends before. FILE_NOT_FOUND, CANNOT_READ.
[[nodiscard]] Result<std::string> read_part(const std::string& path, std::int64_t offset, std::size_t length);

/// Writes the bytes there and ends the file behind them; on the disk when this returns. A file that is missing is made
/// (mode 0600). CANNOT_WRITE (disk): what stood before `offset` is as it was.
[[nodiscard]] Result<void> write_part(const std::string& path, std::int64_t offset, std::string_view bytes);

/// Gives a file another name in the same file system, durably; what had that name is replaced. CANNOT_WRITE.
[[nodiscard]] Result<void> move_file(const std::string& from, const std::string& to);

/// Nothing is there afterwards; nothing to remove is no error. CANNOT_WRITE.
[[nodiscard]] Result<void> remove_file(const std::string& path);

struct FileContent {
    std::int64_t size = 0;
    Sha256 hash{};
};

/// Reads the whole file once, in small pieces. FILE_NOT_FOUND, CANNOT_READ.
[[nodiscard]] Result<FileContent> examine_file(const std::string& path);

/// Copies in one reading, so that size and hash are those of the copy whoever writes to `from` meanwhile; the copy is
/// on the disk when this returns (mode 0600; its directory is not flushed yet: `move_file` does that). Nothing is left
/// at `to` after an error. FILE_NOT_FOUND, CANNOT_READ, CANNOT_WRITE, FILE_TOO_LARGE (kind invalid) over `size_max`.
[[nodiscard]] Result<FileContent> copy_file(const std::string& from, const std::string& to, std::int64_t size_max);

}  // namespace ct
