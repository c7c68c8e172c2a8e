#include "base/http_message.h"

#include <algorithm>

namespace ct::http {
namespace {

[[nodiscard]] constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

[[nodiscard]] bool same_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view find_header(const Headers& headers, std::string_view name) {
    for (const auto& [key, value] : headers) {
        if (same_ignoring_case(key, name)) return value;
    }
    return {};
}

bool is_json(std::string_view content_type) {
    std::string_view type = content_type.substr(0, content_type.find(';'));
    while (!type.empty() && (type.front() == ' ' || type.front() == '\t')) type.remove_prefix(1);
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    constexpr std::string_view kPrefix = "application/";
    constexpr std::string_view kSuffix = "+json";
    if (type.size() < kPrefix.size() || !same_ignoring_case(type.substr(0, kPrefix.size()), kPrefix)) return false;
    const std::string_view subtype = type.substr(kPrefix.size());
    if (same_ignoring_case(subtype, "json")) return true;
    if (subtype.size() <= kSuffix.size()) return false;
    return same_ignoring_case(subtype.substr(subtype.size() - kSuffix.size()), kSuffix);
}

}  // namespace ct::http
