// What is said of a CSV file before it is imported.
#include <doctest/doctest.h>

#include "crm/csv_look.h"
#include "crm/tables.h"

namespace ct::crm {

TEST_CASE("csv look: separator, blank lines, dates and amounts as they are written") {
    const std::string text =
        "\xEF\xBB\xBFName;Mobile no;Amount;Date\r\nAsha;98765 43210;1,50,000;23/11/2026\r\n\r\n;;;\r\nRavi;;;\r\n";
    const CsvText read = csv_text(text);
    CHECK(read.encoding == "UTF-8 with byte order mark");
    const CsvLook look = look_at_csv(read.text);
    CHECK(look.separator == ';');
    CHECK(look.header == std::vector<std::string>{"Name", "Mobile no", "Amount", "Date"});
    CHECK(look.lines == 5);
    CHECK(look.blank_lines == 2);
    CHECK(look.day_first);
    CHECK(look.lakhs);
    REQUIRE(look.sample.size() == 2);
    CHECK(look.sample[1][0] == "Ravi");
}

TEST_CASE("csv look: plain files claim nothing") {
    const CsvLook look = look_at_csv("name,amount,date\nAsha,1500.50,2026-11-23\nRavi,\"1,500,000\",\n");
    CHECK(look.separator == ',');
    CHECK_FALSE(look.day_first);
    CHECK_FALSE(look.lakhs);
    CHECK(look.blank_lines == 0);
    CHECK(look_at_csv("").header.empty());
}

TEST_CASE("csv text: other encodings become UTF-8") {
    CHECK(csv_text("Zo\xEB \x80").text == "Zoë €");
    CHECK(csv_text("Zo\xEB").encoding == "Windows-1252");
    using namespace std::string_literals;
    CHECK(csv_text("\xFF\xFEZ\0\xEB\0"s).text == "Zë");
    CHECK(csv_text("\xFE\xFF\0Z\xD8\x3D\xDE\x00"s).text == "Z😀");
    CHECK(csv_text("\xFF\xFE\x3D\xD8"s).text == "\xEF\xBF\xBD");  // half a pair
    CHECK(csv_text("Zoë").encoding == "UTF-8");
}

TEST_CASE("csv look: what people call the fields") {
    CHECK(likely_field(Model::lead, "Mobile No.") == field_id(Model::lead, "phone"));
    CHECK(likely_field(Model::lead, "E-Mail ID") == field_id(Model::lead, "email"));
    CHECK(likely_field(Model::lead, "expected value") == field_id(Model::lead, "amount"));
    CHECK(likely_field(Model::payment, "due") == field_id(Model::payment, "dueDate"));
    CHECK_FALSE(likely_field(Model::reminder, "mobile").has_value());
    CHECK_FALSE(likely_field(Model::lead, "Shoe size").has_value());
}

}  // namespace ct::crm
