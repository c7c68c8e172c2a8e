#include "cli/output.h"

#include <algorithm>
#include <iterator>

#include "base/local_time.h"
#include "base/utf8.h"
#include "crm/validate.h"

namespace ct::cli {
namespace {

constexpr std::size_t kCellWidthMax = 40;  // one long note must not push everything else off the screen
constexpr std::string_view kGap = "  ";
constexpr std::string_view kEllipsis = "…";

struct Range {
    char32_t first, last;
};

// Unicode's East Asian Wide and Fullwidth blocks and the emoji blocks: what terminals draw two columns wide.
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},  {0x3400, 0x4DBF},
                           {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xAC00, 0xD7A3},  {0xF900, 0xFAFF},
                           {0xFE30, 0xFE4F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                           {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

// Marks that sit on or beside the letter before them, of the scripts that our users write.
constexpr Range kZero[] = {{0x0300, 0x036F}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F}, {0x0900, 0x0902},
                           {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D}, {0x0981, 0x0981}, {0x09C1, 0x09C4},
                           {0x09CD, 0x09CD}, {0x0A41, 0x0A51}, {0x0AC1, 0x0ACD}, {0x0BC0, 0x0BC0}, {0x0BCD, 0x0BCD},
                           {0x0C3E, 0x0C40}, {0x0C46, 0x0C56}, {0x0CCC, 0x0CCD}, {0x0D41, 0x0D44}, {0x0D4D, 0x0D4D},
                           {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x200B, 0x200F}, {0x202A, 0x202E},
                           {0x2060, 0x2064}, {0x20D0, 0x20F0}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}};

template <std::size_t N>
[[nodiscard]] bool within(const Range (&ranges)[N], char32_t point) {
    const auto* const at = std::lower_bound(std::begin(ranges), std::end(ranges), point,
                                            [](const Range& range, char32_t value) { return range.last < value; });
    return at != std::end(ranges) && at->first <= point;
}

[[nodiscard]] std::size_t width_of(char32_t point) {
    if (within(kZero, point)) return 0;
    return within(kWide, point) ? 2 : 1;
}

/// Takes the next code point off valid text.
[[nodiscard]] char32_t next_point(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t point = size == 1 ? lead : lead & (0x7FU >> size);
    for (std::size_t i = 1; i < std::min(size, text.size()); ++i) {
        point = (point << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    text.remove_prefix(std::min(size, text.size()));
    return point;
}

void pad(std::string& out, std::size_t count) { out.append(count, ' '); }

}  // namespace

void print_json(std::ostream& out, const Json& value) {
    out << value.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) width += width_of(next_point(text));
    return width;
}

std::string cut(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string(text);
    if (width == 0) return {};
    std::string_view rest = text;
    std::size_t used = 0;
    std::size_t end = 0;
    while (!rest.empty()) {
        used += width_of(next_point(rest));
        if (used > width - 1) break;
        end = text.size() - rest.size();
    }
    return std::string(text.substr(0, end)) + std::string(kEllipsis);
}

void TextTable::add_column(std::string_view title, Align align) {
    titles_.emplace_back(title);
    aligns_.push_back(align);
}

void TextTable::add_row(std::vector<std::string> cells) {
    cells.resize(titles_.size());
    for (std::string& cell : cells) {
        for (char& c : cell) {
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
        }
    }
    rows_.push_back(std::move(cells));
}

void TextTable::print(std::ostream& out, std::size_t width) const {
    std::vector<std::size_t> widths(titles_.size(), 0);
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
    }
    for (std::size_t i = 0; i < widths.size(); ++i) {
        if (widths[i] == 0) continue;  // no row has anything there: the column is left out
        widths[i] = std::max(widths[i], display_width(titles_[i]));
        if (width != 0) widths[i] = std::min(widths[i], kCellWidthMax);
    }
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string text;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (widths[i] == 0) continue;
            if (!text.empty()) text += kGap;
            const std::string cell = cut(cells[i], widths[i]);
            const std::size_t room = widths[i] - display_width(cell);
            if (aligns_[i] == Align::right) pad(text, room);
            text += cell;
            if (aligns_[i] == Align::left) pad(text, room);
        }
        while (!text.empty() && text.back() == ' ') text.pop_back();
        out << (width == 0 ? text : cut(text, width)) << '\n';
    };
    line(titles_);
    for (const auto& row : rows_) line(row);
}

std::string shown(const crm::Record& record, crm::FieldId field) {
    const crm::FieldDef& known = crm::def(record.model, field);
    const crm::ValueView value = record.fields.get(field);
    if (crm::absent(value)) return {};
    if (known.type == crm::FieldType::instant) return shown_time(record.fields.integer(field));
    if (known.type == crm::FieldType::flag) return record.fields.flag(field) ? "yes" : "no";
    if (known.type == crm::FieldType::money) {
        const auto currency_field = crm::find_field(record.model, "currency");
        const std::string_view currency = currency_field ? record.fields.text(*currency_field) : std::string_view();
        std::string money = crm::format_money(record.fields.integer(field), currency);
        return currency.empty() ? money : std::string(currency) + " " + money;
    }
    std::string text = crm::format_value(record.model, field, value);
    if (known.type == crm::FieldType::labels) {
        for (std::size_t at = text.find(','); at != std::string::npos; at = text.find(',', at + 2))
            text.insert(at + 1, " ");
    }
    return text;
}

std::string shown_time(UnixMs at) {
    return at == 0 ? std::string() : format_local_date(at) + " " + format_local_time(at);
}

std::string shown_bytes(std::int64_t bytes) {
    if (bytes < 1'000) return std::to_string(bytes) + " B";
    if (bytes < 1'000'000) return std::to_string((bytes + 500) / 1'000) + " kB";
    return std::to_string(bytes / 1'000'000) + "." + std::to_string(bytes / 100'000 % 10) + " MB";
}

std::string short_id(const Uuid& id) { return id.str().substr(28); }

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

}  // namespace ct::cli
