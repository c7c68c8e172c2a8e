#include "client/mask.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"

namespace ct::client {

namespace {

/// Longer values are known by any so many of their words in a row: no sentence of ours is made of those by chance.
constexpr std::size_t kWindow = 4;
/// "a" and "in" are in every sentence.
constexpr std::size_t kShortest = 3;
/// Fewer digits are counts, ports and codes.
constexpr std::size_t kPhoneDigits = 7;

[[nodiscard]] bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] bool in_word(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}
/// Parts of a word when they stand inside one: o'brien@customer.example, +91-98.
[[nodiscard]] bool joins(char c) { return c == '.' || c == '@' || c == '\'' || c == '-' || c == '_'; }

[[nodiscard]] std::size_t digits_in(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_digit));
}

/// What has many digits and is nobody's number: ids and stamps (hexadecimal), dates, addresses of computers.
[[nodiscard]] bool is_technical(std::string_view token) {
    const bool letters = std::any_of(token.begin(), token.end(), [](char c) { return in_word(c) && !is_digit(c); });
    if (letters) return true;
    const bool date = token.size() >= 10 && token[4] == '-' && token[7] == '-' && digits_in(token.substr(0, 10)) == 8;
    const auto dots = std::count(token.begin(), token.end(), '.');
    const bool address = dots == 3 && digits_in(token.substr(0, token.find('.'))) <= 3;
    return date || address;
}

[[nodiscard]] bool is_number_part(std::string_view token) {
    return !token.empty() && digits_in(token) > 0 && std::all_of(token.begin(), token.end(), [](char c) {
        return is_digit(c) || std::string_view("+-().,/").find(c) != std::string_view::npos;
    });
}

}  // namespace

std::uint64_t Mask::keyed(std::string_view text) const {
    std::array<std::uint8_t, 16> out{};
    crypto_generichash(out.data(), out.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                       key_.data(), key_.size());
    std::uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word = word << 8 | out[static_cast<std::size_t>(i)];
    return word;
}

std::string Mask::value(std::string_view text) {
    ++hashed_;
    const std::uint64_t word = keyed(text);
    std::string bytes;
    for (int i = 7; i >= 0; --i) bytes.push_back(static_cast<char>(word >> (8 * i)));
    return "#" + to_hex(bytes);
}

std::vector<Mask::Word> Mask::words_of(std::string_view text) const {
    std::vector<Word> words;
    for (std::size_t at = 0; at < text.size();) {
        if (!in_word(text[at])) {
            ++at;
            continue;
        }
        std::size_t end = at + 1;
        while (end < text.size() &&
               (in_word(text[end]) || (joins(text[end]) && end + 1 < text.size() && in_word(text[end + 1]))))
            ++end;
        words.push_back({at, end});
        at = end;
    }
    return words;
}

std::uint64_t Mask::hash(std::string_view text, const std::vector<Word>& words, std::size_t first, std::size_t count) {
    joined_.clear();
    for (std::size_t i = first; i < first + count; ++i) {
        for (const char c : text.substr(words[i].begin, words[i].end - words[i].begin))
            joined_.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
        joined_.push_back(' ');
    }
    return checksum64(joined_);
}

void Mask::learn(std::string_view value) {
    const std::vector<Word> words = words_of(value);
    if (words.empty() || value.size() < kShortest) return;
    if (words.size() <= kWindow) {
        known_.push_back(hash(value, words, 0, words.size()));
    } else {
        for (std::size_t i = 0; i + kWindow <= words.size(); ++i) known_.push_back(hash(value, words, i, kWindow));
    }
    sorted_ = false;
}

void Mask::learn_path(std::string path, std::string stand_in) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (path.size() > 1) paths_.emplace_back(std::move(path), std::move(stand_in));
}

/// How many words from the first on are a learned value, or a part of one; 0: none.
std::size_t Mask::known_at(std::string_view text, const std::vector<Word>& words, std::size_t first) {
    for (std::size_t count = std::min(kWindow, words.size() - first); count > 0; --count) {
        if (std::binary_search(known_.begin(), known_.end(), hash(text, words, first, count))) return count;
    }
    return 0;
}

std::string Mask::without_known(std::string_view text) {
    const std::vector<Word> words = words_of(text);
    std::string out;
    std::size_t copied = 0;
    for (std::size_t i = 0; i < words.size();) {
        const std::string_view word = text.substr(words[i].begin, words[i].end - words[i].begin);
        const std::size_t count = word.find('@') != std::string_view::npos ? 1 : known_at(text, words, i);
        if (count == 0) {
            ++i;
            continue;
        }
        const std::size_t end = words[i + count - 1].end;
        out.append(text.substr(copied, words[i].begin - copied));
        out += value(text.substr(words[i].begin, end - words[i].begin));
        copied = end;
        i += count;
    }
    return out.append(text.substr(copied));
}

std::string Mask::without_quoted(std::string_view text) {
    std::string out;
    for (;;) {
        const std::size_t open = text.find('"');
        const std::size_t close = open == std::string_view::npos ? open : text.find('"', open + 1);
        if (close == std::string_view::npos) return out.append(text);
        out.append(text.substr(0, open + 1));
        if (close > open + 1) out += value(text.substr(open + 1, close - open - 1));
        out.push_back('"');
        text.remove_prefix(close + 1);
    }
}

std::string Mask::without_numbers(std::string_view text) {
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t begin = std::min(text.find_first_not_of(' ', at), text.size());
        out.append(text.substr(at, begin - at));
        // Parts in a row are one number: 98765 43210.
        std::size_t end = begin, digits = 0;
        for (std::size_t from = begin; from < text.size();) {
            const std::size_t to = std::min(text.find(' ', from), text.size());
            std::string_view token = text.substr(from, to - from);
            while (!token.empty() && std::string_view(".,;:)").find(token.back()) != std::string_view::npos)
                token.remove_suffix(1);
            if (!is_number_part(token) || is_technical(token)) break;
            digits += digits_in(token);
            end = from + token.size();
            if (end != to) break;
            from = std::min(text.find_first_not_of(' ', to), text.size());
        }
        if (digits >= kPhoneDigits) {
            out += value(text.substr(begin, end - begin));
            at = end;
            continue;
        }
        at = std::min(text.find(' ', begin), text.size());
        out.append(text.substr(begin, at - begin));
    }
    return out;
}

std::string Mask::sentence(std::string_view text) {
    if (!std::exchange(sorted_, true)) {
        std::sort(known_.begin(), known_.end());
        known_.erase(std::unique(known_.begin(), known_.end()), known_.end());
    }
    std::string out(text);
    for (const auto& [path, stand_in] : paths_) {
        for (std::size_t at = 0; (at = out.find(path, at)) != std::string::npos; at += stand_in.size())
            out.replace(at, path.size(), stand_in);
    }
    return without_numbers(without_known(without_quoted(out)));
}

}  // namespace ct::client
