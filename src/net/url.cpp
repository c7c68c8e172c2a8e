#include "net/url.h"

#include <algorithm>
#include <charconv>

#include "net/http_client.h"

namespace ct::net {
namespace {

constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

[[nodiscard]] constexpr bool is_host_char(char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.' || c == '_';
}

[[nodiscard]] constexpr bool is_v6_char(char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f') || c == ':' || c == '.';
}

[[nodiscard]] constexpr bool is_path_char(char c) {
    return c > ' ' && c < 0x7f && c != '?' && c != '#' && c != '"' && c != '<' && c != '>' && c != '\\';
}

[[nodiscard]] bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (text.size() < prefix.size()) return false;
    if (!std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) { return a == lower(b); }))
        return false;
    text.remove_prefix(prefix.size());
    return true;
}

[[nodiscard]] Failure bad(std::string_view text, const char* why) {
    // Whatever stands before '@' may be a password: it is not repeated.
    const std::string shown =
        text.find('@') == std::string_view::npos ? "\"" + std::string(text) + "\"" : "the address";
    return fail(ErrorKind::invalid, "BAD_URL", shown + " is no server address: " + why, "server");
}

}  // namespace

std::string BaseUrl::authority() const {
    std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != (https ? kHttpsPort : kHttpPort)) out += ":" + std::to_string(port);
    return out;
}

Result<BaseUrl> parse_base_url(std::string_view text) {
    const std::string_view whole = text;
    BaseUrl url;
    if (take_prefix(text, "https://")) {
        url.https = true;
    } else if (!take_prefix(text, "http://")) {
        return bad(whole, "it must begin with https:// or http://");
    }
    const std::size_t slash = text.find('/');
    std::string_view authority = text.substr(0, slash);
    std::string_view path = slash == std::string_view::npos ? std::string_view{} : text.substr(slash);
    if (authority.find('@') != std::string_view::npos) return bad(whole, "a name or password does not belong in it");

    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos) return bad(whole, "the bracket is not closed");
        url.host = authority.substr(1, end - 1);
        authority.remove_prefix(end + 1);
        if (url.host.find(':') == std::string::npos || !std::all_of(url.host.begin(), url.host.end(), is_v6_char)) {
            return bad(whole, "only an IPv6 address stands in brackets");
        }
    } else {
        url.host = authority.substr(0, authority.find(':'));
        authority.remove_prefix(url.host.size());
        if (url.host.empty() || !std::all_of(url.host.begin(), url.host.end(), is_host_char)) {
            return bad(whole, "the host is missing or has characters that no host has");
        }
    }
    std::transform(url.host.begin(), url.host.end(), url.host.begin(), lower);

    url.port = url.https ? kHttpsPort : kHttpPort;
    if (!authority.empty()) {
        if (authority.front() != ':') return bad(whole, "after the bracket comes a port or a path");
        authority.remove_prefix(1);
        const char* const end = authority.data() + authority.size();
        const auto [stopped, error] = std::from_chars(authority.data(), end, url.port);
        if (error != std::errc{} || stopped != end || url.port < 1 || url.port > 65'535) {
            return bad(whole, "the port must be a number from 1 to 65535");
        }
    }
    if (!std::all_of(path.begin(), path.end(), is_path_char))
        return bad(whole, "the path has characters that no path has");
    while (path.ends_with('/')) path.remove_suffix(1);
    url.prefix = path;
    return url;
}

bool is_loopback(std::string_view host) {
    if (host == "localhost" || host == "::1") return true;
    if (!host.starts_with("127.")) return false;
    // Four numbers, or it is a name that only looks like it ("127.example.com").
    return std::count(host.begin(), host.end(), '.') == 3 &&
           std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
}

bool transport_is_safe(const std::string& base_url) {
    const Result<BaseUrl> url = parse_base_url(base_url);
    return url && (url->https || is_loopback(url->host));
}

}  // namespace ct::net
