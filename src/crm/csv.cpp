#include "crm/csv.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/utf8.h"

namespace ct::crm {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kSeparators = ",;\t";

/// The separator that stands most often outside quotes in the first line; the comma when none does.
[[nodiscard]] char guess_separator(std::string_view text) {
    std::array<std::size_t, kSeparators.size()> counts{};
    bool quoted = false;
    for (const char c : text) {
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        if (c == '\n' || c == '\r') break;
        if (const std::size_t which = kSeparators.find(c); which != std::string_view::npos) ++counts[which];
    }
    const auto most = std::max_element(counts.begin(), counts.end());
    return kSeparators[static_cast<std::size_t>(most - counts.begin())];
}

}  // namespace

CsvReader::CsvReader(std::string_view text) : text_(text) {
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
    separator_ = guess_separator(text_);
}

bool CsvReader::take_line_end() {
    if (at_ >= text_.size() || (text_[at_] != '\n' && text_[at_] != '\r')) return false;
    at_ += text_.substr(at_, 2) == "\r\n" ? 2 : 1;
    ++line_;
    return true;
}

Failure CsvReader::skip_row(std::string_view what) {
    while (at_ < text_.size() && !take_line_end()) ++at_;
    return fail(ErrorKind::invalid, "INVALID_CSV", std::string(what));
}

Result<bool> CsvReader::next(std::vector<std::string>& row) {
    while (take_line_end()) {
    }
    row_line_ = line_;
    if (at_ >= text_.size()) {
        row.clear();
        return false;
    }

    std::size_t count = 0;  // the strings of the last row are written over: their memory is used again
    const auto add_field = [&]() -> std::string& {
        if (count == row.size()) row.emplace_back();
        row[count].clear();
        return row[count++];
    };
    for (;;) {
        std::string& field = add_field();
        if (at_ < text_.size() && text_[at_] == '"') {
            ++at_;
            for (;;) {
                const std::size_t quote = text_.find('"', at_);
                const std::string_view part = text_.substr(at_, quote - at_);
                if (quote == std::string_view::npos) {
                    at_ = text_.size();
                    return skip_row("a quote is opened and never closed");
                }
                field += part;
                count_lines(part);
                at_ = quote + 1;
                if (at_ >= text_.size() || text_[at_] != '"') break;
                field += '"';
                ++at_;
            }
            if (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n' && text_[at_] != '\r') {
                return skip_row("text behind a closing quote");
            }
        } else {
            const std::size_t start = at_;
            while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
            field = text_.substr(start, at_ - start);
        }
        if (at_ >= text_.size() || text_[at_] != separator_) break;
        ++at_;
    }
    take_line_end();
    row.resize(count);
    for (const std::string& field : row) {
        if (!valid_utf8(field)) {
            return fail(ErrorKind::invalid, "INVALID_CSV", "not UTF-8 text; save the file as \"CSV UTF-8\"");
        }
    }
    return true;
}

void CsvReader::count_lines(std::string_view quoted) {
    for (std::size_t i = 0; i < quoted.size(); ++i) {
        const bool pair = quoted[i] == '\r' && i + 1 < quoted.size() && quoted[i + 1] == '\n';
        if ((quoted[i] == '\n' || quoted[i] == '\r') && !pair) ++line_;
    }
}

void write_csv_row(std::string& out, const std::vector<std::string>& row) {
    // The other separators are quoted too, so that the reader's guess never takes one for ours, and a lone empty
    // field, so that its row is no blank line.
    constexpr std::string_view kQuoted = ",;\t\"\r\n";
    for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string& field = row[i];
        if (i > 0) out += ',';
        const bool spaced = !field.empty() && (field.front() == ' ' || field.back() == ' ');
        if (field.find_first_of(kQuoted) == std::string::npos && !spaced && !field.starts_with(kByteOrderMark) &&
            !(field.empty() && row.size() == 1)) {
            out += field;
            continue;
        }
        out += '"';
        for (const char c : field) {
            if (c == '"') out += '"';
            out += c;
        }
        out += '"';
    }
    out += "\r\n";
}

}  // namespace ct::crm
