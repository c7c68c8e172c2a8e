#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/uuid.h"
#include "bench.h"
#include "crm/csv.h"
#include "crm/tables.h"
#include "crm/validate.h"
#include "sync/stamp.h"

namespace ct::bench {

namespace {

constexpr std::array<std::string_view, 12> kFirst{"Asha",  "Vikram", "Meera", "Rohan",  "Sunita", "Farhan",
                                                  "Divya", "Arjun",  "Kavya", "Thomas", "Céline", "Łukasz"};
constexpr std::array<std::string_view, 12> kLast{"Rao",   "Deshmukh", "Kulkarni", "Patil",  "Joshi", "Sheikh",
                                                 "Menon", "Reddy",    "Hegde",    "Mathew", "Favre", "Żak"};
constexpr std::array<std::string_view, 8> kCities{"Pune",    "Mumbai", "Chennai", "Bengaluru",
                                                  "Kolkata", "Nashik", "Surat",   "Kochi"};
constexpr std::array<std::string_view, 32> kWords{
    "asked",  "for",   "a",       "quotation", "before", "the",      "end",  "of",     "this",  "month", "prefers",
    "calls",  "after", "six",     "wants",     "darker", "finish",   "on",   "all",    "doors", "and",   "soft",
    "hinges", "price", "matters", "less",      "than",   "delivery", "date", "second", "visit", "done"};

template <class Range>
std::string_view any(Random& random, const Range& from) {
    return from[random.below(std::size(from))];
}

std::string prose(Random& random, std::size_t length) {
    std::string text;
    while (text.size() < length) text.append(any(random, kWords)).push_back(' ');
    text.pop_back();
    return text;
}

}  // namespace

Directory::Directory() {
    std::string pattern = (std::filesystem::current_path() / "build" / "bench-XXXXXX").string();
    std::filesystem::create_directories(std::filesystem::path(pattern).parent_path());
    if (::mkdtemp(pattern.data()) == nullptr) give_up("cannot make " + pattern);
    path_ = pattern;
}

Directory::~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

double seconds(const std::function<void()>& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double cpu_seconds(const std::function<void()>& work) {
    const auto now = [] {
        timespec at{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
        return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) * 1e-9;
    };
    const double begin = now();
    work();
    return now() - begin;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

std::string number(double value, int digits) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string bytes(std::int64_t value) {
    if (value < 10'000) return std::to_string(value) + " B";
    if (value < 10'000'000) return number(static_cast<double>(value) / 1e3) + " kB";
    return number(static_cast<double>(value) / 1e6, 1) + " MB";
}

void report(const std::string& what, const std::string& measured, const std::string& against, const std::string& aim) {
    std::printf("%-44s %-30s %-52s %s\n", what.c_str(), measured.c_str(), against.c_str(), aim.c_str());
    std::fflush(stdout);
}

std::int64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::int64_t pages = 0;
    file >> pages >> pages;
    return pages * ::sysconf(_SC_PAGESIZE);
}

void give_up(const std::string& why) {
    std::fprintf(stderr, "bench: %s\n", why.c_str());
    std::exit(1);
}

crm::Changes sample_lead(Random& random) {
    using crm::Model;
    crm::Changes lead;
    const auto set = [&](std::string_view name, crm::Value value) {
        lead.set(crm::field(Model::lead, name), std::move(value));
    };
    const std::string first{any(random, kFirst)}, last{any(random, kLast)};
    const auto some = static_cast<std::int64_t>(random.below(1'000'000));
    set("name", first + " " + last);
    set("company", last + " " + std::string(any(random, kLast)) + " Traders");
    set("phone", "+9198" + std::to_string(10'000'000 + random.below(89'999'999)));
    set("email", "office" + std::to_string(some) + "@customer.example");
    set("city", std::string(any(random, kCities)));
    set("address", std::to_string(1 + random.below(400)) + ", " + std::string(any(random, kLast)) + " Road");
    set("source", std::string(any(random, crm::tables::kLeadSources)));
    set("status", std::string(any(random, crm::tables::kLeadStatuses)));
    set("tag", std::string(any(random, crm::tables::kLeadTags)));
    set("amount", some * 100);
    set("currency", std::string("INR"));
    set("enquiryDate", 1'790'000'000'000 + some * 1'000);
    set("notes", prose(random, 115));
    set("labels", std::string(any(random, std::array<std::string_view, 3>{"fair", "festival\nreferral", "referral"})));
    return lead;
}

std::vector<sync::Operation> sample_creates(std::size_t count, std::uint64_t seed) {
    SeededRandom random(seed);
    UuidGenerator ids(system_clock(), random);
    const std::string device = ids.next().str();
    const UnixMs start = system_clock().now() - static_cast<UnixMs>(count);
    std::vector<sync::Operation> creates;
    creates.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        sync::Operation& operation = creates.emplace_back();
        operation.id = ids.next();
        operation.kind = sync::OperationKind::create;
        operation.model = crm::Model::lead;
        operation.record = ids.next();
        operation.stamp = sync::format_stamp(start + static_cast<UnixMs>(i), 0, device);
        operation.changes = sample_lead(random);
        if (!crm::validate_new(crm::Model::lead, operation.changes)) give_up("the sample is not valid");
    }
    return creates;
}

std::string as_csv(const std::vector<sync::Operation>& creates) {
    std::string text;
    for (const sync::Operation& operation : creates) {
        std::vector<std::string> row{operation.record.str(), "1", format_rfc3339(sync::stamp_ms(operation.stamp)),
                                     format_rfc3339(sync::stamp_ms(operation.stamp))};
        for (std::size_t field = 0; field < crm::def(crm::Model::lead).fields.size(); ++field) {
            const auto id = static_cast<crm::FieldId>(field);
            const crm::Value* value = operation.changes.find(id);
            row.push_back(value == nullptr ? "" : crm::format_value(crm::Model::lead, id, crm::view(*value)));
        }
        crm::write_csv_row(text, row);
    }
    return text;
}

}  // namespace ct::bench
