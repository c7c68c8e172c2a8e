#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "client/commands.h"
#include "crm/tables.h"

namespace ct::client {
namespace {

using crm::Model;
using sync::OperationKind;

constexpr crm::FieldId kName = crm::field_id(Model::lead, "name");
constexpr crm::FieldId kCity = crm::field_id(Model::lead, "city");
constexpr crm::FieldId kStatus = crm::field_id(Model::lead, "status");

class StillClock final : public Clock {
  public:
    UnixMs now() const override { return at; }
    SteadyMs steady() const override { return at; }
    UnixMs at = 1'800'000'000'000;
};

crm::Changes change(crm::FieldId field, std::string_view text) {
    crm::Changes changes;
    changes.set(field, text.empty() ? crm::Value{} : crm::Value{std::string(text)});
    return changes;
}

/// A window's end of the channel, and a worker that stores what it gets only when it is told to.
struct Desk {
    StillClock clock;
    SeededRandom random{3};
    State state;
    std::vector<Commit> posted;
    Editor editor{state, clock, random,
                  [this](Command command) { posted.push_back(std::get<Commit>(std::move(command))); }};
    State stored;  // what the worker has

    std::optional<std::string> tell(Event event) {
        auto label = editor.observe(event);
        state.apply(event);
        return label;
    }

    /// The worker's side of one save: the records as they are stored then.
    store::Visible store(const Commit& commit) {
        store::Visible visible;
        for (const Edit& edit : commit.edits) {
            crm::Record record;
            if (const auto* there = stored.find(edit.model, edit.record)) record = *there;
            record.id = edit.record;
            record.model = edit.model;
            if (record.created_at == 0) record.created_at = clock.at;
            crm::apply(record, edit.changes);
            record.deleted = edit.kind == OperationKind::remove;
            record.updated_at = clock.at;
            record.sync_status = crm::SyncStatus::pending;
            stored.put(record);
            visible.changed.push_back(std::move(record));
        }
        return visible;
    }
    void save(std::size_t which) { tell(Saved{posted[which].ticket, store(posted[which])}); }
    void save_all() {
        for (; saved_ < posted.size(); ++saved_) save(saved_);
    }
    std::optional<std::string> refuse(std::size_t which) {
        return tell(SaveFailed{posted[which].ticket, {ErrorKind::disk, "DISK_FULL", "the disk is full", {}}});
    }
    Uuid lead(std::string_view name) {
        const auto id = editor.add(Model::lead, change(kName, name));
        REQUIRE(id.has_value());
        save_all();
        return *id;
    }
    std::string text(const Uuid& id, crm::FieldId field) const {
        const auto* record = state.find(Model::lead, id);
        return record == nullptr ? "(none)" : std::string(record->fields.text(field));
    }

  private:
    std::size_t saved_ = 0;
};

TEST_CASE("Editor: an edit is shown at once as PENDING, and posted with a ticket of its own") {
    Desk desk;
    const auto id = desk.editor.add(Model::lead, change(kName, "  Asha Rao "));
    REQUIRE(id.has_value());
    const crm::Record* record = desk.state.find(Model::lead, *id);
    REQUIRE(record != nullptr);
    CHECK(record->fields.text(kName) == "Asha Rao");   // canonical
    CHECK(record->fields.text(kStatus) == "PENDING");  // the fallback of a new lead
    CHECK(record->sync_status == crm::SyncStatus::pending);
    CHECK(record->created_at == desk.clock.at);
    CHECK(record->updated_at == desk.clock.at);

    desk.clock.at += 5'000;
    REQUIRE(desk.editor.set(Model::lead, *id, change(kCity, "Pune")).has_value());
    CHECK(desk.state.find(Model::lead, *id)->updated_at == desk.clock.at);
    CHECK(desk.state.find(Model::lead, *id)->created_at == desk.clock.at - 5'000);
    REQUIRE(desk.posted.size() == 2);
    CHECK(desk.posted[0].edits[0].kind == OperationKind::create);
    CHECK(desk.posted[0].edits[0].record == *id);
    CHECK(desk.posted[1].edits[0].kind == OperationKind::update);
    CHECK(desk.posted[1].edits[0].changes == change(kCity, "Pune"));
    CHECK(desk.posted[0].ticket != desk.posted[1].ticket);
    CHECK(desk.editor.saving() == 2);
    desk.save_all();
    CHECK(desk.editor.saving() == 0);
}

TEST_CASE("Editor: what is not valid changes nothing and posts nothing") {
    Desk desk;
    const Uuid id = desk.lead("Asha");
    const std::uint64_t revision = desk.state.table(Model::lead).revision();
    const std::size_t posted = desk.posted.size();
    const auto nameless = desk.editor.add(Model::lead, change(kCity, "Pune"));
    REQUIRE_FALSE(nameless.has_value());
    CHECK(nameless.error().field == "name");
    const auto nonsense = desk.editor.set(Model::lead, id, change(kStatus, "MAYBE"));
    REQUIRE_FALSE(nonsense.has_value());
    CHECK(nonsense.error().field == "status");
    const auto unknown = desk.editor.remove(Model::lead, Uuid{{1}});
    REQUIRE_FALSE(unknown.has_value());
    CHECK(unknown.error().code == "NO_SUCH_RECORD");
    // The second of a group is wrong: the first does not happen either.
    CHECK_FALSE(desk.editor
                    .apply({{OperationKind::update, Model::lead, id, change(kCity, "Pune")},
                            {OperationKind::update, Model::lead, Uuid{{1}}, change(kCity, "Pune")}},
                           "Move")
                    .has_value());
    CHECK(desk.editor.apply({}, "Nothing").has_value());
    CHECK(desk.state.table(Model::lead).revision() == revision);
    CHECK(desk.posted.size() == posted);
    CHECK(desk.editor.undo_label() == "Add Lead");
}

TEST_CASE("Editor: undo and redo walk back and forth through add, set and remove") {
    Desk desk;
    const Uuid id = desk.lead("Asha");
    REQUIRE(desk.editor.set(Model::lead, id, change(kCity, "Pune")).has_value());
    REQUIRE(desk.editor.set(Model::lead, id, change(kCity, "")).has_value());
    REQUIRE(desk.editor.remove(Model::lead, id).has_value());
    desk.save_all();
    const std::vector<std::string> cities{"(none)", "", "Pune", "", "(none)"};  // after 0, 1, 2, 3 and 4 edits
    for (int turn = 0; turn < 2; ++turn) {
        for (std::size_t done = 4; done > 0; --done) {
            CHECK(desk.text(id, kCity) == cities[done]);
            CHECK(desk.editor.can_undo());
            REQUIRE(desk.editor.undo().has_value());
            desk.save_all();
            CHECK(desk.text(id, kCity) == cities[done - 1]);
        }
        CHECK_FALSE(desk.editor.can_undo());
        for (std::size_t done = 0; done < 4; ++done) {
            CHECK(desk.editor.can_redo());
            REQUIRE(desk.editor.redo().has_value());
            desk.save_all();
        }
        CHECK_FALSE(desk.editor.can_redo());
    }
    REQUIRE(desk.editor.undo().has_value());
    CHECK(desk.text(id, kName) == "Asha");  // a delete taken back brings everything
    CHECK(desk.text(id, kStatus) == "PENDING");
}

TEST_CASE("Editor: what is made again says what it said last, also what others said of it") {
    Desk desk;
    const Uuid id = desk.lead("Asha");
    desk.save_all();
    crm::Record edited = *desk.state.find(Model::lead, id);
    crm::apply(edited, change(kCity, "Pune"));
    desk.tell(RecordsChanged{{{edited}, {}}});
    REQUIRE(desk.editor.undo().has_value());
    desk.save_all();
    REQUIRE(desk.editor.redo().has_value());
    CHECK(desk.text(id, kCity) == "Pune");
    CHECK(desk.text(id, kName) == "Asha");
}

TEST_CASE("Editor: undo of an edit brings back members that this version does not know") {
    Desk desk;
    const Uuid id = desk.lead("Asha");
    crm::Record newer = *desk.state.find(Model::lead, id);
    newer.extra = R"({"colour":"red"})";
    desk.tell(RecordsChanged{{{newer}, {}}});
    crm::Changes changes = change(kCity, "Pune");
    changes.extra = R"({"colour":"blue","size":3})";
    REQUIRE(desk.editor.set(Model::lead, id, changes).has_value());
    CHECK(desk.state.find(Model::lead, id)->extra == R"({"colour":"blue","size":3})");
    REQUIRE(desk.editor.undo().has_value());
    CHECK(desk.state.find(Model::lead, id)->extra == R"({"colour":"red"})");
}

TEST_CASE("Editor: a group is one step and one commit, taken back in the opposite order") {
    Desk desk;
    const Uuid first = desk.lead("First"), second = desk.lead("Second");
    const std::size_t posted = desk.posted.size();
    REQUIRE(desk.editor
                .apply({{OperationKind::remove, Model::lead, first, {}},
                        {OperationKind::update, Model::lead, second, change(kCity, "Pune")}},
                       "Tidy up")
                .has_value());
    CHECK(desk.posted.size() == posted + 1);
    CHECK(desk.editor.undo_label() == "Tidy up");
    REQUIRE(desk.editor.undo().has_value());
    REQUIRE(desk.posted.size() == posted + 2);
    const auto& back = desk.posted.back().edits;
    REQUIRE(back.size() == 2);
    CHECK(back[0].record == second);
    CHECK(back[1].record == first);
    CHECK(desk.text(first, kName) == "First");
    CHECK(desk.text(second, kCity).empty());
    CHECK(desk.editor.redo_label() == "Tidy up");
}

TEST_CASE("Editor: a new edit ends what could be redone; 200 steps are kept") {
    Desk desk;
    const Uuid id = desk.lead("Asha");
    REQUIRE(desk.editor.set(Model::lead, id, change(kCity, "Pune")).has_value());
    REQUIRE(desk.editor.undo().has_value());
    CHECK(desk.editor.can_redo());
    for (int i = 1; i <= 250; ++i) {
        REQUIRE(desk.editor.set(Model::lead, id, change(kCity, "City " + std::to_string(i))).has_value());
    }
    CHECK_FALSE(desk.editor.can_redo());
    int steps = 0;
    for (; desk.editor.can_undo(); ++steps) REQUIRE(desk.editor.undo().has_value());
    CHECK(steps == 200);
    CHECK(desk.text(id, kCity) == "City 50");
    CHECK(desk.editor.undo().has_value());  // nothing left: nothing happens
    CHECK(desk.text(id, kCity) == "City 50");
}

TEST_CASE("Editor: undo says so, and drops the step, when somebody else was faster") {
    Desk desk;
    const Uuid id = desk.lead("Asha");
    REQUIRE(desk.editor.set(Model::lead, id, change(kCity, "Pune")).has_value());
    desk.save_all();
    desk.tell(RecordsChanged{{{}, {{Model::lead, id}}}});
    const std::size_t posted = desk.posted.size();
    const auto undone = desk.editor.undo();
    REQUIRE_FALSE(undone.has_value());
    CHECK(undone.error().code == "NO_SUCH_RECORD");
    CHECK(desk.posted.size() == posted);
    CHECK(desk.editor.undo_label() == "Add Lead");
    CHECK_FALSE(desk.editor.can_redo());
}

TEST_CASE("Editor: an edit that cannot be saved is taken back, with its step") {
    Desk desk;
    const Uuid id = desk.lead("Asha");
    const std::string stored = desk.text(id, kCity);
    REQUIRE(desk.editor.set(Model::lead, id, change(kCity, "Pune")).has_value());
    const auto added = desk.editor.add(Model::lead, change(kName, "New"));
    REQUIRE(added.has_value());
    REQUIRE(desk.editor.remove(Model::lead, id).has_value());
    CHECK(desk.refuse(1) == "Edit Lead");
    CHECK(desk.text(id, kCity) == "(none)");  // deleted still
    CHECK(desk.refuse(3) == "Delete Lead");
    CHECK(desk.text(id, kCity) == stored);  // not "Pune": that was never saved
    CHECK(desk.refuse(2) == "Add Lead");
    CHECK(desk.state.find(Model::lead, *added) == nullptr);
    CHECK(desk.editor.saving() == 0);
    CHECK(desk.editor.undo_label() == "Add Lead");  // the first one, which was saved
    CHECK_FALSE(desk.refuse(2).has_value());        // said twice: not ours any more
}

TEST_CASE("Editor: a failed undo can be tried again, and so can a failed redo") {
    Desk desk;
    const Uuid id = desk.lead("Asha");
    REQUIRE(desk.editor.set(Model::lead, id, change(kCity, "Pune")).has_value());
    desk.save_all();
    REQUIRE(desk.editor.undo().has_value());
    CHECK(desk.text(id, kCity).empty());
    CHECK(desk.refuse(desk.posted.size() - 1) == "Edit Lead");
    CHECK(desk.text(id, kCity) == "Pune");
    CHECK_FALSE(desk.editor.can_redo());
    CHECK(desk.editor.undo_label() == "Edit Lead");

    REQUIRE(desk.editor.undo().has_value());
    desk.save(desk.posted.size() - 1);
    REQUIRE(desk.editor.redo().has_value());
    CHECK(desk.refuse(desk.posted.size() - 1) == "Edit Lead");
    CHECK(desk.text(id, kCity).empty());
    CHECK(desk.editor.redo_label() == "Edit Lead");
    CHECK(desk.editor.undo_label() == "Add Lead");
}

TEST_CASE("Editor: what a sync brings goes under edits that are not saved yet") {
    Desk desk;
    const Uuid id = desk.lead("Asha");
    const crm::Record stored = *desk.state.find(Model::lead, id);
    REQUIRE(desk.editor.set(Model::lead, id, change(kCity, "Pune")).has_value());

    crm::Record pulled = stored;
    pulled.fields.set(kName, std::string_view("Asha Rao"));
    pulled.fields.set(kCity, std::string_view("Delhi"));
    pulled.version = 9;
    pulled.sync_status = crm::SyncStatus::synced;
    desk.tell(RecordsChanged{{{pulled}, {}}});
    CHECK(desk.text(id, kName) == "Asha Rao");
    CHECK(desk.text(id, kCity) == "Pune");
    CHECK(desk.state.find(Model::lead, id)->sync_status == crm::SyncStatus::pending);

    SUBCASE("the save fails: what the sync brought is there, not what was there before it") {
        desk.refuse(desk.posted.size() - 1);
        CHECK(*desk.state.find(Model::lead, id) == pulled);
    }
    SUBCASE("another device deleted it, and the save fails") {
        pulled.deleted = true;
        desk.tell(RecordsChanged{{{pulled}, {}}});
        CHECK(desk.text(id, kCity) == "(none)");
        desk.refuse(desk.posted.size() - 1);
        CHECK(desk.text(id, kCity) == "(none)");
    }
    SUBCASE("the save of an earlier edit does not show less than what was typed since") {
        REQUIRE(desk.editor.set(Model::lead, id, change(kCity, "Pune 411001")).has_value());
        desk.save(desk.posted.size() - 2);
        CHECK(desk.text(id, kCity) == "Pune 411001");
        desk.save(desk.posted.size() - 1);
        CHECK(*desk.state.find(Model::lead, id) == *desk.stored.find(Model::lead, id));
    }
}

TEST_CASE("Editor: several saves that the worker joined are told by the last one") {
    Desk desk;
    const Uuid id = desk.lead("Asha");
    REQUIRE(desk.editor.set(Model::lead, id, change(kCity, "Pune")).has_value());
    REQUIRE(desk.editor.set(Model::lead, id, change(kName, "Asha Rao")).has_value());
    REQUIRE(desk.editor.set(Model::lead, id, change(kStatus, "CONVERTED")).has_value());
    (void)desk.store(desk.posted[1]);
    const store::Visible both = desk.store(desk.posted[2]);
    desk.tell(Saved{desk.posted[1].ticket, {}});
    desk.refuse(3);  // between: what counts as stored has the first of the two already
    CHECK(desk.text(id, kCity) == "Pune");
    CHECK(desk.text(id, kName) == "Asha Rao");
    CHECK(desk.text(id, kStatus) == "PENDING");
    desk.tell(Saved{desk.posted[2].ticket, both});
    CHECK(*desk.state.find(Model::lead, id) == *desk.stored.find(Model::lead, id));
}

TEST_CASE("Editor: when all saves are told, the window shows what is stored, in any mix of luck and failure") {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        CAPTURE(seed);
        Desk desk;
        SeededRandom random(seed);
        std::vector<Uuid> ids;
        std::size_t told = 0;
        for (int step = 0; step < 200; ++step) {
            desk.clock.at += static_cast<UnixMs>(random.below(1'000));
            switch (random.below(8)) {
                case 0:
                    ids.push_back(desk.editor.add(Model::lead, change(kName, "Lead " + std::to_string(step))).value());
                    break;
                case 1:
                    if (!ids.empty()) (void)desk.editor.remove(Model::lead, ids[random.below(ids.size())]);
                    break;
                case 2: (void)desk.editor.undo(); break;
                case 3: (void)desk.editor.redo(); break;
                case 4:
                case 5:
                    if (told == desk.posted.size()) break;
                    if (random.below(3) == 0)
                        desk.refuse(told++);
                    else
                        desk.save(told++);
                    break;
                default:
                    if (ids.empty()) break;
                    (void)desk.editor.set(Model::lead, ids[random.below(ids.size())],
                                          change(random.below(2) == 0 ? kName : kCity, "Text " + std::to_string(step)));
            }
        }
        for (; told < desk.posted.size(); ++told) desk.save(told);
        REQUIRE(desk.editor.saving() == 0);
        REQUIRE(desk.state.table(Model::lead).size() == desk.stored.table(Model::lead).size());
        for (const crm::Record& record : desk.stored.table(Model::lead).all()) {
            const crm::Record* shown = desk.state.find(Model::lead, record.id);
            REQUIRE(shown != nullptr);
            REQUIRE(*shown == record);
        }
    }
}

TEST_CASE("Editor: many edits are done in parts, and are one step to undo and to do again") {
    Desk desk;
    constexpr std::size_t kLeads = 2 * Editor::kAtOnce + 500;
    std::vector<Uuid> ids;
    for (std::size_t i = 0; i < kLeads; ++i) {
        crm::Record record;
        record.id = Uuid{
            {static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i), 1}};
        record.fields.set(kName, "Asha");
        if (i < 3) record.fields.set(kCity, "Pune");
        desk.state.put(record);
        desk.stored.put(record);
        ids.push_back(record.id);
    }
    const auto in_pune = [&] {
        return std::count_if(ids.begin(), ids.end(), [&](const Uuid& id) { return desk.text(id, kCity) == "Pune"; });
    };
    std::optional<Result<std::size_t>> done;
    Editor::Many many;
    many.records = ids;
    many.edit = [&](const Uuid& id) -> Result<std::optional<Edit>> {
        if (desk.text(id, kCity) == "Pune") return std::nullopt;
        return Edit{OperationKind::update, Model::lead, id, change(kCity, "Pune")};
    };
    many.label = [](std::size_t count) { return "Move " + std::to_string(count); };
    many.done = [&](const Result<std::size_t>& what) { done = what; };
    desk.editor.apply_each(many);
    CHECK(in_pune() == Editor::kAtOnce + 3);  // a frame's part
    CHECK(desk.posted.size() == 1);
    CHECK_FALSE(done.has_value());
    CHECK_FALSE(desk.editor.can_undo());
    CHECK(desk.editor.go_on());
    CHECK_FALSE(desk.editor.go_on());
    CHECK_FALSE(desk.editor.go_on());
    CHECK(in_pune() == kLeads);
    CHECK(desk.posted.size() == 3);
    REQUIRE(done.has_value());
    CHECK(**done == kLeads - 3);
    CHECK(desk.editor.undo_label() == "Move " + std::to_string(kLeads - 3));

    SUBCASE("undone and done again") {
        desk.save_all();
        REQUIRE(desk.editor.undo().has_value());
        CHECK(desk.posted.back().edits.size() == Editor::kAtOnce);
        desk.editor.finish();
        CHECK(in_pune() == 3);
        desk.save_all();
        REQUIRE(desk.editor.redo().has_value());
        REQUIRE(desk.editor.undo().has_value());  // while the other is under way: that is done first
        desk.editor.finish();
        CHECK(in_pune() == 3);
        desk.save_all();
        CHECK(desk.editor.saving() == 0);
    }
    SUBCASE("a part that cannot be saved leaves the step") {
        desk.save(0);
        CHECK(desk.refuse(1).has_value());
        desk.save(2);
        CHECK(in_pune() == kLeads - Editor::kAtOnce);
        REQUIRE(desk.editor.undo().has_value());
        desk.editor.finish();
        CHECK(in_pune() == 3);
        CHECK_FALSE(desk.editor.can_undo());
    }
    SUBCASE("parts of the undo that cannot be saved can be undone later, and what was undone done again") {
        desk.save_all();
        const std::size_t before = desk.posted.size();
        REQUIRE(desk.editor.undo().has_value());
        CHECK(desk.refuse(before) == desk.editor.redo_label());  // while the others are under way
        desk.editor.finish();
        REQUIRE(desk.posted.size() == before + 3);
        desk.save(before + 1);
        CHECK(desk.refuse(before + 2).has_value());
        const auto left = static_cast<std::ptrdiff_t>(kLeads - Editor::kAtOnce);
        CHECK(in_pune() == left);
        CHECK(desk.editor.can_redo());
        REQUIRE(desk.editor.undo().has_value());  // one step: both parts
        desk.editor.finish();
        CHECK(in_pune() == 3);
        CHECK_FALSE(desk.editor.can_undo());
        for (std::size_t i = before + 3; i < desk.posted.size(); ++i) desk.save(i);
        while (desk.editor.can_redo()) {
            REQUIRE(desk.editor.redo().has_value());
            desk.editor.finish();
        }
        CHECK(in_pune() == kLeads);
    }
    SUBCASE("a part of the redo that cannot be saved can be done again") {
        desk.save_all();
        REQUIRE(desk.editor.undo().has_value());
        desk.editor.finish();
        desk.save_all();
        const std::size_t before = desk.posted.size();
        REQUIRE(desk.editor.redo().has_value());
        desk.editor.finish();
        CHECK(desk.refuse(before + 1).has_value());
        CHECK(in_pune() == static_cast<std::ptrdiff_t>(kLeads - Editor::kAtOnce));
        REQUIRE(desk.editor.redo().has_value());
        desk.editor.finish();
        CHECK(in_pune() == kLeads);
    }
    SUBCASE("an edit while a long undo is under way ends what could be redone, and not the undo") {
        desk.save_all();
        REQUIRE(desk.editor.undo().has_value());
        REQUIRE(desk.editor.set(Model::lead, ids[0], change(kStatus, "CONVERTED")).has_value());
        CHECK_FALSE(desk.editor.can_redo());
        desk.editor.finish();
        CHECK(in_pune() == 3);
        CHECK(desk.editor.undo_label() == "Edit Lead");
    }
    SUBCASE("one that is refused stops it; within the first part nothing happens at all") {
        many.edit = [&](const Uuid& id) -> Result<std::optional<Edit>> {
            if (id == ids[100]) return fail(ErrorKind::invalid, "INVALID", "no");
            return Edit{OperationKind::update, Model::lead, id, change(kCity, "Goa")};
        };
        const std::size_t posted = desk.posted.size();
        desk.editor.apply_each(many);
        CHECK_FALSE(done->has_value());
        CHECK(desk.posted.size() == posted);
        CHECK(in_pune() == kLeads);
    }
}

}  // namespace
}  // namespace ct::client
