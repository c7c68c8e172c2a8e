#include <doctest/doctest.h>

#include <string>

#include "base/random.h"
#include "base/utf8.h"
#include "crm/validate.h"

namespace ct::crm {
namespace {

TEST_CASE("phones: Indian numbers as people write them") {
    for (const char* const typed :
         {"9876543210", "98765 43210", "098765 43210", "+91-98765-43210", "+91 98765 43210", "(+91) 98765.43210",
          "0091 98765 43210", "91 98765 43210", "+91 (0) 98765 43210", "+91 098765 43210", "९८७६५ ४३२१०",
          "＋９１９８７６５４３２１０", "+91\u00a098765\u201143210", "\u202a+91 98765 43210\u202c", "98765/43210"}) {
        CAPTURE(typed);
        CHECK(phone_e164(typed) == "+919876543210");
    }
    CHECK(phone_e164("022 2345 6789") == "+912223456789");
}

TEST_CASE("phones: what is no number gives nothing") {
    for (const char* const typed :
         {"", "abc", "98765 4321", "98765 432100", "98765-HELLO", "98765 43210 ext 5", "100", "+91 98765",
          "1800 123 4567", "+", "++919876543210", "+91+9876543210", "98765+43210", "00", "000000000000", "+0123456789",
          "9876543210,", "98765 43210 / 98765 43211"}) {
        CAPTURE(typed);
        CHECK(phone_e164(typed) == "");
    }
}

TEST_CASE("phones: other countries") {
    CHECK(phone_e164("+44 (0)20 7946 0958") == "+442079460958");
    CHECK(phone_e164("020 7946 0958", "GB") == "+442079460958");
    CHECK(phone_e164("+1 (415) 555-2671") == "+14155552671");
    CHECK(phone_e164("415-555-2671", "US") == "+14155552671");
    CHECK(phone_e164("1 415 555 2671", "US") == "+14155552671");
    CHECK(phone_e164("011 91 98765 43210", "US") == "+919876543210");
    CHECK(phone_e164("+49 (0)30 123456") == "+4930123456");
    CHECK(phone_e164("030 123456", "DE") == "+4930123456");
    CHECK(phone_e164("+39 06 698 1234", "IN") == "+39066981234");  // Italy keeps its zero
    CHECK(phone_e164("06 30 123 4567", "HU") == "+36301234567");
    CHECK(phone_e164("8 (916) 123-45-67", "RU") == "+79161234567");
    CHECK(phone_e164("800 123 45 67", "RU") == "+78001234567");  // begins with the trunk digit, and is whole
    CHECK(phone_e164("810 91 98765 43210", "RU") == "+919876543210");
    CHECK(phone_e164("050 123 4567", "AE") == "+971501234567");
    CHECK(phone_e164("+65 6123 4567") == "+6561234567");
    CHECK(phone_e164("6123 4567", "SG") == "+6561234567");
    CHECK(phone_e164("010-1234-5678", "KR") == "+821012345678");
    CHECK(phone_e164("090 1234 5678", "JP") == "+819012345678");
    CHECK(phone_e164("+880 1712-345678") == "+8801712345678");
}

TEST_CASE("phones: a country that the table does not know") {
    CHECK(phone_e164("+679 123 4567") == "+6791234567");  // Fiji
    CHECK(phone_e164("+999 12") == "");                   // too short to be a number
    CHECK(phone_e164("+999 1234567890123") == "");        // longer than E.164 allows
    CHECK(phone_e164("9876543210", "XX") == "");
    CHECK(phone_e164("+91 98765 43210", "XX") == "+919876543210");
    CHECK(phone_e164("0091 98765 43210", "XX") == "+919876543210");
}

TEST_CASE("phones: whatever is typed, the result is E.164 or empty, and stays what it is") {
    SeededRandom random(8);
    const std::string_view alphabet = "0123456789012345678901234567890123456789+ -().x";
    int numbers = 0;
    for (int i = 0; i < 50'000; ++i) {
        std::string typed(random.below(18), ' ');
        for (char& c : typed) c = alphabet[random.below(alphabet.size())];
        const std::string number = phone_e164(typed);
        if (number.empty()) continue;
        ++numbers;
        CAPTURE(typed);
        REQUIRE(number.size() >= 8);
        REQUIRE(number.size() <= 16);
        REQUIRE(number[0] == '+');
        REQUIRE(number[1] != '0');
        REQUIRE(number.find_first_not_of("0123456789", 1) == std::string::npos);
        REQUIRE(phone_e164(number) == number);
    }
    CHECK(numbers > 500);
}

TEST_CASE("money: digits after the point") {
    CHECK(currency_digits("INR") == 2);
    CHECK(currency_digits("JPY") == 0);
    CHECK(currency_digits("KWD") == 3);
    CHECK(currency_digits("CLF") == 4);
    CHECK(currency_digits("XYZ") == 2);
    CHECK(currency_digits("") == 2);
}

TEST_CASE("money: written as people read it") {
    CHECK(format_money(0, "INR") == "0.00");
    CHECK(format_money(5, "INR") == "0.05");
    CHECK(format_money(-5, "INR") == "-0.05");
    CHECK(format_money(150'050, "INR") == "1,500.50");
    CHECK(format_money(15'000'050, "INR") == "1,50,000.50");
    CHECK(format_money(1'234'567'890'12, "INR") == "1,23,45,67,890.12");
    CHECK(format_money(99'999, "INR") == "999.99");
    CHECK(format_money(100'000, "INR") == "1,000.00");
    CHECK(format_money(15'000'050, "USD") == "150,000.50");
    CHECK(format_money(-123'456'789, "EUR") == "-1,234,567.89");
    CHECK(format_money(1500, "JPY") == "1,500");
    CHECK(format_money(0, "JPY") == "0");
    CHECK(format_money(1500, "KWD") == "1.500");
    CHECK(format_money(INT64_MAX, "USD") == "92,233,720,368,547,758.07");
    CHECK(format_money(INT64_MIN, "USD") == "-92,233,720,368,547,758.08");
    CHECK(format_money(INT64_MIN, "JPY") == "-9,223,372,036,854,775,808");
}

TEST_CASE("money: read as people write it") {
    const auto inr = [](std::string_view text) { return parse_money(text, "INR").value(); };
    CHECK(inr("1,50,000.5") == 15'000'050);
    CHECK(inr("150000.50") == 15'000'050);
    CHECK(inr("150,000.50") == 15'000'050);
    CHECK(inr("1 50 000.50") == 15'000'050);
    CHECK(inr("₹ 1 500") == 150'000);
    CHECK(inr("₹1,500.00") == 150'000);
    CHECK(inr("Rs. 1,500/-") == 150'000);
    CHECK(inr("rs 1500") == 150'000);
    CHECK(inr("1500 INR") == 150'000);
    CHECK(inr("inr1500") == 150'000);
    CHECK(inr("-₹500") == -50'000);
    CHECK(inr("₹-500") == -50'000);
    CHECK(inr("\u2212"
              "500") == -50'000);
    CHECK(inr("+500") == 50'000);
    CHECK(inr("१,५००.५०") == 150'050);
    CHECK(inr(".5") == 50);
    CHECK(inr("5.") == 500);
    CHECK(inr("0") == 0);
    CHECK(inr("-0") == 0);
    CHECK(inr("007") == 700);
    CHECK(inr("1\u00a0500") == 150'000);
    CHECK(parse_money("$1,500.5", "USD").value() == 150'050);
    CHECK(parse_money("1,500", "JPY").value() == 1500);
    CHECK(parse_money("¥1,500", "JPY").value() == 1500);
    CHECK(parse_money("1.5", "KWD").value() == 1500);
}

TEST_CASE("money: lakhs and crores as words") {
    struct Row {
        const char* text;
        std::int64_t amount;
    };
    const Row rows[] = {
        {"1.5 lakh", 15'000'000},
        {"1.5lakh", 15'000'000},
        {"₹ 1.5 Lakhs", 15'000'000},
        {"Rs. 2 Crore/-", 2'000'000'000},
        {"2 cr", 2'000'000'000},
        {"-3 lac", -30'000'000},
        {"0.00001 lakh", 100},
        {"1.2345678 lacs", 12'345'678},
        {"1,250 crores", 1'250'000'000'000},
        {"१.५ lakh", 15'000'000},
        {"1.5 lakh INR", 15'000'000},
        {"1.123456789 crore", 1'123'456'789},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        REQUIRE(parse_money(row.text, "INR").has_value());
        CHECK(*parse_money(row.text, "INR") == row.amount);
    }
    CHECK(parse_money("1.5 lakh", "JPY").value() == 150'000);
    for (const char* const text : {"lakh", "1.12345678 lakh", "1.5 lakh crore", "1,5 lakh", "10000000000000 crore"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_money(text, "INR").has_value());
    }
    // Words behind the number that nobody knows are not too many digits.
    CHECK(parse_money("1.5 apples", "INR").error().message.find("1.5 lakh") != std::string::npos);
    CHECK(parse_money("1.505", "INR").error().message.find("2 digits") != std::string::npos);
}

TEST_CASE("money: refused rather than guessed") {
    for (const char* const text :
         {"",         " ",      "₹",    "abc",    "1.2.3",  "1,5",      "150,50", "1,50,00", "1,5,000",
          "1500,000", "1,,500", ",500", "1,500,", "1, 500", "1.500,50", "12.345", "1.505",   "--5",
          "-₹-5",     "+-5",    "5-",   "1e3",    "0x10",   "$500",     "€500",   "500 USD", ".",
          "-",        "1.5 0",  "1.-5", "1 5",    "\xff",   "1/-/-",    "500 ₹ ₹"}) {
        CAPTURE(text);
        const Result<std::int64_t> amount = parse_money(text, "INR");
        REQUIRE_FALSE(amount.has_value());
        CHECK(amount.error().code == "INVALID_MONEY");
        CHECK(valid_utf8(amount.error().message));
    }
    CHECK_FALSE(parse_money("1.5", "JPY").has_value());
}

TEST_CASE("money: to the last unit of 64 bits, and not one further") {
    CHECK(parse_money("92233720368547758.07", "INR").value() == INT64_MAX);
    CHECK(parse_money("-92233720368547758.08", "INR").value() == INT64_MIN);
    for (const char* const text :
         {"92233720368547758.08", "-92233720368547758.09", "92233720368547759", "999999999999999999999999999999",
          "184467440737095516.16", "184467440737095516.17"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_money(text, "INR").has_value());
    }
}

TEST_CASE("money: what is written is read back, for any amount and currency") {
    SeededRandom random(55);
    for (int i = 0; i < 20'000; ++i) {
        const auto amount = static_cast<std::int64_t>(random.next()) >> random.below(64);
        for (const char* const currency : {"INR", "USD", "JPY", "KWD", "CLF", "XYZ"}) {
            const std::string text = format_money(amount, currency);
            CAPTURE(text);
            REQUIRE(parse_money(text, currency).value() == amount);
        }
    }
}

}  // namespace
}  // namespace ct::crm
