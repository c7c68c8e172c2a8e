// Files that come and go in parts: bytes at an offset, made durable part by part, so that a transfer goes on where it
// broke off. Beside base/file.h, which deals in whole files. Any thread; paths are UTF-8; offsets and sizes in bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

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

/// A file that grows as its bytes come. One thread at a time.
class PartFile {
  public:
    /// A file that is missing is made (mode 0600). CANNOT_WRITE (disk).
    [[nodiscard]] static Result<PartFile> open(const std::string& path);
    /// Makes none. FILE_NOT_FOUND (kind not_found), CANNOT_WRITE.
    [[nodiscard]] static Result<PartFile> open_existing(const std::string& path);
    PartFile(PartFile&& other) noexcept : handle_(std::exchange(other.handle_, -1)), path_(std::move(other.path_)) {}
    PartFile& operator=(PartFile&&) = delete;
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;
    ~PartFile();

    [[nodiscard]] Result<std::int64_t> size() const;
    /// Handed to the system; the disk has it after flush(). CANNOT_WRITE: nothing from `offset` on is there.
    [[nodiscard]] Result<void> write(std::int64_t offset, std::string_view bytes);
    /// Ends the file there. CANNOT_WRITE.
    [[nodiscard]] Result<void> cut_to(std::int64_t size);
    /// All that was written is on the disk when this returns. CANNOT_WRITE.
    [[nodiscard]] Result<void> flush();

    /// While it lives no other PartFile of this file is held, in any process of this machine; whatever name the file
    /// has by then. Ends before its PartFile.
    class Hold {
      public:
        Hold(Hold&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
        Hold& operator=(Hold&&) = delete;
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;
        ~Hold();

      private:
        friend class PartFile;
        explicit Hold(int handle) : handle_(handle) {}
        int handle_;  // the PartFile's; -1: moved away
    };
    /// Waits for whoever holds it. CANNOT_WRITE. Where the file system knows no such locks, nobody is kept out.
    [[nodiscard]] Result<Hold> hold() const;

  private:
    PartFile(int handle, std::string path) : handle_(handle), path_(std::move(path)) {}

    int handle_;  // the system's; -1: moved away
    std::string path_;
};

/// A folder that one holds at a time, in all processes of this machine. It keeps nobody from its files.
class FolderHold {
  public:
    /// Waits for whoever holds it. FILE_NOT_FOUND, CANNOT_READ. Where the file system knows no such locks, nobody is
    /// kept out.
    [[nodiscard]] static Result<FolderHold> wait_for(const std::string& path);
    FolderHold(FolderHold&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
    FolderHold& operator=(FolderHold&&) = delete;
    FolderHold(const FolderHold&) = delete;
    FolderHold& operator=(const FolderHold&) = delete;
    ~FolderHold();

  private:
    explicit FolderHold(int handle) : handle_(handle) {}
    int handle_;  // the system's, its own; -1: moved away
};

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

/// The hash of those bytes, read in small pieces. FILE_NOT_FOUND, CANNOT_READ (also where the file ends before them).
[[nodiscard]] Result<Sha256> examine_part(const std::string& path, std::int64_t offset, std::int64_t length);

/// Copies in one reading, so that size and hash are those of the copy whoever writes to `from` meanwhile; the copy is
/// on the disk when this returns (mode 0600; its directory is not flushed yet: `move_file` does that). Nothing is left
/// at `to` after an error. FILE_NOT_FOUND, CANNOT_READ, CANNOT_WRITE, FILE_TOO_LARGE (kind invalid) over `size_max`.
[[nodiscard]] Result<FileContent> copy_file(const std::string& from, const std::string& to, std::int64_t size_max);

}  // namespace ct
