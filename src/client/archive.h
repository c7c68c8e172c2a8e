// One file that holds a manifest and any number of files, written in one go and checked after writing: the rescue copy
// and the backup of a profile. Sealed with a passphrase, or open.
//
//   "ColorTouch archive 1\n", 'S' or 'P'
//   S (sealed): operations (u64) and memory (u64) of Argon2id, its salt, the header of libsodium's secretstream
//   pieces: length (u32) and that many bytes. Sealed: XChaCha20-Poly1305 as crypto_secretstream has it, whose last
//   piece carries the final tag; what was cut, put elsewhere or altered is refused. Plain: the kind of the piece (0, or
//   1: the last), its content, and the running SHA-256 of all content at the end of the last one. content, over all
//   pieces: length of the manifest (u64), the manifest (JSON), then the files' bytes in its order
//
// Numbers are little-endian. Errors: CANNOT_WRITE, CANNOT_READ (kind disk), FILE_NOT_FOUND, NOT_AN_ARCHIVE,
// ARCHIVE_DAMAGED (corrupt), ARCHIVE_NEWER (newer), WRONG_PASSPHRASE, PASSPHRASE_NEEDED (invalid).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ct::client {

struct ArchiveFile {
    std::string path;       ///< where its bytes are
    std::int64_t size = 0;  ///< that it must have
};

/// Writes the archive beside `file` under another name, reads it again to the end, and only then gives it its name:
/// what `file` was before stays until then. An empty passphrase: not sealed. FILE_EXISTS (invalid) where something
/// stands there that is no archive.
[[nodiscard]] Result<std::int64_t> write_archive(const std::string& file, const std::string& passphrase,
                                                 const std::string& manifest, const std::vector<ArchiveFile>& files);

/// Reads in order. One thread.
class ArchiveReader {
  public:
    [[nodiscard]] static Result<std::unique_ptr<ArchiveReader>> open(const std::string& file,
                                                                     const std::string& passphrase);
    ~ArchiveReader();
    ArchiveReader(const ArchiveReader&) = delete;
    ArchiveReader& operator=(const ArchiveReader&) = delete;

    [[nodiscard]] const std::string& manifest() const;
    /// The next `size` bytes of files, in pieces.
    [[nodiscard]] Result<void> next(std::int64_t size, const std::function<Result<void>(std::string_view)>& take);
    /// The next `size` bytes as a file at `path`. On the disk when it returns.
    [[nodiscard]] Result<void> extract(std::int64_t size, const std::string& path);
    /// Nothing is left, and all was as it was written.
    [[nodiscard]] Result<void> end();

  private:
    struct State;
    explicit ArchiveReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ct::client
