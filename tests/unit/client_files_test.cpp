// Files of the window's client: counted as long as the server lacks them.
#include <doctest/doctest.h>

#include <filesystem>

#include "base/file.h"
#include "client/attachments.h"
#include "unit/client_support.h"

namespace ct::client {
namespace {

using namespace test;
using store::Attachment;
using store::AttachmentState;

/// A lead with a file, in a window whose server takes edits and no files.
struct WithFile {
    explicit WithFile(const std::string& name = "photo.jpg") {
        server.emplace([this](const http::Request& request) { return small(request); });
        bind_profile(directory, server->url());
        window.emplace(directory);
        window->save(1, {create(1)});
        window->need<Saved>();
        window->need_view(Indicator::synced);
        REQUIRE(write_file_atomically(directory.file(name), std::string(5'000, 'x')));
        window->post(AddAttachment{Model::lead, id_of(1), directory.file(name)});
        const auto added = window->need<AttachmentsChanged>();
        REQUIRE(added.attachments.size() == 1);
        file = added.attachments.front();
    }
    [[nodiscard]] std::string content() const { return directory.file("attachments/" + file.sha256); }
    std::vector<Attachment> listed() {
        window->post(ListAttachments{Model::lead, id_of(1)});
        return window->need<AttachmentsChanged>().attachments;
    }

    TempDirectory directory;
    SmallServer small;
    std::optional<RunningServer> server;
    std::optional<Window> window;
    Attachment file;
};

TEST_CASE("files: as long as the server lacks one, nothing is called all sent, and it is said how much and why") {
    WithFile desk;
    const SyncView view = desk.window->need_view([](const SyncView& now) { return now.files.sending == 1; });
    CHECK(view.files.bytes == 5'000);
    CHECK(view.indicator != Indicator::synced);
    CHECK(view.queue.records == 0);
    desk.window->post(MeteredChanged{true});
    const SyncView metered = desk.window->need_view([](const SyncView& now) {
        return now.files_wait == "the link is metered" && now.indicator == Indicator::pending;
    });
    CHECK(files_line(metered) == "1 file, 5 kB, waits to be sent: the link is metered");
    desk.window->close();
    desk.window->open();
    CHECK(desk.window->need_view([](const SyncView& now) { return now.files.sending == 1; }).files.bytes == 5'000);
}

TEST_CASE("files: the tally follows every change, and is the same after a start") {
    TempDirectory directory;
    const std::string database = directory.file("colortouch.db");
    auto store = store::Store::open(database, system_clock(), system_random());
    REQUIRE(store.has_value());
    Attachment file;
    file.id = id_of(7);
    file.record = id_of(1);
    file.size = 1'000;
    file.sha256 = std::string(64, 'a');
    REQUIRE((*store)->save_attachment(file));
    file.offset = 400;
    REQUIRE((*store)->save_attachment(file));
    CHECK((*store)->unsent_files().sending == 1);
    CHECK((*store)->unsent_files().bytes == 600);
    file.id = id_of(8);
    file.state = AttachmentState::failed;
    file.record = id_of(2);
    REQUIRE((*store)->save_attachment(file));
    const store::UnsentFiles both = (*store)->unsent_files();
    CHECK(both.failed == 1);
    CHECK(both.failed_record == id_of(2));
    CHECK(both.bytes == 600);
    store->reset();
    store = store::Store::open(database, system_clock(), system_random());
    REQUIRE(store.has_value());
    CHECK((*store)->unsent_files() == both);
    file.state = AttachmentState::done;
    REQUIRE((*store)->save_attachment(file));
    REQUIRE((*store)->drop_attachment(id_of(7)));
    CHECK((*store)->unsent_files() == store::UnsentFiles{});
}

}  // namespace
}  // namespace ct::client
