#include "server/storage/mysql/url.h"

#include <charconv>
#include <optional>

namespace ct::server::mysql {

namespace {

Failure bad(std::string_view why) {
    return fail(ErrorKind::invalid, "BAD_DATABASE_URL",
                "DATABASE_URL is not as mysql://user:password@host:port/database: " + std::string(why));
}

/// Up to the first `end`, which goes too; all of it where there is none.
std::string_view cut(std::string_view& text, char end) {
    const std::size_t at = text.find(end);
    const std::string_view part = text.substr(0, at);
    text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
    return part;
}

std::optional<std::string> decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        unsigned byte = 0;
        const char* const first = text.data() + i + 1;
        if (i + 2 >= text.size() || std::from_chars(first, first + 2, byte, 16).ptr != first + 2 || byte == 0)
            return std::nullopt;
        out.push_back(static_cast<char>(byte));
        i += 2;
    }
    return out;
}

Result<void> read_host(std::string_view text, Address& address) {
    std::string_view host = text, port;
    if (host.starts_with('[')) {  // IPv6
        const std::size_t end = host.find(']');
        if (end == std::string_view::npos) return bad("the host has a '[' and no ']'");
        port = host.substr(end + 1);
        host = host.substr(1, end - 1);
        if (!port.empty() && port.front() != ':') return bad("what follows ']' is no port");
        if (!port.empty()) port.remove_prefix(1);
    } else {
        host = cut(text, ':');
        port = text;
    }
    if (!host.empty()) address.host = host;
    if (port.empty()) return {};
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc{} || end != port.data() + port.size() || address.port < 1 || address.port > 65'535)
        return bad("the port is no number from 1 to 65535");
    return {};
}

Result<void> read_option(std::string_view text, Address& address) {
    const std::string_view name = cut(text, '=');
    const auto value = decoded(text);
    if (!value) return bad("an option is not percent-encoded");
    if (name == "socket" || name == "host") {
        address.socket = *value;
    } else if (name == "ssl-ca") {
        address.ca = *value;
        address.tls = address.verify = true;
    } else if (name == "ssl-mode" && (*value == "REQUIRED" || *value == "VERIFY_IDENTITY" || *value == "DISABLED")) {
        address.tls = address.tls || *value != "DISABLED";
        address.verify = address.verify || *value == "VERIFY_IDENTITY";
    } else {
        return bad("there is no such option: socket, ssl-ca and ssl-mode=REQUIRED|VERIFY_IDENTITY are known");
    }
    return {};
}

}  // namespace

std::string Address::place() const {
    const std::string at = socket.empty() ? host + (port == 0 ? "" : ":" + std::to_string(port)) : socket;
    return "mysql://" + at + "/" + database;
}

Result<Address> parse_url(std::string_view url) {
    Address address;
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return bad("there is no scheme");
    url.remove_prefix(scheme + 3);
    std::string_view options = url;
    std::string_view path = cut(options, '?');
    std::string_view who;
    if (const std::size_t at = path.substr(0, path.find('/')).rfind('@'); at != std::string_view::npos) {
        who = path.substr(0, at);
        path.remove_prefix(at + 1);
    }
    if (auto read = read_host(cut(path, '/'), address); !read) return fail(read.error());
    const auto user = decoded(cut(who, ':')), password = decoded(who), database = decoded(path);
    if (!user || !password || !database) return bad("a part is not percent-encoded");
    if (database->empty()) return bad("it names no database");
    address.user = *user;
    address.password = *password;
    address.database = *database;
    while (!options.empty()) {
        if (auto read = read_option(cut(options, '&'), address); !read) return fail(read.error());
    }
    return address;
}

}  // namespace ct::server::mysql
