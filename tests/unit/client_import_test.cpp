// CSV into records and back: what columns and cells mean, who counts as known, and that a round trip changes nothing.
#include <doctest/doctest.h>

#include <map>
#include <string>

#include "base/random.h"
#include "client/import.h"
#include "client/import_lane.h"
#include "client/people_list.h"
#include "crm/csv.h"
#include "crm/tables.h"
#include "crm/validate.h"

namespace ct::client {
namespace {

using crm::Model;

constexpr crm::FieldId kName = crm::field_id(Model::lead, "name");
constexpr crm::FieldId kPhone = crm::field_id(Model::lead, "phone");
constexpr crm::FieldId kCity = crm::field_id(Model::lead, "city");
constexpr crm::FieldId kAmount = crm::field_id(Model::lead, "amount");
constexpr crm::FieldId kCurrency = crm::field_id(Model::lead, "currency");
constexpr crm::FieldId kOwner = crm::field_id(Model::lead, "ownerId");
constexpr crm::FieldId kEnquiry = crm::field_id(Model::lead, "enquiryDate");

/// A book in memory.
class Book {
  public:
    [[nodiscard]] ImportDoors doors() {
        return {[this](Model model, const std::function<void(std::vector<crm::Record> &&)>& visit) {
                    std::vector<crm::Record> all;
                    for (const auto& [id, record] : records) {
                        if (record.model == model && !record.deleted) all.push_back(record);
                    }
                    visit(std::move(all));
                    return Result<void>();
                },
                [this](Model model, std::optional<std::int64_t> before) {
                    constexpr std::int64_t kPart = 400;
                    store::Store::Part part;
                    std::vector<const crm::Record*> living;
                    for (const auto& [id, record] : records) {
                        if (record.model == model && !record.deleted) living.push_back(&record);
                    }
                    std::int64_t left = before.value_or(static_cast<std::int64_t>(living.size()));
                    for (std::int64_t taken = 0; left > 0 && taken < kPart; ++taken)
                        part.records.push_back(*living[static_cast<std::size_t>(--left)]);
                    if (left > 0) part.next = left;
                    return Result<store::Store::Part>(std::move(part));
                },
                [this](Model, const Uuid& id) {
                    const auto found = records.find(id);
                    return Result<std::optional<crm::Record>>(
                        found == records.end() ? std::nullopt : std::optional<crm::Record>(found->second));
                },
                [this](std::vector<Edit>&& edits) -> Result<std::vector<std::optional<Error>>> {
                    ++commits;
                    for (const Edit& edit : edits) {
                        if (edit.kind == sync::OperationKind::remove) {
                            records.erase(edit.record);
                            continue;
                        }
                        crm::Record& record = records[edit.record];
                        record.id = edit.record;
                        record.model = edit.model;
                        crm::apply(record, edit.changes);
                    }
                    return std::vector<std::optional<Error>>(edits.size());
                },
                [this] { return *Uuid::parse("01a00000-0000-7000-8000-" + std::to_string(100'000'000'000 + ++made)); }};
    }

    ImportReport import(std::string_view text, OnDuplicate on_duplicate = OnDuplicate::skip, bool dry_run = false,
                        Model model = Model::lead) {
        ImportOptions options;
        options.model = model;
        options.on_duplicate = on_duplicate;
        options.dry_run = dry_run;
        const auto report = import_csv(text, options, doors());
        REQUIRE_MESSAGE(report.has_value(), report.error().message);
        return *report;
    }

    [[nodiscard]] std::string exported(Model model) {
        std::string text;
        REQUIRE(export_csv(model, doors(), [&](std::string_view piece) {
                    text += piece;
                    return Result<void>();
                }).has_value());
        return text;
    }

    std::map<Uuid, crm::Record> records;
    int commits = 0;
    std::int64_t made = 0;
};

std::string random_text(Random& random) {
    constexpr std::string_view kPieces[] = {"a",  "Ä", "\"", ",", ";", "\t", "\n", " ", "अ",
                                            "+1", "=", "😀",  "'", ".", "|",  "0",  "-", "@"};
    std::string text = random.next() % 3 == 0 ? "=" : "x";
    for (std::uint64_t i = random.next() % 12; i > 0; --i) text += kPieces[random.next() % std::size(kPieces)];
    return text + "x";
}

}  // namespace

TEST_CASE("import: columns by name or label, lakh grouping, day-first dates; what is wrong is told with its line") {
    Book book;
    const ImportReport report = book.import(
        "\xef\xbb\xbfNAME;e mail;Phone;Expected value;enquiry_date;Colour;version\r\n"
        "Asha;a@example.org;98765 43210;1,50,000;23/11/2026;red;3\r\n"
        "\r\n"
        ";;;;;;\r\n"
        "Bad;;;12x;;;\r\n"
        ";b@example.org;;;;;\r\n"
        "Day;;;;31/02/2026;;\r\n"
        "Wide;;;;;;;more\r\n"
        "Late;;;0.50;2026-11-24 9:30;;\r\n");
    CHECK(report.created == 2);
    CHECK(report.ignored_columns == std::vector<std::string>{"Colour"});
    REQUIRE(report.rejected.size() == 4);
    const std::pair<std::int64_t, const char*> rejected[] = {
        {5, "Lead.amount"}, {6, "Lead.name"}, {7, "31/02/2026"}, {8, "8 cells"}};
    for (std::size_t i = 0; i < std::size(rejected); ++i) {
        CHECK(report.rejected[i].line == rejected[i].first);
        CHECK(report.rejected[i].reason.find(rejected[i].second) != std::string::npos);
    }
    const crm::Record& asha = book.records.begin()->second;
    CHECK(asha.fields.integer(kAmount) == 15'000'000);
    CHECK(asha.fields.integer(kEnquiry) == *parse_rfc3339("2026-11-23"));
    CHECK(asha.fields.text(kCurrency) == "INR");
    CHECK(book.records.rbegin()->second.fields.integer(kEnquiry) == *parse_rfc3339("2026-11-24T09:30:00Z"));
    CHECK(book.commits == 1);
}

TEST_CASE("import: a lead is known by phone, e-mail, or name and company; also by an earlier row") {
    const std::string first = "name,company,phone,email,city\nAsha,Rao & Co,98765 43210,a@example.org,Pune\n";
    const char* const same[] = {"Other,,+91 98765-43210,,Goa", "Other,,,A@Example.org,Goa", "ASHA,rao & co,,,Goa"};
    for (const char* const row : same) {
        CAPTURE(row);
        Book book;
        CHECK(book.import(first + row + "\n").skipped == 1);
        CHECK(book.import(first).skipped == 1);
        const ImportReport updated =
            book.import(std::string("name,company,phone,email,city\n") + row + "\n", OnDuplicate::update);
        CHECK(updated.updated == 1);
        REQUIRE(book.records.size() == 1);
        CHECK(book.records.begin()->second.fields.text(kCity) == "Goa");
        CHECK_FALSE(book.records.begin()->second.fields.text(kPhone).empty());  // a blank cell clears nothing
        CHECK(book.import(first, OnDuplicate::create).created == 1);
        CHECK(book.records.size() == 2);
    }
    Book book;
    CHECK(book.import("name\nAsha\nAsha\n").created == 2);  // a name alone is not enough
}

TEST_CASE("import: two rows of one lead in one file become one record with both; a trial tells the same") {
    const std::string file = "name,phone,city\nAsha,98765 43210,\nAsha R,98765 43210,Pune\n";
    Book book;
    const ImportReport trial = book.import(file, OnDuplicate::update, true);
    CHECK(book.commits == 0);
    const ImportReport report = book.import(file, OnDuplicate::update);
    for (const ImportReport* each : {&trial, &report}) {
        CHECK(each->created == 1);
        CHECK(each->updated == 1);
    }
    REQUIRE(book.records.size() == 1);
    CHECK(book.records.begin()->second.fields.text(kCity) == "Pune");
    CHECK(book.records.begin()->second.fields.text(kName) == "Asha R");
}

TEST_CASE("import: rows name their lead, which must be there") {
    Book book;
    (void)book.import("name\nAsha\n");
    const std::string lead = book.records.begin()->first.str();
    const ImportReport report = book.import("leadId,amount,due\n" + lead + ",100,1/2/2027\n" +
                                                "01a00000-0000-7000-8000-000000000009,100,\n" + "nobody,100,\n",
                                            OnDuplicate::skip, false, Model::payment);
    CHECK(report.created == 1);
    REQUIRE(report.rejected.size() == 2);
    CHECK(report.rejected[0].line == 3);
    CHECK(report.rejected[0].reason.find("there is no Lead") != std::string::npos);
}

TEST_CASE("import: a header that cannot be understood is refused before anything is saved") {
    const auto code = [](std::string_view text, crm::CsvColumns::Map map) {
        Book book;
        ImportOptions options;
        options.map = std::move(map);
        const auto report = import_csv(text, options, book.doors());
        CHECK((report.has_value() || book.commits == 0));
        return report ? std::string("none") : report.error().code;
    };
    CHECK(code("", {}) == "EMPTY_FILE");
    CHECK(code("\"name\n", {}) == "INVALID_CSV");
    CHECK(code("colour\nred\n", {}) == "NO_COLUMNS");
    CHECK(code("name,Name\na,b\n", {}) == "DUPLICATE_COLUMN");
    CHECK(code("name,x\na,b\n", {{"y", "city"}}) == "UNKNOWN_COLUMN");
    CHECK(code("name,x\na,b\n", {{"x", "colour"}}) == "UNKNOWN_FIELD");
    CHECK(code("name,Name\na,b\n", {{"Name", ""}}) == "NO_COLUMNS");  // both are called the same
    CHECK(code("x,city\na,b\n", {{"X", "name"}, {"city", ""}}) == "none");
}

TEST_CASE("import: what was exported changes nothing, and in an empty book makes the same records") {
    SeededRandom random(11);
    Book book;
    for (int i = 0; i < 200; ++i) {
        crm::Record record;
        record.model = Model::lead;
        record.id = *Uuid::parse("01b00000-0000-7000-8000-" + std::to_string(100'000'000'000 + i));
        crm::Changes changes;
        const auto& fields = crm::def(Model::lead).fields;
        for (std::size_t f = 0; f < fields.size(); ++f) {
            const bool takes_any =
                fields[f].type == crm::FieldType::text || fields[f].type == crm::FieldType::multiline;
            if (!takes_any || fields[f].derived()) continue;
            std::string text = random_text(random);
            if (fields[f].type == crm::FieldType::text)
                std::erase_if(text, [](char c) { return c == '\n' || c == '\t'; });
            changes.set(static_cast<crm::FieldId>(f), std::move(text));
        }
        const char* const currencies[] = {"INR", "JPY", "KWD"};
        changes.set(kCurrency, std::string(currencies[random.next() % 3]));
        changes.set(kAmount, static_cast<std::int64_t>(random.next() >> 1));
        changes.set(kEnquiry, static_cast<std::int64_t>(random.next() % 4'000'000'000'000));
        REQUIRE(crm::validate_new(Model::lead, changes).has_value());
        crm::apply(record, changes);
        book.records[record.id] = record;
    }
    const auto before = book.records;
    const std::string text = book.exported(Model::lead);
    const ImportReport again = book.import(text, OnDuplicate::update);
    CHECK(again.skipped == 200);
    CHECK(again.rejected.empty());
    CHECK(book.commits == 0);

    Book empty;
    CHECK(empty.import(text, OnDuplicate::update).created == 200);
    for (const auto& [id, record] : before) CHECK(empty.records.at(id).fields == record.fields);
    CHECK(empty.exported(Model::lead) == text);
}

TEST_CASE("import: no cell of an export is a formula to a spreadsheet, and all of them come back as they were") {
    struct Row {
        const char *text, *cell;
    };
    const Row rows[] = {
        {"=HYPERLINK(\"http://evil.example\")", "'=HYPERLINK(\"http://evil.example\")"},
        {"@SUM(1)", "'@SUM(1)"},
        {"-2+3", "'-2+3"},
        {"+A1", "'+A1"},
        {"- rang, no answer", "'- rang, no answer"},
        {"'=1", "''=1"},
        {"''@x", "'''@x"},
        {"'s-Gravenhage", "'s-Gravenhage"},  // a city
        {"+91 98765-43210", "+91 98765-43210"},
        {"-5", "-5"},
        {"a=b", "a=b"},
        {"'-5", "'-5"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(crm::csv_cell(Model::lead, kCity, std::string_view(row.text), "INR") == row.cell);
        const auto again = crm::parse_csv_cell(Model::lead, kCity, row.cell, "INR");
        REQUIRE(again.has_value());
        CHECK(std::get<std::string>(*again) == row.text);
    }
    CHECK(crm::csv_cell(Model::lead, kPhone, std::string_view("+919876543210"), "INR") == "+919876543210");
    CHECK(crm::csv_cell(Model::payment, crm::field_id(Model::payment, "amount"), std::int64_t{-150'050}, "INR") ==
          "-1500.50");

    // A lead whose name is one is known again by it.
    Book book;
    CHECK(book.import("name,company\n'=x,@y\n", OnDuplicate::update).created == 1);
    const std::string text = book.exported(Model::lead);
    CHECK(text.find("'=x,'@y") != std::string::npos);
    CHECK(book.import("name,company\n=x,'@y\n", OnDuplicate::update).skipped == 1);
    CHECK(book.import(text, OnDuplicate::update).skipped == 1);
}

TEST_CASE("import: a refused row tells its cells and the field at fault, and goes in when it is mended") {
    Book book;
    const std::string text = "name;amount;city\nAsha;10;Pune\nRavi;ten;Delhi\n\nZoe;\"x;Agra\n";
    ImportOptions options;
    auto report = import_csv(text, options, book.doors());
    REQUIRE(report.has_value());
    REQUIRE(report->rejected.size() == 2);
    CHECK(report->rejected[0].line == 3);
    CHECK(report->rejected[0].cells == std::vector<std::string>{"Ravi", "ten", "Delhi"});
    CHECK(report->rejected[0].field == "amount");
    CHECK(report->rejected[1].cells.empty());  // a quote that is not closed
    options.mended[report->rejected[0].line] = {"Ravi", "10", "Delhi"};
    options.mended[report->rejected[1].line] = {"Zoe", "", "Agra"};
    options.dry_run = true;
    report = import_csv(text, options, book.doors());
    REQUIRE(report.has_value());
    CHECK(report->rejected.empty());
    CHECK(report->created == 3);  // none of them has what leads are known by
}

TEST_CASE("import: people go by name, each name is asked about once, and one that fits nobody is the row's fault") {
    Book book;
    const PeopleList people({{"01b00000-0000-7000-8000-000000000001", "Asha Rao", "EMPLOYEE", "", false},
                             {"01b00000-0000-7000-8000-000000000002", "Bela", "EMPLOYEE", "one@example.org", false},
                             {"01b00000-0000-7000-8000-000000000003", "Bela", "EMPLOYEE", "two@example.org", false}},
                            1);
    int asked = 0;
    ImportDoors doors = book.doors();
    doors.person = [&](std::string_view typed) {
        ++asked;
        return person_id(people, people.all()[1].id, typed);
    };
    const std::string text =
        "name,Owner\nA,asha rao\nB, Asha Rao \nC,TWO@example.org\nD,me\nE,\nF,01b00000-0000-7000-8000-0000000000ff\n"
        "G,Bela\nH,Nobody Such\nI,Nobody Such\nJ,asha rao\n";
    ImportOptions options;
    auto report = import_csv(text, options, doors);
    REQUIRE(report.has_value());
    CHECK(asked == 6);
    CHECK(report->created == 7);
    std::map<std::string, std::string> owners;
    for (const auto& [id, record] : book.records)
        owners[std::string(record.fields.text(kName))] = record.fields.text(kOwner);
    struct Row {
        const char* name;
        std::string owner;
    };
    const Row rows[] = {{"A", people.all()[0].id},
                        {"B", people.all()[0].id},
                        {"C", people.all()[2].id},
                        {"D", people.all()[1].id},
                        {"E", ""},
                        {"F", "01b00000-0000-7000-8000-0000000000ff"},
                        {"J", people.all()[0].id}};
    for (const Row& row : rows) CHECK_MESSAGE(owners[row.name] == row.owner, row.name);

    REQUIRE(report->rejected.size() == 3);
    CHECK(report->rejected[0].reason.find("Owner: 2 people are called \"Bela\"") == 0);
    CHECK(report->rejected[0].reason.find("two@example.org") != std::string::npos);
    CHECK(report->rejected[1].reason.find("nobody in this workspace is called \"Nobody Such\"") != std::string::npos);
    CHECK(report->rejected[1].field == "ownerId");
    CHECK(report->rejected[1].cells == std::vector<std::string>{"H", "Nobody Such"});
    options.mended[report->rejected[1].line] = {"H", "Asha Rao"};
    options.dry_run = true;
    CHECK(import_csv(text, options, doors)->rejected.size() == 2);
}

TEST_CASE("import lane: some rows at a time, stopped midway, taken back as a whole and done again") {
    Book book;
    crm::Record known;
    known.id = *Uuid::parse("01a00000-0000-7000-8000-00000000000a");
    known.fields.set(kName, std::string_view("Known"));
    known.fields.set(kPhone, std::string_view("+919800000001"));
    known.fields.set(kCity, std::string_view("Pune"));
    book.records[known.id] = known;
    std::string text = "name,phone,city\nKnown,9800000001,Delhi\n";
    for (int i = 2; i <= 2'500; ++i)
        text += "Lead " + std::to_string(i) + ",9800" + std::to_string(100'000 + i) + ",Pune\n";
    std::vector<Event> events;
    ImportLane lane(book.doors(), [&](Event event) { events.push_back(std::move(event)); });
    const auto run = [&](int steps) {
        for (int i = 0; i < steps && lane.busy(); ++i) lane.step();
    };
    const auto ended = [&]() -> const ImportEnded& { return std::get<ImportEnded>(events.back()); };
    const auto city = [&] { return std::string(book.records.at(known.id).fields.text(kCity)); };
    StartImport start{1, std::make_shared<const std::string>(text), {}};
    start.options.on_duplicate = OnDuplicate::update;

    lane.start(start);
    run(2);
    CHECK(std::get<ImportProgress>(events.back()).rows == 0);  // it learns who is there
    run(1);
    CHECK(book.records.size() == 1'000);
    CHECK(std::get<ImportProgress>(events.back()).rows == 1'000);
    lane.cancel();
    CHECK(ended().cancelled);
    CHECK(ended().report.created == 999);
    CHECK(city() == "Delhi");
    lane.reverse({1});
    run(10);
    CHECK(ended().reversed);
    CHECK(book.records.size() == 1);
    CHECK(city() == "Pune");
    lane.reverse({1});  // and again
    run(10);
    CHECK(book.records.size() == 1'000);
    CHECK(city() == "Delhi");

    start.ticket = 2;
    lane.start(start);
    run(10);
    CHECK(ended().report.created == 1'500);  // it goes on behind what is there
    CHECK(book.records.size() == 2'500);
    lane.reverse({2});
    lane.reverse({1});
    run(20);
    CHECK(book.records.size() == 1);
    lane.reverse({77});
    run(2);
    CHECK(ended().error.value().code == "NOT_REVERSIBLE");
}

TEST_CASE("import lane: a file that is none ends at once") {
    Book book;
    std::vector<Event> events;
    ImportLane lane(book.doors(), [&](Event event) { events.push_back(std::move(event)); });
    lane.start({5, std::make_shared<const std::string>(""), {}});
    while (lane.busy()) lane.step();
    REQUIRE(events.size() == 1);
    CHECK(std::get<ImportEnded>(events[0]).error.value().code == "EMPTY_FILE");
}

}  // namespace ct::client
