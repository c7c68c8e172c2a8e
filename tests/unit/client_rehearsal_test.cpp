// A pull's answer is tried on a copy of the database: told is what it would change, and the real one stays as it is.
#include <filesystem>

#include "client/rehearsal.h"
#include "unit/store_support.h"

namespace ct::client {
namespace {

using namespace store::test;
using inspect::PageTried;

/// The request and its answer as the log of requests keeps them.
RequestSeen pull_of(const Desk& desk, const PullPage& page) {
    sync::PullRequest request;
    request.cursor = page.from;
    const sync::Scope scope = desk.store->state().selection.scope();
    request.models = scope.models;
    request.exclude = scope.exclude;
    RequestSeen seen;
    seen.number = 7;
    seen.what = "pull";
    seen.status = 200;
    seen.with_bodies = true;
    seen.request_body = sync::encode(request);
    seen.request_bytes = static_cast<std::int64_t>(seen.request_body.size());
    seen.page = std::make_shared<const std::string>(sync::encode(page));
    return seen;
}

/// Tries it, and proves that nothing happened to the real database.
PageTried try_it(Desk& desk, const RequestSeen& seen) {
    const std::string before = dump(desk.file), scratch = desk.directory.file("scratch");
    PageTried tried = rehearse(desk.file, scratch, seen, desk.clock, desk.random);
    CHECK(dump(desk.file) == before);
    CHECK_FALSE(std::filesystem::exists(scratch));
    return tried;
}

PullRow note_row(std::uint64_t number, std::uint64_t lead, std::int64_t version) {
    PullRow row = Desk::row(number, version, {});
    row.model = Model::note;
    row.changes = text_changes(Model::note, {{"leadId", id_of(lead).str()}, {"text", "called"}});
    return row;
}

TEST_CASE("rehearse: what a page would change, and that the next real one does just that") {
    Desk desk;
    pull_three(desk);
    desk.commit({desk.update(2, {{"city", "Pune"}})});
    PullPage page = desk.page({Desk::row(1, 11, {{"name", "Asha"}, {"city", "Goa"}}), Desk::deleted_row(3, 12),
                               Desk::row(4, 13, {{"name", "Dev"}}), Desk::row(2, 10, {{"name", "Bo"}})},
                              "c2");
    const PageTried tried = try_it(desk, pull_of(desk, page));
    REQUIRE_MESSAGE(!tried.error, tried.error->message);
    CHECK(tried.request == 7);
    CHECK(tried.kind == PageTried::Kind::pull);
    CHECK(tried.fits);
    CHECK(tried.rows == 4);
    CHECK(tried.cursor_before == "c1");
    CHECK(tried.cursor_after == "c2");
    CHECK(tried.unsettled_before == 1);
    CHECK(tried.unsettled_after == 1);
    const PageTried::Counts& leads = tried.models[0];
    CHECK(leads.added == 1);
    CHECK(leads.changed == 1);
    CHECK(leads.removed == 1);
    CHECK(leads.same == 1);
    REQUIRE(tried.differences.size() == 3);
    const auto changed = std::find_if(tried.differences.begin(), tried.differences.end(), [](const auto& difference) {
        return difference.effect == PageTried::Effect::changed;
    });
    REQUIRE(changed != tried.differences.end());
    CHECK(changed->id == id_of(1));
    CHECK(changed->version_before == 10);
    CHECK(changed->version_after == 11);
    REQUIRE(changed->fields.size() == 1);
    CHECK(crm::def(Model::lead, changed->fields[0]).name == "city");

    const auto applied = desk.apply(page);
    CHECK(applied.visible.changed.size() + applied.visible.removed.size() == tried.differences.size());
    CHECK(desk.store->state().cursor == tried.cursor_after);
}

TEST_CASE("rehearse: a page that was applied already is told to be ignored, and changes nothing") {
    Desk desk;
    pull_three(desk);
    const PullPage page = desk.page({Desk::row(1, 11, {{"name", "Asha"}, {"city", "Goa"}})}, "c2");
    const RequestSeen seen = pull_of(desk, page);
    desk.apply(page);
    const PageTried tried = try_it(desk, seen);
    REQUIRE_MESSAGE(!tried.error, tried.error->message);
    CHECK_FALSE(tried.fits);
    CHECK(tried.page_from == "c1");
    CHECK(tried.cursor_before == "c2");
    CHECK(tried.differences.empty());
    CHECK(tried.models[0].same == 1);
}

TEST_CASE("rehearse: records without their parent are counted before and after") {
    Desk desk;
    pull_three(desk);
    desk.apply(desk.page({note_row(70, 1, 11), note_row(71, 8, 11)}, "c2"));
    const PageTried tried = try_it(desk, pull_of(desk, desk.page({note_row(72, 9, 12), note_row(73, 2, 12)}, "c3")));
    REQUIRE_MESSAGE(!tried.error, tried.error->message);
    const PageTried::Counts& notes = tried.models[static_cast<std::size_t>(Model::note)];
    CHECK(notes.added == 2);
    CHECK(notes.orphans_before == 1);
    CHECK(notes.orphans_after == 2);
}

TEST_CASE("rehearse: a page that would take very much away says so, and what would go") {
    Desk desk;
    std::vector<PullRow> rows, gone;
    for (std::uint64_t i = 1; i <= 120; ++i) {
        rows.push_back(Desk::row(i, 10, {{"name", "Asha"}}));
        if (i <= 80) gone.push_back(Desk::deleted_row(i, 11));
    }
    desk.apply(desk.page(rows, "c1"));
    const PageTried tried = try_it(desk, pull_of(desk, desk.page(gone, "c2")));
    REQUIRE_MESSAGE(!tried.error, tried.error->message);
    CHECK(tried.held.removed[0] == 80);
    CHECK(tried.models[0].removed == 80);
    CHECK(tried.cursor_after == "c2");
}

TEST_CASE("rehearse: records that were asked for by id move no cursor") {
    Desk desk;
    pull_three(desk);
    PullPage page = desk.page({Desk::row(2, 10, {{"name", "Bob"}})}, "c1");
    RequestSeen seen = pull_of(desk, page);
    sync::PullRequest request;
    request.records = {{Model::lead, {id_of(2)}}};
    seen.request_body = sync::encode(request);
    seen.request_bytes = static_cast<std::int64_t>(seen.request_body.size());
    const PageTried tried = try_it(desk, seen);
    REQUIRE_MESSAGE(!tried.error, tried.error->message);
    CHECK(tried.kind == PageTried::Kind::records);
    CHECK(tried.cursor_after == "c1");
    CHECK(tried.models[0].changed == 1);
}

TEST_CASE("rehearse: what cannot be tried is said") {
    Desk desk;
    pull_three(desk);
    PullPage page = desk.page({Desk::row(1, 11, {{"name", "Asha"}})}, "c2");
    RequestSeen seen = pull_of(desk, page);
    std::string code;
    SUBCASE("nothing was kept") {
        seen.page.reset();
        code = "NOT_KEPT";
    }
    SUBCASE("it is no page") {
        seen.page = std::make_shared<const std::string>(seen.page->substr(0, 40));
        code = "MALFORMED";
    }
    SUBCASE("the server was another") {
        page.epoch = "epoch-0";
        seen = pull_of(desk, page);
        code = "OTHER_EPOCH";
    }
    SUBCASE("a catch-up is over") {
        page.from = "p5";
        seen = pull_of(desk, page);
        sync::PullRequest request;
        request.cursor = page.from;
        request.models = {Model::payment};
        seen.request_body = sync::encode(request);
        seen.request_bytes = static_cast<std::int64_t>(seen.request_body.size());
        code = "CATCH_UP_OVER";
    }
    const PageTried tried = try_it(desk, seen);
    REQUIRE(tried.error);
    CHECK(tried.error->code == code);
    CHECK(tried.differences.empty());
}

TEST_CASE("rehearse: what a program left that ended in the middle goes") {
    Desk desk;
    pull_three(desk);
    const std::string scratch = desk.directory.file("scratch");
    std::filesystem::create_directory(scratch);
    write_bytes(scratch + "/colortouch.db", "half a copy");
    write_bytes(scratch + "/colortouch.queue", "half a journal");
    const PageTried tried = try_it(desk, pull_of(desk, desk.page({}, "c2")));
    CHECK_MESSAGE(!tried.error, tried.error->message);
    CHECK(tried.cursor_after == "c2");
}

}  // namespace
}  // namespace ct::client
