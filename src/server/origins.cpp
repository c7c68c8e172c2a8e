#include "server/origins.h"

#include <charconv>
#include <tuple>

#include "sync/stamp.h"

namespace ct::server {

namespace {

bool plain(char c) { return static_cast<unsigned char>(c) > ' ' && c != '%'; }

void pack_name(std::string& out, std::string_view name) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    if (name.empty()) out.push_back('%');  // a lone sign: the empty name
    for (const char c : name) {
        if (plain(c)) {
            out.push_back(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
        }
    }
}

int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0; }

std::int64_t number(std::string_view word) {
    std::int64_t value = 0;
    std::from_chars(word.data(), word.data() + word.size(), value);
    return value;
}

std::string_view pusher(const StoredRecord& record, std::int64_t version, std::string_view stamp) {
    const auto at = record.pushers.find(version);
    return at == record.pushers.end() ? sync::stamp_device(stamp) : std::string_view(at->second);
}

}  // namespace

std::string_view next_word(std::string_view& text) {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    return word;
}

bool next_origin(std::string_view& packed, OriginLine& line) {
    if (packed.empty()) return false;
    const std::size_t end = packed.find('\n');
    std::string_view rest = packed.substr(0, end);
    packed = end == std::string_view::npos ? std::string_view{} : packed.substr(end + 1);
    line.version = number(next_word(rest));
    line.stamp = next_word(rest);
    line.device = next_word(rest);
    if (line.device == "=") line.device = sync::stamp_device(line.stamp);
    line.fields = rest;
    return true;
}

std::string unpack_name(std::string_view word) {
    std::string name;
    if (word == "%") return name;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (word[i] == '%' && i + 2 < word.size()) {
            name.push_back(static_cast<char>(digit(word[i + 1]) << 4 | digit(word[i + 2])));
            i += 2;
        } else {
            name.push_back(word[i]);
        }
    }
    return name;
}

std::string pack_origins(const StoredRecord& record) {
    std::map<std::pair<std::int64_t, std::string_view>, std::string> lines;
    const auto add = [&](const sync::FieldOrigin& origin, std::string_view field) {
        std::string& fields = lines[{origin.version, origin.stamp}];
        fields.push_back(' ');
        pack_name(fields, field);
    };
    if (record.server.deletion.version > 0) add(record.server.deletion, kDeletion);
    for (const auto& [field, origin] : record.server.origins) add(origin, field);

    std::string packed;
    for (const auto& [key, fields] : lines) {
        const std::string_view device = pusher(record, key.first, key.second);
        packed.append(std::to_string(key.first)).append(" ").append(key.second).append(" ");
        packed.append(device == sync::stamp_device(key.second) ? "=" : device).append(fields).append("\n");
    }
    return packed;
}

void unpack_origins(std::string_view packed, StoredRecord& record) {
    OriginLine line;
    while (next_origin(packed, line)) {
        record.pushers.emplace(line.version, line.device);
        const sync::FieldOrigin origin{line.version, std::string(line.stamp)};
        while (!line.fields.empty()) {
            const std::string_view word = next_word(line.fields);
            if (word == kDeletion)
                record.server.deletion = origin;
            else
                record.server.origins.emplace(unpack_name(word), origin);
        }
    }
}

std::string pack_former_owners(const std::vector<FormerOwner>& owners) {
    std::string packed;
    for (const FormerOwner& owner : owners) {
        if (!packed.empty()) packed.push_back(' ');
        packed.append(owner.user).append(" ").append(std::to_string(owner.until));
    }
    return packed;
}

std::vector<FormerOwner> unpack_former_owners(std::string_view packed) {
    std::vector<FormerOwner> owners;
    while (!packed.empty()) {
        const std::string_view user = next_word(packed);
        owners.push_back({std::string(user), number(next_word(packed))});
    }
    return owners;
}

}  // namespace ct::server
