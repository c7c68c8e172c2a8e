// The drawer beside the form: what became of a record, and its files.
#include <doctest/doctest.h>

#include "crm/tables.h"
#include "driver.h"

using namespace ct;
using namespace ct::test;
using crm::Model;

namespace {

void open_lead(Driver& ui) {
    ui.load({lead(1, "Asha Rao"), lead(2, "Ravi Iyer")});
    ui.app->desk().page = ui::Page::leads;
    ui.frames(3);
    ui.click("Asha Rao", "table card");
}

store::AuditRow row(const char* what, UnixMs at, const char* field, const char* before, const char* after) {
    store::AuditRow made;
    made.what = what;
    made.at = at;
    made.record = lead(1, "").id;
    made.before.set(crm::field(Model::lead, field), std::string(before));
    made.after.set(crm::field(Model::lead, field), std::string(after));
    return made;
}

store::Attachment file(std::uint64_t number, const char* name, store::AttachmentState state) {
    store::Attachment made;
    made.id = id_of(number);
    made.record = lead(1, "").id;
    made.name = name;
    made.size = 200'000;
    made.state = state;
    return made;
}

}  // namespace

TEST_CASE("timeline: what became of the record, field by field, with its notes between, and taken back") {
    Driver ui;
    open_lead(ui);
    ui.click("Timeline tab");
    REQUIRE(ui.posted<client::ListTrail>().size() == 1);
    CHECK(ui.posted<client::ListTrail>()[0].record == lead(1, "").id);
    CHECK(ui.shows("Reading the trail"));
    const UnixMs now = ui.clock.now();
    ui.send(client::TrailListed{lead(2, "").id, {row("UPDATE", now, "city", "Goa", "Delhi")}});  // not this record's
    CHECK_FALSE(ui.shows("Delhi"));
    ui.send(client::TrailListed{lead(1, "").id,
                                {row("UPDATE", now - 60'000, "city", "Goa", "Pune"),
                                 row("PULLED", now - 30 * 3'600'000, "tag", "COLD", "WARM")}});
    CHECK(ui.shows("You changed Asha Rao"));
    CHECK(ui.shows("City: Goa → Pune"));
    CHECK(ui.shows("Somebody else changed Asha Rao"));
    CHECK(ui.shows("Tag: Cold → Warm"));

    ui.type("Write a note", "Wants two samples", "drawer body");
    ui.click("Visit##kind");
    ui.click("Add note");
    ui.save_all();
    CHECK(ui.shows("Wants two samples"));
    CHECK(ui.shows("Visit · "));
    CHECK(ui.app->state().children(Model::note, lead(1, "").id).size() == 1);
    ui.frames(2);
    REQUIRE(ui.posted<client::ListTrail>().size() >= 2);  // something happened: it asks again
    ui.send(client::TrailListed{lead(1, "").id, {row("UPDATE", now - 60'000, "city", "", "Pune")}});

    crm::Record moved = lead(1, "Asha Rao");
    put(moved, "city", "Pune");
    ui.send(client::RecordsChanged{{{moved}, {}}});
    ui.frames(2);
    ui.send(client::TrailListed{lead(1, "").id, {row("UPDATE", now - 60'000, "city", "Goa", "Pune")}});
    ui.click("Take back", "drawer body");
    CHECK(text_of(*ui.app->state().find(Model::lead, lead(1, "").id), "city") == "Goa");
}

TEST_CASE("files: attached by path or dropped, and each state has its words and what can be done") {
    using State = store::AttachmentState;
    Driver ui;
    open_lead(ui);
    ui.click("Files tab");
    REQUIRE(ui.posted<client::ListAttachments>().size() == 1);
    ui.send(client::AttachmentsChanged{lead(1, "").id, {}});
    CHECK(ui.shows("No files yet"));
    CHECK(ui.find("Attach").disabled);
    ui.type("File to attach", "/home/asha/quotation.pdf", "drawer body");
    ui.key(ImGuiKey_Enter);
    REQUIRE(ui.posted<client::AddAttachment>().size() == 1);
    CHECK(ui.posted<client::AddAttachment>()[0].file == "/home/asha/quotation.pdf");
    CHECK(ui.posted<client::AddAttachment>()[0].record == lead(1, "").id);

    store::Attachment sending = file(1, "quotation.pdf", State::queued);
    sending.offset = 74'000;
    store::Attachment refused = file(4, "film.mov", State::failed);
    refused.error_message = "larger than the server takes";
    ui.send(client::AttachmentsChanged{
        lead(1, "").id, {sending, file(2, "photo.jpg", State::remote), file(3, "order.pdf", State::done), refused}});
    CHECK(ui.shows("quotation.pdf"));
    CHECK(ui.shows("37 % sent"));
    CHECK(ui.shows("On the server only"));
    CHECK(ui.shows("Here and on the server"));
    CHECK(ui.shows("Refused: larger than the server takes"));
    ui.click("Fetch photo.jpg");
    CHECK(ui.posted<client::FetchAttachment>().at(0).id == id_of(2));
    ui.click("Try again film.mov");
    CHECK(ui.posted<client::RetryAttachment>().at(0).id == id_of(4));
    ui.click("Save a copy of order.pdf");
    ui.type("Copy to", "/tmp/order.pdf");
    ui.key(ImGuiKey_Enter);
    REQUIRE(ui.posted<client::SaveAttachment>().size() == 1);
    CHECK(ui.posted<client::SaveAttachment>()[0].file == "/tmp/order.pdf");
    ui.send(client::FileWritten{"/tmp/order.pdf", std::nullopt});
    ui.click("Open", "");
    CHECK(ui.opened == std::vector<std::string>{"/tmp/order.pdf"});
    ui.click("Take away photo.jpg");
    CHECK(ui.posted<client::RemoveAttachment>().at(0).id == id_of(2));
    CHECK(ui.shows("Taken away: photo.jpg"));
    CHECK(ui.posted<client::KeepAttachment>().empty());
    ui.click("Undo", "toast");
    CHECK(ui.posted<client::KeepAttachment>().at(0).id == id_of(2));
    CHECK_FALSE(ui.there("Open photo.jpg"));  // its bytes are not here
    ui.click("Open order.pdf");
    CHECK(ui.posted<client::OpenAttachment>().at(0).id == id_of(3));
    ui.send(client::AttachmentReady{"/profile/opened/order.pdf"});
    CHECK(ui.opened.back() == "/profile/opened/order.pdf");
    ui.send(client::AttachmentFailed{Error{ErrorKind::invalid, "FILE_NOT_FOUND", "there is no file of that name", {}}});
    CHECK(ui.shows("there is no file of that name"));
}

TEST_CASE("files: what is dropped onto the window goes to the record that is open, a table is imported") {
    Driver ui;
    ui.app->drop("/tmp/photo.jpg");
    CHECK(ui.app->desk().import_wanted == "/tmp/photo.jpg");
    ui.app->desk().import_wanted.reset();
    open_lead(ui);
    ui.app->drop("/tmp/photo.jpg");
    REQUIRE(ui.posted<client::AddAttachment>().size() == 1);
    CHECK(ui.posted<client::AddAttachment>()[0].file == "/tmp/photo.jpg");
    ui.frames(3);
    CHECK(ui.there("File to attach"));
    ui.click("Details tab");
    ui.app->drop("/tmp/customers.csv");
    CHECK(ui.app->desk().import_wanted == "/tmp/customers.csv");
}

TEST_CASE("payments and reminders have a timeline and files too") {
    Driver ui;
    crm::Record payment;
    payment.id = id_of(9);
    payment.model = Model::payment;
    payment.version = 1;
    payment.fields.set(crm::field(Model::payment, "amount"), std::int64_t{500'00});
    ui.load({payment});
    ui.app->desk().open(Model::payment, id_of(9));
    ui.frames(3);
    CHECK(ui.there("Timeline tab"));
    CHECK_FALSE(ui.there("Payments tab"));
    ui.click("Files tab");
    CHECK(ui.posted<client::ListAttachments>().at(0).model == Model::payment);
}

TEST_CASE("a field of several lines shows its text wrapped where all of it fits, also when the text is another") {
    Driver ui({}, {1440, 1600});
    const auto some = [](int words) {
        std::string text;
        for (int i = 0; i < words; ++i) text += "samples ";
        return text;
    };
    crm::Record asha = lead(1, "Asha Rao");
    ui.load({asha});
    ui.app->desk().page = ui::Page::leads;
    ui.frames(3);
    ui.click("Asha Rao", "table card");
    // How much is drawn: letters that are not wrapped end at the field's edge.
    const auto drawn = [&](int words) {
        put(asha, "notes", some(words));
        ui.send(client::RecordsChanged{{{asha}, {}}});
        ui.frames(30);
        return ImGui::GetDrawData()->TotalVtxCount;
    };
    const int line = drawn(4);
    const int wrapped = drawn(18);
    const int too_much = drawn(300);
    CHECK(wrapped - line > 4 * 7 * 10);
    CHECK(too_much < wrapped);
    CHECK(drawn(18) == wrapped);
    CHECK(drawn(4) == line);
}
