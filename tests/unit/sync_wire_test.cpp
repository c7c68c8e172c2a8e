// The wire codec: what is written is read again as it was; what cannot be read is refused with a word on what and
// where.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/utf8.h"
#include "crm/tables.h"
#include "sync/stamp.h"
#include "sync/wire.h"

namespace ct::sync {
namespace {

using crm::Model;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr UnixMs kNow = 1'764'000'000'123;

// ---- random values of every type

std::string random_text(Random& random) {
    static const std::vector<std::string> kParts{
        "a",    "Zoë", "आशा",  "😀",  "\"",   "\\", "\\u0041", "/", "\b",     "\x01",       "\x1f",
        "\x7f", "\t",  "\r\n", "\n", "null", "{",  "]",       ",", "\u2028", "\U0010ffff", std::string(1, '\0'),
        " ",    "𐀀",   "�"};
    std::string text;
    for (std::uint64_t left = 1 + random.below(5); left > 0; --left) text += kParts[random.below(kParts.size())];
    return text;
}

std::int64_t random_integer(Random& random) {
    switch (random.below(6)) {
        case 0: return kMost;
        case 1: return kLeast;
        case 2: return 0;
        case 3: return -1;
        case 4: return static_cast<std::int64_t>(random.next());
        default: return static_cast<std::int64_t>(random.below(1'000'000));
    }
}

Uuid random_id(Random& random) {
    Uuid id;
    random.fill(id.bytes);
    return id;
}

crm::Value random_value(Random& random, const crm::FieldDef& field) {
    using enum crm::FieldType;
    if (random.below(5) == 0) return {};
    switch (field.type) {
        case money:
        case integer: return random_integer(random);
        case instant: return static_cast<std::int64_t>(random.below(4'000'000'000'000));
        case flag: return random.below(2) == 0;
        case reference: return random_id(random).str();
        case labels: {
            std::string joined;
            for (int i = 0; i < 3; ++i) {
                std::string label = random_text(random);
                std::replace(label.begin(), label.end(), '\n', ' ');
                joined += (i == 0 ? "" : "\n") + label;
            }
            return joined;
        }
        default: return random_text(random);
    }
}

/// In the table's order, as decoders give them.
crm::Changes random_changes(Random& random, Model model) {
    crm::Changes changes;
    const auto& fields = crm::def(model).fields;
    for (std::size_t id = 0; id < fields.size(); ++id) {
        if (fields[id].derived() || random.below(2) == 0) continue;
        changes.set(static_cast<crm::FieldId>(id), random_value(random, fields[id]));
    }
    static const std::vector<std::string> kExtras{
        "", "", R"({"x":null})", R"({"big":18446744073709551615,"y":-1.5,"z":{"a":[1,"😀"]}})", R"({"ü\"":"\u0001"})"};
    changes.extra = kExtras[random.below(kExtras.size())];
    return changes;
}

Model random_model(Random& random) { return static_cast<Model>(random.below(crm::kModelCount)); }

Operation random_operation(Random& random) {
    Operation operation;
    operation.id = random_id(random);
    operation.kind = static_cast<OperationKind>(random.below(3));
    operation.model = random_model(random);
    operation.record = random_id(random);
    operation.base = random.below(3) == 0 ? kMost : static_cast<std::int64_t>(random.below(1'000));
    operation.stamp = format_stamp(kNow, static_cast<std::uint16_t>(random.below(65'536)), "dev!ce\"\\");
    operation.policy = static_cast<crm::Policy>(random.below(3));
    if (random.below(3) == 0) operation.group = random_id(random);
    if (operation.kind == OperationKind::remove) return operation;
    operation.changes = random_changes(random, operation.model);
    operation.seen = merging(operation.model, random_changes(random, operation.model));
    return operation;
}

crm::Record random_record(Random& random) {
    crm::Record record;
    record.id = random_id(random);
    record.model = random_model(random);
    record.deleted = random.below(2) == 0;
    record.version = random.below(3) == 0 ? kMost : 7;
    record.created_at = static_cast<UnixMs>(random.below(4'000'000'000'000));
    record.updated_at = kNow;
    crm::apply(record, random_changes(random, record.model));
    return record;
}

PushRequest random_request(Random& random) {
    PushRequest request;
    request.device_id = random_text(random);
    request.epoch = random.below(2) == 0 ? "" : random_text(random);
    request.sequence = random.below(3) == 0 ? kMost : 41;
    for (std::uint64_t left = random.below(4); left > 0; --left) request.operations.push_back(random_operation(random));
    return request;
}

PushAnswer random_answer(Random& random) {
    PushAnswer answer;
    answer.epoch = random_text(random);
    answer.sequence = 41;
    answer.version = kMost;
    answer.server_time = kNow;
    for (std::uint64_t left = random.below(4); left > 0; --left) {
        OperationResult& result = answer.results.emplace_back();
        result.id = random_id(random);
        result.verdict = static_cast<Verdict>(random.below(5));
        if (result.verdict == Verdict::rejected) {
            result.error = {ErrorKind::invalid, "CODE", random_text(random), random.below(2) == 0 ? "" : "phone"};
            continue;
        }
        result.version = random.below(2) == 0 ? kMost : 0;
        if (random.below(2) == 0) continue;
        result.record = random_record(random);
        if (random.below(2) == 0) result.fields = {"name", random_text(random)};
        if (random.below(2) == 0) result.overrode = random_changes(random, result.record->model);
        if (result.overrode.fields.empty()) result.overrode = {};
        result.revived = random.below(2) == 0;
        if (random.below(2) == 0) result.by = random_id(random).str();
    }
    for (std::uint64_t left = random.below(3); left > 0; --left) answer.later.push_back(random_record(random));
    return answer;
}

/// Of whole rows only what is there: what is not, is absent.
PullRow random_row(Random& random) {
    PullRow row;
    row.kind = static_cast<RowKind>(random.below(3));
    row.model = random_model(random);
    row.id = random_id(random);
    row.version = random.below(3) == 0 ? kMost : 5;
    if (row.kind != RowKind::changed) return row;
    row.whole = random.below(2) == 0;
    row.changes = random_changes(random, row.model);
    row.updated_at = random.below(2) == 0 ? 0 : kNow;
    if (!row.whole) return row;
    row.created_at = kNow;
    row.updated_at = kNow;
    std::erase_if(row.changes.fields, [](const auto& change) { return change.second.index() == 0; });
    if (row.changes.extra == R"({"x":null})") row.changes.extra.clear();
    return row;
}

PullPage random_page(Random& random) {
    PullPage page;
    page.epoch = random_text(random);
    if (random.below(2) == 0) page.from = random_text(random);
    page.cursor = random_text(random);
    page.has_more = random.below(2) == 0;
    page.remaining = random.below(2) == 0 ? kMost : 0;
    page.purge_floor = 12;
    page.server_time = kNow;
    for (std::uint64_t left = random.below(8); left > 0; --left) page.rows.push_back(random_row(random));
    const std::string author = random.below(2) == 0 ? random_id(random).str() : "";
    for (PullRow& row : page.rows) {
        if (row.version == kMost) row.author = author;  // told by version
    }
    return page;
}

void check_same(const PushAnswer& read, const PushAnswer& written) {
    REQUIRE(read.epoch == written.epoch);
    REQUIRE(read.sequence == written.sequence);
    REQUIRE(read.version == written.version);
    REQUIRE(read.server_time == written.server_time);
    REQUIRE(read.later == written.later);
    REQUIRE(read.results.size() == written.results.size());
    for (std::size_t i = 0; i < read.results.size(); ++i) {
        const OperationResult &a = read.results[i], &b = written.results[i];
        REQUIRE(a.id == b.id);
        REQUIRE(name(a.verdict) == name(b.verdict));
        REQUIRE(a.version == b.version);
        REQUIRE(a.record == b.record);
        REQUIRE(a.fields == b.fields);
        REQUIRE(a.overrode == b.overrode);
        REQUIRE(a.by == b.by);
        REQUIRE(a.revived == b.revived);
        REQUIRE(a.error.code == b.error.code);
        REQUIRE(a.error.message == b.error.message);
        REQUIRE(a.error.field == b.error.field);
    }
}

bool same(const PullRow& a, const PullRow& b) {
    return a.kind == b.kind && a.model == b.model && a.whole == b.whole && a.id == b.id && a.version == b.version &&
           a.created_at == b.created_at && a.updated_at == b.updated_at && a.changes == b.changes &&
           a.author == b.author;
}

TEST_CASE("wire: push requests are read as they were written") {
    SeededRandom random(41);
    for (int i = 0; i < 3'000; ++i) {
        const PushRequest written = random_request(random);
        const std::string body = encode(written);
        REQUIRE(valid_utf8(body));
        const auto read = decode_push_request(body);
        REQUIRE_MESSAGE(read.has_value(), body);
        REQUIRE(read->faults.empty());
        REQUIRE(read->protocol == kProtocol);
        REQUIRE(read->device_id == written.device_id);
        REQUIRE(read->epoch == written.epoch);
        REQUIRE(read->sequence == written.sequence);
        REQUIRE(read->operations == written.operations);
        REQUIRE(encode(*read) == body);
        std::size_t size = 0;
        for (const Operation& operation : written.operations) size += encoded_size(operation);
        REQUIRE(size < body.size());
    }
}

TEST_CASE("wire: push answers are read as they were written") {
    SeededRandom random(42);
    for (int i = 0; i < 3'000; ++i) {
        const PushAnswer written = random_answer(random);
        const std::string body = encode(written);
        const auto read = decode_push_answer(body);
        REQUIRE_MESSAGE(read.has_value(), body);
        check_same(*read, written);
    }
}

TEST_CASE("wire: pages are read as they were written, parents first") {
    SeededRandom random(43);
    for (int i = 0; i < 3'000; ++i) {
        PullPage written = random_page(random);
        const std::string body = encode(written);
        const auto read = decode_pull_page(body);
        REQUIRE_MESSAGE(read.has_value(), body);
        REQUIRE(read->epoch == written.epoch);
        REQUIRE(read->from == written.from);
        REQUIRE(read->cursor == written.cursor);
        REQUIRE(read->has_more == written.has_more);
        REQUIRE(read->remaining == written.remaining);
        REQUIRE(read->purge_floor == written.purge_floor);
        REQUIRE(read->server_time == written.server_time);
        REQUIRE(read->rows.size() == written.rows.size());
        REQUIRE(std::is_sorted(read->rows.begin(), read->rows.end(),
                               [](const PullRow& a, const PullRow& b) { return a.model < b.model; }));
        for (const PullRow& row : written.rows) {
            const auto found = std::find_if(read->rows.begin(), read->rows.end(),
                                            [&](const PullRow& each) { return each.id == row.id; });
            REQUIRE(found != read->rows.end());
            REQUIRE_MESSAGE(same(*found, row), body);
        }
    }
}

TEST_CASE("wire: pull requests are read as they were written") {
    PullRequest written;
    written.device_id = "d\"\\\x01😀";
    written.epoch = "e";
    written.models = {Model::reminder, Model::lead};
    written.exclude = {{Model::lead, {"notes", "ü\""}}, {Model::note, {}}};
    written.limit = kMost;
    written.wait_s = 25;
    CHECK_FALSE(decode_pull_request(encode(written))->waiting.has_value());
    written.waiting = Waiting{3, kMost};
    for (const auto& cursor :
         {std::optional<std::string>{}, std::optional<std::string>{""}, std::optional<std::string>{"c\n"}}) {
        written.cursor = cursor;
        const auto read = decode_pull_request(encode(written));
        REQUIRE(read.has_value());
        CHECK(read->device_id == written.device_id);
        CHECK(read->epoch == written.epoch);
        CHECK(read->waiting == written.waiting);
        CHECK(read->cursor == written.cursor);
        CHECK(read->models == written.models);
        CHECK(read->exclude == written.exclude);
        CHECK(read->limit == kMost);
        CHECK(read->wait_s == 25);
    }
}

TEST_CASE("wire: a body that is cut anywhere is refused") {
    SeededRandom random(44);
    for (int i = 0; i < 10; ++i) {
        PushRequest request = random_request(random);
        request.operations.push_back(random_operation(random));
        PushAnswer answer = random_answer(random);
        PullPage page = random_page(random);
        page.rows.push_back(random_row(random));
        for (const std::string& body : {encode(request), encode(answer), encode(page)}) {
            for (std::size_t size = 0; size < body.size(); ++size) {
                const std::string cut(body.data(), size);  // its own memory: reading behind it shows
                REQUIRE_FALSE(decode_push_request(cut).has_value());
                REQUIRE_FALSE(decode_push_answer(cut).has_value());
                REQUIRE_FALSE(decode_pull_page(cut).has_value());
                REQUIRE_FALSE(decode_pull_request(cut).has_value());
            }
        }
    }
}

TEST_CASE("wire: a body with any byte changed is read or refused, and does not crash") {
    SeededRandom random(45);
    for (int i = 0; i < 300; ++i) {
        PullPage page = random_page(random);
        for (std::string body : {encode(random_request(random)), encode(random_answer(random)), encode(page)}) {
            for (int change = 0; change < 20; ++change) {
                std::string bad = body;
                bad[random.below(bad.size())] = static_cast<char>(random.below(256));
                (void)decode_push_request(bad);
                (void)decode_push_answer(bad);
                const auto read = decode_pull_page(bad);
                if (!read) REQUIRE_FALSE(read.error().message.empty());
                (void)decode_pull_request(bad);
            }
        }
    }
}

}  // namespace
}  // namespace ct::sync
