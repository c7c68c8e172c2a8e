// Files of the window's client: counted as long as the server lacks them, taken away with a way back, opened as copies.
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

/// A server that takes one file as tus says, and remembers the parts.
struct FileTaker {
    http::Response operator()(const http::Request& request) {
        if (!request.path.starts_with("/api/files")) return small(request);
        const std::scoped_lock lock(mutex);
        const std::string checksum = "sha256 " + to_base64(bytes_of(sha256(request.body)));
        const bool part = request.method == "PATCH";
        http::Response response = ours({});
        response.status = request.method == "POST" ? 201 : 204;
        if (part && http::find_header(request.headers, "Upload-Offset") != std::to_string(bytes.size())) {
            response.status = 409;
        } else if (part && http::find_header(request.headers, "Upload-Checksum") != checksum) {
            response.status = 460;
        } else if (part) {
            bytes += request.body;
            largest = std::max(largest, request.body.size());
        }
        response.headers.emplace_back("Upload-Offset", std::to_string(bytes.size()));
        return response;
    }
    SmallServer small;
    std::mutex mutex;
    std::string bytes;        // guarded by mutex
    std::size_t largest = 0;  // guarded by mutex; of the parts
};

TEST_CASE("files: over a good link a large one goes up in large parts, each as it lies on the disk") {
    const std::string content = net::test::sample_text(15'000'000);
    TempDirectory directory;
    FileTaker taker;
    RunningServer server([&](const http::Request& request) { return taker(request); });
    bind_profile(directory, server.url());
    Window window(directory);
    window.save(1, {create(1)});
    window.need<Saved>();
    REQUIRE(write_file_atomically(directory.file("film.mp4"), content));
    window.post(AddAttachment{Model::lead, id_of(1), directory.file("film.mp4")});
    window.need<AttachmentsChanged>([](const auto& all) {
        return !all.attachments.empty() && all.attachments.front().state == AttachmentState::done;
    });
    const std::scoped_lock lock(taker.mutex);
    CHECK((taker.bytes == content));
    CHECK(taker.largest > 1 << 20);
}

TEST_CASE("files: what is taken away comes back whole, as it was") {
    WithFile desk;
    desk.window->post(RemoveAttachment{desk.file.id});
    CHECK(desk.window->need<AttachmentsChanged>().attachments.empty());
    desk.window->need_view([](const SyncView& view) { return view.files.removing == 1 && view.files.sending == 0; });
    CHECK(path_exists(desk.content()));
    desk.window->post(KeepAttachment{desk.file.id});
    const auto back = desk.window->need<AttachmentsChanged>([](const auto& all) { return !all.attachments.empty(); });
    CHECK(back.attachments.front().state == AttachmentState::queued);
    CHECK(read_file(desk.content()).value_or("") == std::string(5'000, 'x'));
    desk.window->post(KeepAttachment{desk.file.id});  // nothing to take back any more
    CHECK(desk.window->need<AttachmentFailed>().error.code == "TOO_LATE");
}

TEST_CASE("files: what is taken away stays so over an end of the program, and its bytes go") {
    WithFile desk;
    desk.window->post(RemoveAttachment{desk.file.id});
    CHECK(desk.window->need<AttachmentsChanged>().attachments.empty());
    desk.window->close();
    CHECK_FALSE(path_exists(desk.content()));
    desk.window->open();
    CHECK(desk.listed().empty());
}

TEST_CASE("files: after a crash that came between, a removal is whole too") {
    TempDirectory directory;
    const std::string sha(64, 'a');
    const AttachmentOptions options{.directory = directory.file("attachments"), .ca_file = {}, .tuning = {}};
    REQUIRE(make_directories(options.directory));
    REQUIRE(write_file_atomically(options.directory + "/" + sha, "bytes"));
    auto store = store::Store::open(directory.file("colortouch.db"), system_clock(), system_random());
    REQUIRE(store.has_value());
    Attachment file;
    file.id = id_of(7);
    file.record = id_of(1);
    file.name = "photo.jpg";
    file.size = 5;
    file.sha256 = sha;
    file.state = AttachmentState::removing;  // as it was written before the crash
    REQUIRE((*store)->save_attachment(file));
    const AttachmentPorts ports{[](NetJob) {}, [] {}, [](Event) {}};
    const Attachments attachments(**store, system_clock(), system_random(), options, ports);
    CHECK_FALSE(path_exists(options.directory + "/" + sha));
    CHECK((*store)->unsent_files().removing == 1);
}

class HandClock final : public Clock {
  public:
    [[nodiscard]] UnixMs now() const override { return 1'790'000'000'000 + steady_ms; }
    [[nodiscard]] SteadyMs steady() const override { return steady_ms; }
    SteadyMs steady_ms = 1'000;
};

TEST_CASE("files: a removal is for good when its time is over, and not a moment before") {
    TempDirectory directory;
    HandClock clock;
    AttachmentOptions options;
    options.directory = directory.file("attachments");
    auto store = store::Store::open(directory.file("colortouch.db"), clock, system_random());
    REQUIRE(store.has_value());
    Attachment file;
    file.id = id_of(7);
    file.record = id_of(1);
    file.name = "photo.jpg";
    file.size = 5;
    file.sha256 = std::string(64, 'a');
    const std::string content = options.directory + "/" + file.sha256;
    REQUIRE(make_directories(options.directory));
    REQUIRE(write_file_atomically(content, "bytes"));
    REQUIRE((*store)->save_attachment(file));
    const AttachmentPorts ports{[](NetJob) {}, [] {}, [](Event) {}};
    Attachments attachments(**store, clock, system_random(), options, ports);
    REQUIRE(attachments.remove_soon(file.id));
    const SteadyMs over = clock.steady_ms + options.kept_back_ms;
    CHECK(attachments.due() == over);
    clock.steady_ms = over - 1;
    attachments.on_timer();
    CHECK(path_exists(content));
    clock.steady_ms = over;
    attachments.on_timer();
    CHECK_FALSE(path_exists(content));
    const auto kept = attachments.keep(file.id);
    REQUIRE_FALSE(kept.has_value());
    CHECK(kept.error().code == "TOO_LATE");
    CHECK((*store)->unsent_files().removing == 1);
}

TEST_CASE("files: one is opened as a copy under its own name that can only be read") {
    WithFile desk("Quotation 7.pdf");
    desk.window->post(OpenAttachment{desk.file.id});
    const std::string copy = desk.window->need<AttachmentReady>().file;
    CHECK(copy.ends_with("/Quotation 7.pdf"));
    CHECK(copy != desk.content());
    CHECK(read_file(copy).value_or("") == std::string(5'000, 'x'));
    CHECK(std::filesystem::status(copy).permissions() == std::filesystem::perms::owner_read);
    desk.window->post(OpenAttachment{desk.file.id});  // once more, over the first
    CHECK(desk.window->need<AttachmentReady>().file == copy);

    REQUIRE(write_file_atomically(desk.content(), std::string(5'000, 'y')));
    desk.window->post(OpenAttachment{desk.file.id});
    CHECK(desk.window->need<AttachmentFailed>().error.code == "FILE_DAMAGED");
    desk.window->close();
    desk.window->open();
    CHECK_FALSE(path_exists(copy));
}

TEST_CASE("files: what the desktop might run is not opened") {
    WithFile desk("Invoice.DESKTOP");
    desk.window->post(OpenAttachment{desk.file.id});
    CHECK(desk.window->need<AttachmentFailed>().error.code == "IS_A_PROGRAM");
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
