#include "client/archive.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

#include "base/digest.h"
#include "base/part_file.h"

namespace ct::client {

namespace {

constexpr std::string_view kTitle = "ColorTouch archive 1\n", kAnyVersion = "ColorTouch archive ";
constexpr char kSealed = 'S', kPlain = 'P';
constexpr std::size_t kPiece = 64 * 1024, kBuffer = 1 << 20;
constexpr std::size_t kManifestMax = std::size_t{1} << 30;
// What a stranger's file may ask for: a gibibyte and a few seconds.
constexpr std::uint64_t kOperationsMax = 8, kMemoryMax = std::uint64_t{1} << 30;
constexpr std::size_t kHash = sizeof(Sha256);

template <class T>
std::string bytes_from(T value) {
    std::string bytes;
    for (std::size_t i = 0; i < sizeof(T); ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
    return bytes;
}

template <class T>
T number_from(std::string_view bytes) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value = static_cast<T>(value | static_cast<T>(static_cast<std::uint8_t>(bytes[i])) << (8 * i));
    }
    return value;
}

unsigned char* raw(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* raw(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

using Key = std::array<unsigned char, crypto_secretstream_xchacha20poly1305_KEYBYTES>;

/// The key that a passphrase is (Argon2id, RFC 9106).
Result<Key> key_of(const std::string& passphrase, std::uint64_t operations, std::uint64_t memory,
                   std::string_view salt) {
    Key key{};
    if (crypto_pwhash(key.data(), key.size(), passphrase.data(), passphrase.size(), raw(salt), operations,
                      static_cast<std::size_t>(memory), crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return fail(ErrorKind::internal, "NO_MEMORY", "there is not enough memory to work with the passphrase");
    }
    return key;
}

/// Pieces on their way to the disk.
class Writer {
  public:
    Writer(std::string path, bool sealed) : path_(std::move(path)), sealed_(sealed) {}

    Result<void> begin(const std::string& passphrase) {
        buffer_.append(kTitle).push_back(sealed_ ? kSealed : kPlain);
        if (!sealed_) return {};
        std::string salt(crypto_pwhash_SALTBYTES, '\0');
        randombytes_buf(salt.data(), salt.size());
        constexpr std::uint64_t kOperations = crypto_pwhash_OPSLIMIT_MODERATE;
        constexpr std::uint64_t kMemory = crypto_pwhash_MEMLIMIT_INTERACTIVE;  // laptops with little memory, too
        const auto key = key_of(passphrase, kOperations, kMemory, salt);
        if (!key) return fail(key.error());
        std::string header(crypto_secretstream_xchacha20poly1305_HEADERBYTES, '\0');
        crypto_secretstream_xchacha20poly1305_init_push(&stream_, raw(header), key->data());
        buffer_.append(bytes_from(kOperations)).append(bytes_from(kMemory)).append(salt).append(header);
        return {};
    }
    Result<void> add(std::string_view bytes) {
        hash_.add(bytes);
        while (!bytes.empty()) {
            const std::size_t part = std::min(bytes.size(), kPiece - piece_.size());
            piece_.append(bytes.substr(0, part));
            bytes.remove_prefix(part);
            if (piece_.size() < kPiece) continue;
            if (auto put = end_piece(false); !put) return put;
        }
        return {};
    }
    Result<std::int64_t> end() {
        if (auto put = end_piece(true); !put) return fail(put.error());
        if (auto flushed = flush(); !flushed) return fail(flushed.error());
        return written_;
    }

  private:
    Result<void> end_piece(bool last) {
        std::string out;
        if (sealed_) {
            out.resize(piece_.size() + crypto_secretstream_xchacha20poly1305_ABYTES);
            crypto_secretstream_xchacha20poly1305_push(&stream_, raw(out), nullptr, raw(piece_), piece_.size(), nullptr,
                                                       0,
                                                       last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                                                            : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
        } else {
            out = std::string(1, last ? 1 : 0) + piece_;
            if (last) out.append(bytes_of(hash_.end()));
        }
        piece_.clear();
        buffer_.append(bytes_from(static_cast<std::uint32_t>(out.size()))).append(out);
        return buffer_.size() < kBuffer ? Result<void>() : flush();
    }
    Result<void> flush() {
        auto put = write_part(path_, written_, buffer_);
        if (put) written_ += static_cast<std::int64_t>(buffer_.size());
        buffer_.clear();
        return put;
    }

    const std::string path_;
    const bool sealed_;
    crypto_secretstream_xchacha20poly1305_state stream_{};
    Sha256Stream hash_;
    std::string piece_, buffer_;
    std::int64_t written_ = 0;
};

Failure not_an_archive(const std::string& file) {
    return fail(ErrorKind::corrupt, "NOT_AN_ARCHIVE", file + " is no rescue copy and no backup of this program");
}

Result<void> add_file(Writer& writer, const ArchiveFile& file) {
    for (std::int64_t at = 0; at < file.size;) {
        const auto want = std::min<std::int64_t>(file.size - at, kBuffer);
        const auto part = read_part(file.path, at, static_cast<std::size_t>(want));
        if (!part) return fail(part.error());
        if (static_cast<std::int64_t>(part->size()) != want)
            return fail(ErrorKind::disk, "CANNOT_READ", file.path + ": it became shorter while it was read");
        if (auto added = writer.add(*part); !added) return added;
        at += want;
    }
    return {};
}

Result<std::int64_t> write_all(const std::string& part, const std::string& passphrase, const std::string& manifest,
                               const std::vector<ArchiveFile>& files) {
    Writer writer(part, !passphrase.empty());
    if (auto begun = writer.begin(passphrase); !begun) return fail(begun.error());
    auto added = writer.add(bytes_from(static_cast<std::uint64_t>(manifest.size())));
    if (added) added = writer.add(manifest);
    for (const ArchiveFile& file : files) {
        if (added) added = add_file(writer, file);
    }
    if (!added) return fail(added.error());
    return writer.end();
}

/// As those who need it will.
Result<void> read_again(const std::string& part, const std::string& passphrase, const std::string& manifest,
                        const std::vector<ArchiveFile>& files) {
    auto reader = ArchiveReader::open(part, passphrase);
    if (!reader) return fail(reader.error());
    if ((*reader)->manifest() != manifest)
        return fail(ErrorKind::corrupt, "ARCHIVE_DAMAGED", part + " reads otherwise");
    for (const ArchiveFile& file : files) {
        auto read = (*reader)->next(file.size, [](std::string_view) { return Result<void>(); });
        if (!read) return read;
    }
    return (*reader)->end();
}

/// An archive of before may be replaced, and a file with nothing in it; what somebody else wrote may not.
Result<void> check_replaces(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::string begin(kAnyVersion.size(), '\0');
    in.read(begin.data(), static_cast<std::streamsize>(begin.size()));
    if (in.gcount() == 0 || begin == kAnyVersion) return {};
    return fail(ErrorKind::invalid, "FILE_EXISTS", file + " is there already, and is no archive of this program");
}

}  // namespace

Result<std::int64_t> write_archive(const std::string& file, const std::string& passphrase, const std::string& manifest,
                                   const std::vector<ArchiveFile>& files) {
    if (sodium_init() < 0) return fail(ErrorKind::internal, "NO_RANDOM", "the system gives no random numbers");
    if (auto free = check_replaces(file); !free) return fail(free.error());
    const std::string part = file + ".part";
    if (auto gone = remove_file(part); !gone) return fail(gone.error());
    auto size = write_all(part, passphrase, manifest, files);
    if (size) {
        if (auto good = read_again(part, passphrase, manifest, files); !good) size = fail(good.error());
    }
    if (size) {
        if (auto named = move_file(part, file); !named) size = fail(named.error());
    }
    if (!size) (void)remove_file(part);
    return size;
}

// ---- reading

struct ArchiveReader::State {
    std::string file;
    std::int64_t at = 0;
    bool sealed = false, ended = false;
    crypto_secretstream_xchacha20poly1305_state stream{};
    Sha256Stream hash;
    std::string content;  // read, not yet taken
    std::string manifest;

    Failure damaged() const {
        return fail(ErrorKind::corrupt, "ARCHIVE_DAMAGED",
                    file + " was damaged or cut short: nothing was taken from it");
    }
    Result<std::string> bytes(std::size_t count) {
        auto part = read_part(file, at, count);
        if (!part) return part;
        if (part->size() != count) return damaged();
        at += static_cast<std::int64_t>(count);
        return part;
    }
    Result<void> begin(const std::string& passphrase) {
        auto title = read_part(file, 0, kTitle.size() + 1);
        if (!title) return fail(title.error());
        if (title->size() != kTitle.size() + 1 || !title->starts_with(kTitle)) {
            if (title->starts_with(kAnyVersion)) {
                return fail(ErrorKind::newer, "ARCHIVE_NEWER",
                            file + " was written by a newer version of this program");
            }
            return not_an_archive(file);
        }
        at = static_cast<std::int64_t>(title->size());
        sealed = title->back() == kSealed;
        if (!sealed) return title->back() == kPlain ? Result<void>() : not_an_archive(file);
        if (passphrase.empty())
            return fail(ErrorKind::invalid, "PASSPHRASE_NEEDED", file + " is sealed with a passphrase");
        auto head = bytes(16 + crypto_pwhash_SALTBYTES + crypto_secretstream_xchacha20poly1305_HEADERBYTES);
        if (!head) return fail(head.error());
        const std::string_view all(*head);
        const auto operations = number_from<std::uint64_t>(all), memory = number_from<std::uint64_t>(all.substr(8));
        const bool sane = operations >= crypto_pwhash_OPSLIMIT_MIN && operations <= kOperationsMax &&
                          memory >= crypto_pwhash_MEMLIMIT_MIN && memory <= kMemoryMax;
        if (!sane) return damaged();
        const auto key = key_of(passphrase, operations, memory, all.substr(16, crypto_pwhash_SALTBYTES));
        if (!key) return fail(key.error());
        if (crypto_secretstream_xchacha20poly1305_init_pull(&stream, raw(all.substr(16 + crypto_pwhash_SALTBYTES)),
                                                            key->data()) != 0) {
            return damaged();
        }
        return {};
    }
    Result<void> next_piece(bool first) {
        const auto told = bytes(4);
        if (!told) return fail(told.error());
        const auto length = number_from<std::uint32_t>(*told);
        if (length == 0 || length > kPiece + 64) return damaged();
        auto piece = bytes(length);
        if (!piece) return fail(piece.error());
        return sealed ? unseal(*piece, first) : take_plain(*piece);
    }
    Result<void> unseal(std::string& piece, bool first) {
        std::string out(piece.size(), '\0');
        unsigned long long size = 0;
        unsigned char tag = 0;
        if (piece.size() < crypto_secretstream_xchacha20poly1305_ABYTES ||
            crypto_secretstream_xchacha20poly1305_pull(&stream, raw(out), &size, &tag, raw(piece), piece.size(),
                                                       nullptr, 0) != 0) {
            if (first) {
                return fail(ErrorKind::invalid, "WRONG_PASSPHRASE",
                            "the passphrase is not the one that " + file + " was sealed with, or the file was altered");
            }
            return damaged();
        }
        content.append(out, 0, static_cast<std::size_t>(size));
        ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
        return {};
    }
    Result<void> take_plain(std::string_view piece) {
        ended = piece.front() == 1;
        piece.remove_prefix(1);
        if (!ended) {
            hash.add(piece);
            content.append(piece);
            return {};
        }
        if (piece.size() < kHash) return damaged();
        const std::string_view told = piece.substr(piece.size() - kHash);
        piece.remove_suffix(kHash);
        hash.add(piece);
        content.append(piece);
        return bytes_of(hash.end()) == told ? Result<void>() : damaged();
    }
    /// At least so many bytes of content.
    Result<void> want(std::size_t count, bool first = false) {
        while (content.size() < count) {
            if (ended) return damaged();
            if (auto more = next_piece(std::exchange(first, false)); !more) return more;
        }
        return {};
    }
};

ArchiveReader::ArchiveReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ArchiveReader::~ArchiveReader() = default;
const std::string& ArchiveReader::manifest() const { return state_->manifest; }

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(const std::string& file, const std::string& passphrase) {
    if (sodium_init() < 0) return fail(ErrorKind::internal, "NO_RANDOM", "the system gives no random numbers");
    auto state = std::make_unique<State>();
    state->file = file;
    auto ready = state->begin(passphrase);
    if (ready) ready = state->want(8, true);
    if (!ready) return fail(ready.error());
    const auto length = number_from<std::uint64_t>(state->content);
    if (length > kManifestMax) return state->damaged();
    if (auto there = state->want(8 + static_cast<std::size_t>(length)); !there) return fail(there.error());
    state->manifest = state->content.substr(8, static_cast<std::size_t>(length));
    state->content.erase(0, 8 + static_cast<std::size_t>(length));
    return std::unique_ptr<ArchiveReader>(new ArchiveReader(std::move(state)));
}

Result<void> ArchiveReader::next(std::int64_t size, const std::function<Result<void>(std::string_view)>& take) {
    while (size > 0) {
        if (auto there = state_->want(1); !there) return there;
        const std::size_t part = std::min(state_->content.size(), static_cast<std::size_t>(size));
        if (auto taken = take(std::string_view(state_->content).substr(0, part)); !taken) return taken;
        state_->content.erase(0, part);
        size -= static_cast<std::int64_t>(part);
    }
    return {};
}

Result<void> ArchiveReader::extract(std::int64_t size, const std::string& path) {
    if (auto gone = remove_file(path); !gone) return gone;
    std::int64_t at = 0;
    std::string buffer;
    const auto flush = [&]() -> Result<void> {
        auto put = write_part(path, at, buffer);
        at += static_cast<std::int64_t>(buffer.size());
        buffer.clear();
        return put;
    };
    auto read = next(size, [&](std::string_view bytes) -> Result<void> {
        buffer.append(bytes);
        return buffer.size() < kBuffer ? Result<void>() : flush();
    });
    return read ? flush() : read;
}

Result<void> ArchiveReader::end() {
    while (!state_->ended) {
        if (auto more = state_->next_piece(false); !more) return more;
    }
    const auto behind = read_part(state_->file, state_->at, 1);
    if (!behind) return fail(behind.error());
    return state_->content.empty() && behind->empty() ? Result<void>() : state_->damaged();
}

}  // namespace ct::client
