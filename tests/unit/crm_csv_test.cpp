#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "crm/csv.h"

namespace ct::crm {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows read_all(std::string_view text) {
    CsvReader reader(text);
    Rows rows;
    std::vector<std::string> row;
    for (;;) {
        const Result<bool> more = reader.next(row);
        REQUIRE_MESSAGE(more.has_value(), more.error().message);
        if (!*more) return rows;
        rows.push_back(row);
    }
}

TEST_CASE("CSV: what RFC 4180 says") {
    CHECK(read_all("") == Rows{});
    CHECK(read_all("a,b\r\nc,d\r\n") == Rows{{"a", "b"}, {"c", "d"}});
    CHECK(read_all("a,b\r\nc,d") == Rows{{"a", "b"}, {"c", "d"}});
    CHECK(read_all("a\nb\n") == Rows{{"a"}, {"b"}});
    CHECK(read_all("a\rb\r") == Rows{{"a"}, {"b"}});
    CHECK(read_all("\"a\",\"b\"\r\n") == Rows{{"a", "b"}});
    CHECK(read_all("\"a,b\",\"c\"\"d\",\"e\r\nf\"\r\n") == Rows{{"a,b", "c\"d", "e\r\nf"}});
    CHECK(read_all("a,,b,\r\n") == Rows{{"a", "", "b", ""}});
    CHECK(read_all(",\r\n") == Rows{{"", ""}});
    CHECK(read_all("\"\"\r\n") == Rows{{""}});
    CHECK(read_all(" a , b \n") == Rows{{" a ", " b "}});  // spaces belong to the field
    CHECK(read_all("5\" pipe,x\n") == Rows{{"5\" pipe", "x"}});
    CHECK(read_all("a,b\n\n\r\n\nc,d\n\n") == Rows{{"a", "b"}, {"c", "d"}});
    CHECK(read_all("\xef\xbb\xbf"
                   "a,b\n") == Rows{{"a", "b"}});
    CHECK(read_all("\xef\xbb\xbf\"a\",b\n") == Rows{{"a", "b"}});
}

TEST_CASE("CSV: rows of different lengths stay what they are, also when a longer one came before") {
    CHECK(read_all("a,b,c\nd\ne,f\n") == Rows{{"a", "b", "c"}, {"d"}, {"e", "f"}});
}

TEST_CASE("CSV: the separator is that of the first line, outside quotes") {
    CHECK(read_all("a;b\n1,5;2\n") == Rows{{"a", "b"}, {"1,5", "2"}});
    CHECK(read_all("a\tb\n1,5\t2\n") == Rows{{"a", "b"}, {"1,5", "2"}});
    CHECK(read_all("\"x;y;z\",b\n") == Rows{{"x;y;z", "b"}});
    CHECK(read_all("one\na;b\n") == Rows{{"one"}, {"a;b"}});
    CHECK(CsvReader("a;b;c,d\n").separator() == ';');
    CHECK(CsvReader("").separator() == ',');
    CHECK(CsvReader("\"a\n;;;\",b").separator() == ',');
}

TEST_CASE("CSV: lines are counted where the row begins, through quoted line breaks") {
    CsvReader reader("h1,h2\r\n\r\n\"a\nb\r\nc\",1\nlast,2");
    std::vector<std::string> row;
    REQUIRE(reader.next(row).value());
    CHECK(reader.line() == 1);
    REQUIRE(reader.next(row).value());
    CHECK(reader.line() == 3);
    REQUIRE(reader.next(row).value());
    CHECK(reader.line() == 6);
    CHECK(row == std::vector<std::string>{"last", "2"});
    CHECK_FALSE(reader.next(row).value());
    CHECK(row.empty());
    CHECK_FALSE(reader.next(row).value());
}

TEST_CASE("CSV: a bad row is named, and the ones behind it are still read") {
    CsvReader reader("a,b\n\"x\"y,z\nc,d\ne\xff,f\ng,h\n\"open,i\nj\n");
    std::vector<std::string> row;
    const auto expect_error = [&](std::int64_t line) {
        const Result<bool> outcome = reader.next(row);
        REQUIRE_FALSE(outcome.has_value());
        CHECK(outcome.error().code == "INVALID_CSV");
        CHECK(reader.line() == line);
    };
    REQUIRE(reader.next(row).value());
    expect_error(2);
    REQUIRE(reader.next(row).value());
    CHECK(row == std::vector<std::string>{"c", "d"});
    CHECK(reader.line() == 3);
    expect_error(4);
    REQUIRE(reader.next(row).value());
    CHECK(row == std::vector<std::string>{"g", "h"});
    expect_error(6);
    CHECK_FALSE(reader.next(row).value());
}

TEST_CASE("CSV: plain fields are written plain, others quoted") {
    std::string out;
    write_csv_row(out, {"a", "", "b c", "d,e", "f\"g", "h\ni", " j", "k;l"});
    CHECK(out == "a,,b c,\"d,e\",\"f\"\"g\",\"h\ni\",\" j\",\"k;l\"\r\n");
    out.clear();
    write_csv_row(out, {""});
    CHECK(out == "\"\"\r\n");
}

TEST_CASE("CSV: whatever is written is read back") {
    SeededRandom random(31);
    const std::vector<std::string> pieces{"a",    "\"", "\"\"", ",",   ";",   "\t",           "\n",
                                          "\r\n", "\r", " ",    "आशा", "x=1", "\xef\xbb\xbf", "0"};
    for (int run = 0; run < 3000; ++run) {
        Rows rows(1 + random.below(4));
        std::string text;
        for (auto& row : rows) {
            row.resize(1 + random.below(4));
            for (std::string& field : row) {
                for (std::uint64_t i = random.below(5); i > 0; --i) field += pieces[random.below(pieces.size())];
            }
            write_csv_row(text, row);
        }
        CAPTURE(text);
        REQUIRE(read_all(text) == rows);
    }
}

TEST_CASE("CSV: no text of these pieces hangs or crashes the reader") {
    SeededRandom random(32);
    const std::string_view alphabet = "\"\",;\t\n\r a\xff";
    for (int run = 0; run < 20'000; ++run) {
        std::string text(random.below(12), ' ');
        for (char& c : text) c = alphabet[random.below(alphabet.size())];
        CsvReader reader(text);
        std::vector<std::string> row;
        std::size_t steps = 0;
        for (;;) {
            const Result<bool> more = reader.next(row);
            if (more && !*more) break;
            REQUIRE(++steps <= text.size() + 1);
        }
    }
}

}  // namespace
}  // namespace ct::crm
