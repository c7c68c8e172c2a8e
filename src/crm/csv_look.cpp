#include "crm/csv_look.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "crm/csv.h"
#include "crm/csv_columns.h"

namespace ct::crm {
namespace {

constexpr std::size_t kRowsLookedAt = 2'000;
constexpr std::size_t kSampleRows = 5;

void append_utf8(std::string& out, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | code >> 6);
        put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(0xE0 | code >> 12);
        put(0x80 | (code >> 6 & 0x3F));
        put(0x80 | (code & 0x3F));
    } else {
        put(0xF0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3F));
        put(0x80 | (code >> 6 & 0x3F));
        put(0x80 | (code & 0x3F));
    }
}

std::string from_utf16(std::string_view bytes, bool little) {
    constexpr std::uint32_t kReplacement = 0xFFFD;
    std::string out;
    out.reserve(bytes.size());
    const auto unit = [&](std::size_t i) {
        const auto a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
        return static_cast<std::uint32_t>(little ? a | b << 8 : a << 8 | b);
    };
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        std::uint32_t code = unit(i);
        if (code >= 0xD800 && code < 0xDC00 && i + 3 < bytes.size()) {
            const std::uint32_t low = unit(i + 2);
            if (low >= 0xDC00 && low < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                i += 2;
            }
        }
        append_utf8(out, code >= 0xD800 && code < 0xE000 ? kReplacement : code);
    }
    return out;
}

std::string from_windows_1252(std::string_view bytes) {
    // 0x80 to 0x9F; the rest is Latin-1.
    constexpr std::array<std::uint16_t, 32> kHigh{0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                  0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                                  0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                  0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};
    std::string out;
    out.reserve(bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        append_utf8(out, byte >= 0x80 && byte < 0xA0 ? kHigh[byte - 0x80U] : byte);
    }
    return out;
}

bool digit(char c) { return c >= '0' && c <= '9'; }

bool is_day_first(std::string_view cell) {
    std::size_t at = 0;
    while (at < cell.size() && at < 2 && digit(cell[at])) ++at;
    return at > 0 && at + 2 < cell.size() && (cell[at] == '/' || cell[at] == '.' || cell[at] == '-') &&
           digit(cell[at + 1]) && cell.substr(at + 1).find(cell[at]) != std::string_view::npos;
}

/// "1,50,000": a group of two digits before one of three.
bool is_in_lakhs(std::string_view cell) {
    const std::size_t last = cell.rfind(',');
    if (last == std::string_view::npos || last < 4 || cell.size() < last + 4) return false;
    const std::size_t before = cell.rfind(',', last - 1);
    return before != std::string_view::npos && last - before == 3 && before > 0 && digit(cell[before - 1]) &&
           digit(cell[before + 1]) && digit(cell[before + 2]) && digit(cell[last + 1]) && digit(cell[last + 2]) &&
           digit(cell[last + 3]);
}

std::int64_t blank_lines(std::string_view text) {
    std::int64_t count = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = trim(text.substr(at, end - at));
        if (line.empty() || line.find_first_not_of(",;\t") == std::string_view::npos) ++count;
        at = end + 1;
    }
    return count;
}

}  // namespace

CsvText csv_text(std::string_view bytes) {
    if (bytes.starts_with("\xFF\xFE")) return {from_utf16(bytes.substr(2), true), "UTF-16"};
    if (bytes.starts_with("\xFE\xFF")) return {from_utf16(bytes.substr(2), false), "UTF-16"};
    if (!valid_utf8(bytes)) return {from_windows_1252(bytes), "Windows-1252"};
    return {std::string(bytes), bytes.starts_with("\xEF\xBB\xBF") ? "UTF-8 with byte order mark" : "UTF-8"};
}

CsvLook look_at_csv(std::string_view text) {
    CsvLook look;
    CsvReader reader(text);
    look.separator = reader.separator();
    look.lines = std::count(text.begin(), text.end(), '\n') + (text.empty() || text.ends_with('\n') ? 0 : 1);
    std::vector<std::string> cells;
    if (const auto first = reader.next(cells); !first || !*first) return look;
    look.header = cells;
    std::int64_t line = reader.line();
    for (std::size_t rows = 0; rows < kRowsLookedAt; ++rows) {
        const auto more = reader.next(cells);
        if (more && !*more) break;
        line = reader.line();
        if (!more || CsvColumns::blank(cells)) continue;
        for (const std::string& cell : cells) {
            look.day_first = look.day_first || is_day_first(trim(cell));
            look.lakhs = look.lakhs || is_in_lakhs(trim(cell));
        }
        if (look.sample.size() >= kSampleRows) continue;
        look.sample.push_back(cells);
        look.sample.back().resize(look.header.size());
    }
    std::size_t end = 0;
    for (std::int64_t i = 0; i < line && end < text.size(); ++i)
        end = std::min(text.find('\n', end), text.size() - 1) + 1;
    look.blank_lines = blank_lines(text.substr(0, end));
    return look;
}

std::optional<FieldId> likely_field(Model model, std::string_view column) {
    if (const auto exact = csv_field(model, column)) return exact;
    constexpr std::array<std::pair<std::string_view, std::string_view>, 34> kSaid{
        {{"customer", "name"},       {"customername", "name"},    {"clientname", "name"},
         {"fullname", "name"},       {"contactname", "name"},     {"contact", "name"},
         {"contactperson", "name"},  {"mobile", "phone"},         {"mobileno", "phone"},
         {"mobilenumber", "phone"},  {"phoneno", "phone"},        {"phonenumber", "phone"},
         {"telephone", "phone"},     {"contactno", "phone"},      {"contactnumber", "phone"},
         {"mail", "email"},          {"mailid", "email"},         {"emailid", "email"},
         {"emailaddress", "email"},  {"organisation", "company"}, {"organization", "company"},
         {"companyname", "company"}, {"firm", "company"},         {"town", "city"},
         {"location", "city"},       {"value", "amount"},         {"price", "amount"},
         {"budget", "amount"},       {"stage", "status"},         {"remarks", "notes"},
         {"comments", "notes"},      {"comment", "notes"},        {"tags", "labels"},
         {"due", "dueDate"}}};
    const std::string wanted = plain_column_name(column);
    for (const auto& [said, field] : kSaid) {
        if (wanted != said) continue;
        if (const auto found = find_field(model, field)) return found;
    }
    return std::nullopt;
}

}  // namespace ct::crm
