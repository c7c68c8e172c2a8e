#include "server/upload_headers.h"

#include <algorithm>

namespace ct::server {

namespace {

constexpr std::size_t kSizeDigitsMax = 15;
constexpr std::size_t kMediaTypeMax = 100;

[[nodiscard]] bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

[[nodiscard]] bool is_visible_ascii(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

[[nodiscard]] std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::optional<std::int64_t> parse_size(std::string_view text) {
    if (text.empty() || text.size() > kSizeDigitsMax) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

std::optional<std::map<std::string, std::string>> parse_upload_metadata(std::string_view header) {
    std::map<std::string, std::string> metadata;
    while (!header.empty()) {
        const std::size_t comma = header.find(',');
        const std::string_view pair = trimmed(header.substr(0, comma));
        header.remove_prefix(comma == std::string_view::npos ? header.size() : comma + 1);
        const std::size_t space = pair.find(' ');
        const std::string_view key = pair.substr(0, space);
        auto value = from_base64(space == std::string_view::npos ? std::string_view() : pair.substr(space + 1));
        if (!is_visible_ascii(key) || !value) return std::nullopt;
        if (!metadata.emplace(key, std::move(*value)).second) return std::nullopt;
    }
    return metadata;
}

std::optional<std::string> parse_sha256(std::string_view text) {
    if (text.size() != 64) return std::nullopt;
    std::string hex(text);
    for (char& c : hex) {
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return std::nullopt;
    }
    return hex;
}

std::unique_ptr<UploadChecksum> UploadChecksum::parse(std::string_view header) {
    auto checksum = std::make_unique<UploadChecksum>();
    if (header.empty()) return checksum;
    const std::size_t space = header.find(' ');
    if (space == std::string_view::npos) return nullptr;
    auto told = from_base64(header.substr(space + 1));
    const std::string_view algorithm = header.substr(0, space);
    if (!told || (algorithm != "sha256" && algorithm != "sha1")) return nullptr;
    checksum->told_ = std::move(*told);
    if (algorithm == "sha1") checksum->sha1_.emplace();
    if (algorithm == "sha256") checksum->sha256_.emplace();
    return checksum;
}

void UploadChecksum::add(std::string_view bytes) {
    if (sha1_) sha1_->add(bytes);
    if (sha256_) sha256_->add(bytes);
}

bool UploadChecksum::matches() {
    if (sha1_) return sha1_->end() == told_;
    return !sha256_ || bytes_of(sha256_->end()) == told_;
}

bool names_tag(std::string_view header, std::string_view tag) {
    while (!header.empty()) {
        const std::size_t comma = header.find(',');
        std::string_view member = trimmed(header.substr(0, comma));
        header.remove_prefix(comma == std::string_view::npos ? header.size() : comma + 1);
        if (member == "*") return true;
        if (member.starts_with("W/")) member.remove_prefix(2);  // for this purpose weak ones count
        if (member == tag) return true;
    }
    return false;
}

std::optional<ByteRange> parse_range(std::string_view header, std::int64_t size) {
    const ByteRange whole{0, size, false};
    constexpr std::string_view kUnit = "bytes=";
    if (!header.starts_with(kUnit)) return whole;
    header.remove_prefix(kUnit.size());
    const std::size_t dash = header.find('-');
    if (dash == std::string_view::npos) return whole;
    const std::string_view first = header.substr(0, dash), last = header.substr(dash + 1);
    const auto from = parse_size(first), to = parse_size(last);
    if ((!from && !first.empty()) || (!to && !last.empty()) || (!from && !to)) return whole;
    if (!from) {  // the last so many
        const std::int64_t length = std::min(*to, size);
        if (length == 0) return std::nullopt;
        return ByteRange{size - length, length, true};
    }
    if (to && *to < *from) return whole;
    if (*from >= size) return std::nullopt;
    const std::int64_t end = to ? std::min(*to, size - 1) : size - 1;
    return ByteRange{*from, end - *from + 1, true};
}

std::string clean_media_type(std::string_view text) {
    const std::string type(trimmed(text.substr(0, text.find(';'))));
    const bool plain = std::all_of(type.begin(), type.end(), [](char c) {
        return is_alnum(c) || std::string_view("/.+-_").find(c) != std::string_view::npos;
    });
    const std::size_t slash = type.find('/');
    const bool whole = slash != std::string::npos && slash > 0 && slash + 1 < type.size() &&
                       type.find('/', slash + 1) == std::string::npos;
    return plain && whole && type.size() <= kMediaTypeMax ? type : "application/octet-stream";
}

std::string content_disposition(std::string_view name) {
    std::string plain, encoded;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        plain += byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\' ? c : '_';
        if (is_alnum(c) || c == '.' || c == '-' || c == '_') {
            encoded += c;
        } else {
            encoded += '%';
            encoded += to_hex(std::string_view(&c, 1));
        }
    }
    return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + encoded;
}

}  // namespace ct::server
