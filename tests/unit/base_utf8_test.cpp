#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/utf8.h"

namespace ct {
namespace {

using namespace std::string_view_literals;

std::string encoded(char32_t c) {
    const auto byte = [](char32_t value) { return static_cast<char>(value); };
    if (c < 0x80) return {byte(c)};
    if (c < 0x800) return {byte(0xc0 | c >> 6), byte(0x80 | (c & 63))};
    if (c < 0x10000) return {byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
    return {byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
}

TEST_CASE("UTF-8: every code point is valid, every surrogate is not") {
    for (char32_t c = 0; c <= 0x10ffff; ++c) {
        const bool surrogate = c >= 0xd800 && c <= 0xdfff;
        if (valid_utf8(encoded(c)) == surrogate) FAIL_CHECK("code point " << static_cast<std::uint32_t>(c));
    }
}

TEST_CASE("UTF-8: the first fault is found where it is") {
    struct Case {
        std::string_view text;
        std::size_t fault;
    };
    constexpr std::size_t kNone = std::string_view::npos;
    const Case cases[] = {
        {""sv, kNone},
        {"plain"sv, kNone},
        {"a\0b"sv, kNone},  // NUL is text as far as UTF-8 goes
        {"\x80"sv, 0},      // a continuation alone
        {"ab\xbf"sv, 2},
        {"\xc0\x80"sv, 0},  // overlong NUL
        {"\xc1\xbf"sv, 0},  // overlong
        {"\xc2"sv, 0},      // cut
        {"x\xc2"sv, 1},
        {"\xc2x"sv, 0},
        {"\xdf\xbf"sv, kNone},      // U+07FF
        {"\xe0\x80\x80"sv, 0},      // overlong
        {"\xe0\x9f\xbf"sv, 0},      // overlong U+07FF
        {"\xe0\xa0\x80"sv, kNone},  // U+0800
        {"\xe2\x82"sv, 0},          // cut
        {"\xe2\x82x"sv, 0},
        {"\xed\x9f\xbf"sv, kNone},      // U+D7FF
        {"\xed\xa0\x80"sv, 0},          // U+D800
        {"\xed\xbf\xbf"sv, 0},          // U+DFFF
        {"\xee\x80\x80"sv, kNone},      // U+E000
        {"\xef\xbf\xbf"sv, kNone},      // U+FFFF
        {"\xf0\x80\x80\x80"sv, 0},      // overlong
        {"\xf0\x8f\xbf\xbf"sv, 0},      // overlong U+FFFF
        {"\xf0\x90\x80\x80"sv, kNone},  // U+10000
        {"\xf0\x9f\x98"sv, 0},          // cut
        {"\xf4\x8f\xbf\xbf"sv, kNone},  // U+10FFFF
        {"\xf4\x90\x80\x80"sv, 0},      // above
        {"\xf5\x80\x80\x80"sv, 0},
        {"\xf8\x88\x80\x80\x80"sv, 0},  // five bytes
        {"\xfe"sv, 0},
        {"\xff"sv, 0},
        {"12345678\xff"sv, 8},  // just behind a machine word
        {"1234567\xff"sv, 7},
        {"123456789012345\xc3\xa9x\xc3"sv, 18},
        {"\xc3\xa9\xc3\xa9\x80"sv, 4},
    };
    for (const Case& each : cases) {
        CAPTURE(each.text);
        CHECK(utf8_fault(each.text) == each.fault);
        CHECK(valid_utf8(each.text) == (each.fault == kNone));
    }
}

TEST_CASE("UTF-8: flipping one byte of valid text never crashes, and faults lie within the text") {
    SeededRandom random(17);
    const std::string text = "Asha Rao, आशा राव, ஆஷா, 阿莎 😀 naïve";
    for (int i = 0; i < 20'000; ++i) {
        std::string damaged = text;
        damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
        const std::size_t fault = utf8_fault(damaged);
        if (fault == std::string::npos) continue;
        REQUIRE(fault < damaged.size());
        REQUIRE(valid_utf8(std::string_view(damaged).substr(0, fault)));
    }
}

TEST_CASE("UTF-8: length counts code points") {
    CHECK(utf8_length("") == 0);
    CHECK(utf8_length("abc") == 3);
    CHECK(utf8_length("आशा") == 3);
    CHECK(utf8_length("😀é") == 2);
}

TEST_CASE("fold: compares as people do") {
    CHECK(fold("ASHA Rao 123") == "asha rao 123");
    CHECK(fold("Émile Zola") == "emile zola");
    CHECK(fold("E\xcc\x81mile") == "emile");  // the accent as a code point of its own
    CHECK(fold("STRASSE") == fold("Straße"));
    CHECK(fold("ΣΊΣΥΦΟΣ") == fold("σίσυφος"));  // also the final sigma
    CHECK(fold("ЁЛКА") == "елка");
    CHECK(fold("ＡＢＣ　１２３") == "abc 123");  // full width
    CHECK(fold("ﬁn") == "fin");                  // ligature
    CHECK(fold("Đặng Łukasz Ørsted") == "dang lukasz orsted");
    CHECK(fold("İstanbul") == fold("ISTANBUL"));
    CHECK(fold("ıspanak") == fold("Ispanak"));
    CHECK(fold("مُحَمَّد") == fold("محمد"));
    CHECK(fold("ज़") == fold("ज"));    // nukta left out, as in most typing
    CHECK(fold("a\u200db") == "ab");  // invisible joiner
    CHECK(fold("") == "");
}

TEST_CASE("fold: keeps what makes another word") {
    CHECK(fold("रवि") != fold("रव"));  // an Indic vowel sign
    CHECK(fold("रवि") == "रवि");
    CHECK(fold("が") != fold("か"));  // a voicing mark
    CHECK(fold("ஆஷா") == "ஆஷா");
    CHECK(fold("阿莎") == "阿莎");
    CHECK(fold("a b") != fold("ab"));
}

TEST_CASE("fold: folding twice changes nothing more, and the result is valid, for every code point") {
    int changed = 0;
    for (char32_t c = 1; c <= 0x1ffff; ++c) {
        if (c >= 0xd800 && c <= 0xdfff) continue;
        const std::string once = fold(encoded(c));
        if (!valid_utf8(once)) FAIL_CHECK("code point " << static_cast<std::uint32_t>(c));
        if (fold(once) != once) ++changed;
    }
    CHECK(changed == 0);
}

TEST_CASE("fold: a character that grows eighteenfold fits") {
    std::string text;
    for (int i = 0; i < 50; ++i) text += "\xef\xb7\xba";  // U+FDFA
    CHECK(utf8_length(fold(text)) > 50 * 14);
}

TEST_CASE("trim: any script's white space, and nothing inside") {
    CHECK(trim("") == "");
    CHECK(trim(" \t\r\n\v\f ") == "");
    CHECK(trim("  a b  ") == "a b");
    CHECK(trim("\u00a0\u3000 a \u2003\u2028") == "a");
    CHECK(trim("\ufeff"
               "a\u200b") == "a");
    CHECK(trim("\u3000\u3000") == "");
    CHECK(trim("é") == "é");
    CHECK(trim(" 😀 ") == "😀");
    CHECK(trim("आ\u00a0") == "आ");
    CHECK(trim("\u200d") == "\u200d");  // a joiner is no space
    CHECK(trim("\x80 ") == "\x80");     // no text, but no crash either
    CHECK(trim(" \xe3\x80") == "\xe3\x80");
}

TEST_CASE("quote: any bytes become one short line of valid text") {
    CHECK(quote("") == "\"\"");
    CHECK(quote("foo@") == "\"foo@\"");
    CHECK(quote("a\nb\x01\x7f") == "\"a?b??\"");
    CHECK(quote("é\xff") == "\"é?\"");
    CHECK(quote(std::string(40, 'x')) == "\"" + std::string(40, 'x') + "\"");
    CHECK(quote(std::string(41, 'x')) == "\"" + std::string(40, 'x') + "…\"");
    std::string hindi;
    for (int i = 0; i < 100; ++i) hindi += "आ";
    CHECK(valid_utf8(quote(hindi)));
    CHECK(utf8_length(quote(hindi)) == 43);
}

}  // namespace
}  // namespace ct
