// Digests: SHA-256 for what crosses the wire or names content, SipHash for row checksums (OpenSSL and libsodium).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ct {

using Sha256 = std::array<std::uint8_t, 32>;

[[nodiscard]] Sha256 sha256(std::string_view bytes);

/// SHA-256 of what comes in pieces. One thread; `end` once.
class Sha256Stream {
  public:
    Sha256Stream();
    ~Sha256Stream();
    Sha256Stream(const Sha256Stream&) = delete;
    Sha256Stream& operator=(const Sha256Stream&) = delete;
    void add(std::string_view bytes);
    [[nodiscard]] Sha256 end();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The same of SHA-1.
class Sha1Stream {
  public:
    Sha1Stream();
    ~Sha1Stream();
    Sha1Stream(const Sha1Stream&) = delete;
    Sha1Stream& operator=(const Sha1Stream&) = delete;
    void add(std::string_view bytes);
    [[nodiscard]] std::string end();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// For peers that can do no better (tus checksums); 20 bytes. Never for anything that has to hold against an attacker.
[[nodiscard]] std::string sha1(std::string_view bytes);

[[nodiscard]] inline std::string_view bytes_of(const Sha256& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}
[[nodiscard]] std::string to_hex(std::string_view bytes);
/// 64 hex digits in lower case; nothing for anything else.
[[nodiscard]] std::optional<Sha256> sha256_from_hex(std::string_view text);
[[nodiscard]] std::string to_base64(std::string_view bytes);
/// The standard alphabet with its padding and nothing else; nothing when it is not that.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// The value of a Content-Digest header (RFC 9530): "sha-256=:…:".
[[nodiscard]] std::string content_digest(std::string_view body);
[[nodiscard]] std::string content_digest(const Sha256& of_body);
/// True when one sha-256 member of the header matches the body; unknown algorithms beside it are ignored.
[[nodiscard]] bool content_digest_matches(std::string_view header, std::string_view body);
[[nodiscard]] bool content_digest_matches(std::string_view header, const Sha256& of_body);

/// 64-bit checksum (SipHash-2-4 with a fixed key): finds flipped bits, is no defence against an attacker.
[[nodiscard]] std::uint64_t checksum64(std::string_view bytes);

}  // namespace ct
