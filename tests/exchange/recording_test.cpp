// Real sessions, recorded: run again they do the same, and the file that leaves the laptop tells of nobody.
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/bench.h"
#include "client/diagnostics.h"
#include "client/recorder.h"
#include "exchange/office.h"
#include "net/encoding.h"
#include "sync/rerun.h"

namespace ct::calm {
namespace {

constexpr const char* kAsha = "asha@example.org";

/// A seat with a recorder from its first event on.
struct Recorded {
    Recorded(Office& office, const std::string& name, client::RecorderOptions options)
        : recorder(office.directory + "/" + name + "/recording", "test", office.clock, options),
          seat(office, name, kAsha, {}, &recorder) {}
    [[nodiscard]] std::string directory() const { return seat.directory + "/recording"; }
    client::Recorder recorder;
    Seat seat;
};

void make_profile_directory(Office& office, const std::string& name) {
    std::filesystem::create_directory(office.directory + "/" + name);
}

std::string text_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// A day with two laptops: edits, the same field, lost answers, offline, a restart, a whole comparison.
void live(Office& office, Seat& a, Seat& b) {
    const Uuid lead = a.add_lead("Asha Rao");
    a.add_note(lead, "asked for a quotation");
    a.sync();
    b.sync();
    a.set(lead, "city", "Pune");
    b.set(lead, "city", "Nashik");
    a.sync();
    b.sync();
    a.lose_answers = true;
    a.set(lead, "company", "Rao Traders");
    a.sync();
    a.lose_answers = false;
    for (int i = 0; i < 30; ++i) a.add_lead("Lead " + std::to_string(i));
    a.sync();
    a.replica->tell(sync::event::LinkChanged{false});
    a.replica->tell(sync::event::OfflineChosen{true});
    a.set(lead, "name", "Asha R.");
    a.replica->tell(sync::event::OfflineChosen{false});
    a.replica->tell(sync::event::LinkChanged{true});
    a.close();
    office.clock.at += 60'000;
    a.open();
    a.sync({true, true, true, true});
    b.remove({lead});
    b.sync();
    a.sync();
}

}  // namespace

TEST_CASE("a session that was recorded gives the same actions when it is run again, from any segment on") {
    Office office;
    office.add_user(kAsha, server::Role::manager);
    make_profile_directory(office, "a");
    Recorded a(office, "a", {1'500, 10'000});
    Seat b(office, "b", kAsha);
    live(office, a.seat, b);
    const auto segments = client::recording_segments(a.directory());
    REQUIRE(segments.size() > 5);
    std::int64_t all = 0;
    for (std::size_t from = 0; from < segments.size(); ++from) {
        sync::Rerun rerun;
        for (std::size_t i = from; i < segments.size(); ++i) {
            sync::read_recording(text_of(segments[i]), [&](sync::Entry&& entry) {
                const auto difference = rerun.feed(entry);
                REQUIRE_MESSAGE(!difference,
                                difference->what << "\n  " << difference->expected << "\n  " << difference->came);
                CHECK_FALSE(std::holds_alternative<sync::Gap>(entry));
            });
        }
        CHECK(rerun.left_out() == 0);
        if (from == 0) all = rerun.steps();
    }
    CHECK(all == a.recorder.status().steps);
    CHECK(all > 50);
}

TEST_CASE("diagnostics: nothing of the sample's customers is in the file, and it can be run again") {
    Office office;
    office.add_user(kAsha, server::Role::manager);
    make_profile_directory(office, "a");
    Recorded a(office, "a", {});
    Seat b(office, "b", kAsha);
    std::vector<std::string> personal{kAsha, "a good password", "Office"};
    SeededRandom random(9);
    for (int i = 0; i < 120; ++i) {
        const crm::Changes sample = bench::sample_lead(random);
        for (const auto& [field, value] : sample.fields) {
            const crm::FieldDef& def = crm::def(crm::Model::lead, field);
            const bool nobodys = def.type == crm::FieldType::choice || def.type == crm::FieldType::currency ||
                                 def.type == crm::FieldType::instant;
            if (nobodys) continue;
            if (const auto* text = std::get_if<std::string>(&value)) personal.push_back(*text);
            if (const auto* money = std::get_if<std::int64_t>(&value); money && *money > 9'999)
                personal.push_back(std::to_string(*money));
        }
        (i % 2 == 0 ? a.seat : b).add(crm::Model::lead, sample);
    }
    a.seat.sync();
    b.sync();
    a.seat.sync();
    // Something of each kind stays in the queue, and what the log should never say is in it all the same.
    const Uuid lead = a.seat.add_lead("Ottilie Wildermuth");
    a.seat.set(lead, "city", "Marbach");
    a.seat.set(lead, "company", "Ottilie Wildermuth");
    personal.insert(personal.end(), {"Ottilie", "Wildermuth", "Marbach"});
    std::ofstream(a.seat.directory + "/colortouch.log")
        << "time=2026-11-27T10:11:12.345+0000 level=warning "
           "msg=\"cannot attach for Ottilie Wildermuth, +919812345678, in Marbach\"\n"
        << "time=2026-11-27T10:11:13.345+0000 level=info msg=\"nothing special\"\n";
    a.seat.sync();
    a.seat.set(lead, "city", "Weinsberg");
    personal.emplace_back("Weinsberg");

    client::DiagnosticsRequest request;
    request.profile.data_dir = request.profile.config_dir = a.seat.directory;
    request.program = "test";
    const std::string file = office.directory + "/diagnostics.jsonl.zst";
    const auto done = client::export_diagnostics(request, file, office.clock, office.random);
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
    CHECK(done->steps == a.recorder.status().steps);
    CHECK(done->log_lines == 2);
    CHECK(done->hashed > 4);
    const auto unpacked = net::decompress(net::Encoding::zstd, text_of(file), 1 << 30);
    REQUIRE(unpacked.has_value());

    personal.push_back(a.seat.replica->token());
    REQUIRE(personal.size() > 800);
    const auto in_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    for (const std::string& value : personal) {
        // Cities and amounts are short: as a word of its own, not as part of an id.
        for (std::size_t at = unpacked->find(value); at != std::string::npos; at = unpacked->find(value, at + 1)) {
            const bool begins = at == 0 || !in_word((*unpacked)[at - 1]);
            const std::size_t end = at + value.size();
            const bool ends = end >= unpacked->size() || !in_word((*unpacked)[end]);
            CHECK_MESSAGE(!(begins && ends), value << " in " << unpacked->substr(at < 60 ? 0 : at - 60, 140));
            if (begins && ends) break;
        }
    }

    std::map<std::string, int> kinds;
    std::vector<nlohmann::json> queued;
    sync::Rerun rerun;
    std::istringstream lines(*unpacked);
    for (std::string line; std::getline(lines, line);) {
        const auto value = nlohmann::json::parse(line);
        ++kinds[value.begin().key()];
        if (value.contains("queued")) queued.push_back(value["queued"]);
        if (!value.contains("Step") && !value.contains("Begin")) continue;
        const auto entry = sync::entry_from_json(line);
        REQUIRE(entry.has_value());
        const auto difference = rerun.feed(*entry);
        REQUIRE_MESSAGE(!difference, difference->what << "\n  " << difference->expected << "\n  " << difference->came);
    }
    for (const char* kind :
         {"diagnostics", "settings", "files", "profile", "schema", "count", "queued", "round", "log"}) {
        CAPTURE(kind);
        CHECK(kinds[kind] > 0);
    }
    CHECK(kinds["unread"] == 0);
    CHECK(rerun.same() == done->steps);
    CHECK(rerun.left_out() == 0);
    REQUIRE(queued.size() == 1);
    CHECK(queued[0]["data"]["city"].get<std::string>().starts_with("#"));
    CHECK(queued[0]["recordId"] == lead.str());
}

TEST_CASE("diagnostics: equal values are equal within a file, and others in the next") {
    Office office;
    office.add_user(kAsha, server::Role::manager);
    Seat a(office, "a", kAsha);
    const Uuid first = a.add_lead("Asha Rao"), second = a.add_lead("Asha Rao"), third = a.add_lead("Meera Rao");
    client::DiagnosticsRequest request;
    request.profile.data_dir = request.profile.config_dir = a.directory;
    const std::string file = office.directory + "/out.zst";
    std::vector<std::string> names;
    for (int time = 0; time < 2; ++time) {
        REQUIRE(client::export_diagnostics(request, file, office.clock, office.random));
        const auto unpacked = net::decompress(net::Encoding::zstd, text_of(file), 1 << 30);
        REQUIRE(unpacked.has_value());
        std::istringstream lines(*unpacked);
        for (std::string line; std::getline(lines, line);) {
            const auto value = nlohmann::json::parse(line);
            if (value.contains("queued")) names.push_back(value["queued"]["data"]["name"]);
        }
    }
    REQUIRE(names.size() == 6);
    CHECK(names[0] == names[1]);
    CHECK(names[0] != names[2]);
    CHECK(names[3] == names[4]);
    CHECK(names[0] != names[3]);
    request.profile.data_dir = office.directory + "/nowhere";
    REQUIRE(client::export_diagnostics(request, file, office.clock, office.random));  // and says so in the file
    const auto refused =
        client::export_diagnostics(request, office.directory + "/no/where", office.clock, office.random);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == "CANNOT_WRITE");
    CHECK_FALSE(std::filesystem::exists(office.directory + "/no/where.part"));
    (void)first, (void)second, (void)third;
}

}  // namespace ct::calm
