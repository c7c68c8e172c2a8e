#include "base/digest.h"

#include <openssl/sha.h>
#include <sodium.h>

#include <charconv>

namespace ct {
namespace {

[[nodiscard]] const unsigned char* raw(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

[[nodiscard]] std::string_view view(const Sha256& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

[[nodiscard]] std::string_view trim_ows(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace

Sha256 sha256(std::string_view bytes) {
    Sha256 digest;
    SHA256(raw(bytes), bytes.size(), digest.data());  // four times as fast as libsodium's, by the processor's own help
    return digest;
}

struct Sha256Stream::State {
    SHA256_CTX context{};
};

// OpenSSL 3 calls these outdated in favour of its EVP layer, which costs an allocation and can fail; they are there.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) { SHA256_Init(&state_->context); }
Sha256Stream::~Sha256Stream() = default;
void Sha256Stream::add(std::string_view bytes) { SHA256_Update(&state_->context, bytes.data(), bytes.size()); }
Sha256 Sha256Stream::end() {
    Sha256 digest;
    SHA256_Final(digest.data(), &state_->context);
    return digest;
}

struct Sha1Stream::State {
    SHA_CTX context{};
};

Sha1Stream::Sha1Stream() : state_(std::make_unique<State>()) { SHA1_Init(&state_->context); }
Sha1Stream::~Sha1Stream() = default;
void Sha1Stream::add(std::string_view bytes) { SHA1_Update(&state_->context, bytes.data(), bytes.size()); }
std::string Sha1Stream::end() {
    std::string digest(SHA_DIGEST_LENGTH, '\0');
    SHA1_Final(reinterpret_cast<unsigned char*>(digest.data()), &state_->context);
    return digest;
}
#pragma GCC diagnostic pop

std::string sha1(std::string_view bytes) {
    Sha1Stream stream;
    stream.add(bytes);
    return stream.end();
}

std::string to_hex(std::string_view bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

std::optional<Sha256> sha256_from_hex(std::string_view text) {
    Sha256 digest{};
    if (text.size() != 2 * digest.size()) return std::nullopt;
    for (std::size_t i = 0; i < digest.size(); ++i) {
        const char* const first = text.data() + 2 * i;
        const auto [end, error] = std::from_chars(first, first + 2, digest[i], 16);
        if (error != std::errc{} || end != first + 2) return std::nullopt;
    }
    if (to_hex(bytes_of(digest)) != text) return std::nullopt;  // upper case
    return digest;
}

std::string to_base64(std::string_view bytes) {
    std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), raw(bytes), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();  // the terminating NUL that libsodium counts and writes
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string bytes(text.size() / 4 * 3 + 3, '\0');
    std::size_t size = 0;
    const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                                         text.size(), nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
    if (failed != 0) return std::nullopt;
    bytes.resize(size);
    return bytes;
}

std::string content_digest(std::string_view body) { return content_digest(sha256(body)); }

std::string content_digest(const Sha256& of_body) { return "sha-256=:" + to_base64(view(of_body)) + ":"; }

namespace {

/// `expected()`: the digest in base64; asked for when the first sha-256 member is met.
template <class Expected>
[[nodiscard]] bool has_member(std::string_view header, Expected expected) {
    while (!header.empty()) {
        const std::size_t comma = header.find(',');
        std::string_view member = trim_ows(header.substr(0, comma));
        header = comma == std::string_view::npos ? std::string_view{} : header.substr(comma + 1);

        constexpr std::string_view kKey = "sha-256=";
        if (!member.starts_with(kKey)) continue;
        member.remove_prefix(kKey.size());
        member = trim_ows(member.substr(0, member.find(';')));  // parameters say nothing about the bytes
        if (member.size() < 2 || member.front() != ':' || member.back() != ':') continue;
        member = member.substr(1, member.size() - 2);
        if (member == expected()) return true;
    }
    return false;
}

}  // namespace

bool content_digest_matches(std::string_view header, std::string_view body) {
    std::string known;
    return has_member(header, [&]() -> const std::string& {
        if (known.empty()) known = to_base64(view(sha256(body)));
        return known;
    });
}

bool content_digest_matches(std::string_view header, const Sha256& of_body) {
    return has_member(header, [known = to_base64(view(of_body))] { return known; });
}

std::uint64_t checksum64(std::string_view bytes) {
    static constexpr unsigned char kKey[crypto_shorthash_KEYBYTES] = {'r', 'o', 'w', ' ', 'c', 'h', 'e', 'c',
                                                                      'k', 's', 'u', 'm', ' ', 'k', 'e', 'y'};
    unsigned char out[crypto_shorthash_BYTES];
    crypto_shorthash(out, raw(bytes), bytes.size(), kKey);
    std::uint64_t value = 0;
    for (int i = 7; i >= 0; --i) value = value << 8 | out[i];
    return value;
}

}  // namespace ct
