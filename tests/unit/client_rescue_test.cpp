// Rescue copies and backups on real files: sealed, checked, whole or not at all.
#include "base/file.h"
#include "client/archive.h"
#include "client/backup.h"
#include "client/rescue.h"
#include "unit/store_support.h"

namespace ct::store::test {
namespace {

namespace fs = std::filesystem;

const std::string kPassphrase = "correct horse battery";

void bind(Desk& desk, const std::string& workspace) {
    SyncState state = desk.store->state();
    state.server_url = "https://crm.example.com";
    state.workspace_id = workspace;
    state.workspace_name = "Workspace " + workspace;
    state.user.id = "u1";
    state.user.email = "asha@example.com";
    REQUIRE(desk.store->save_state(state));
}

std::string contents_of(const Desk& desk) { return desk.directory.file("attachments"); }

Attachment attach(Desk& desk, std::uint64_t number, const std::string& bytes) {
    REQUIRE(make_directories(contents_of(desk)));
    Attachment made;
    made.id = id_of(number);
    made.record = id_of(20);
    made.name = "quotation.pdf";
    made.type = "application/pdf";
    made.size = static_cast<std::int64_t>(bytes.size());
    made.sha256 = to_hex(ct::bytes_of(sha256(bytes)));
    write_bytes(contents_of(desk) + "/" + made.sha256, bytes);
    REQUIRE(desk.store->save_attachment(made));
    return made;
}

std::vector<Uuid> ids_of(const Desk& desk) {
    std::vector<Uuid> ids;
    const auto list = desk.store->list_queue();
    REQUIRE(list.has_value());
    for (const sync::QueuedOperation& each : *list) ids.push_back(each.operation.id);
    return ids;
}

TEST_CASE("rescue copy: carries all unsent work with its files to another profile of the workspace, once") {
    Desk desk;
    bind(desk, "w1");
    pull_three(desk);
    desk.commit({desk.create(20, "Žofie 🙂")});
    desk.commit({desk.update(1, {{"city", "Goa"}})});
    desk.take();
    const std::string content(300'000, 'q');  // several pieces
    const Attachment attachment = attach(desk, 70, content);
    const std::string file = desk.directory.file("rescue.ctr");
    const auto saved = client::save_rescue(*desk.store, contents_of(desk), file, kPassphrase, 1'000);
    REQUIRE_MESSAGE(saved.has_value(), (saved ? "" : saved.error().message));
    CHECK(saved->operations == 2);
    CHECK(saved->attachments == 1);
    CHECK(saved->bytes == static_cast<std::int64_t>(fs::file_size(file)));
    CHECK(bytes_of(file).find("fie") == std::string::npos);  // nothing readable in it
    CHECK(bytes_of(file).find("qqqq") == std::string::npos);
    CHECK_FALSE(fs::exists(file + ".part"));

    Desk other;
    bind(other, "w1");
    for (int times = 1; times <= 2; ++times) {
        const auto replayed = client::replay_rescue(*other.store, contents_of(other), file, kPassphrase);
        REQUIRE_MESSAGE(replayed.has_value(), (replayed ? "" : replayed.error().message));
        CHECK(replayed->operations == (times == 1 ? 2 : 0));
        CHECK(replayed->known == (times == 1 ? 0 : 2));
        CHECK(replayed->origin.user_email == "asha@example.com");
        CHECK(ids_of(other) == ids_of(desk));
    }
    CHECK(bytes_of(contents_of(other) + "/" + attachment.sha256) == content);
    CHECK(other.store->unsent_attachments()->size() == 1);
    CHECK(other.take().operations.size() == 2);
}

TEST_CASE("rescue copy: what does not fit is refused in words and changes nothing") {
    Desk desk;
    bind(desk, "w1");
    const std::string file = desk.directory.file("rescue.ctr");
    const auto save = [&](const std::string& passphrase) {
        return client::save_rescue(*desk.store, contents_of(desk), file, passphrase, 1'000);
    };
    CHECK(save(kPassphrase).error().code == "NOTHING_TO_RESCUE");
    desk.commit({desk.create(20)});
    CHECK(save("").error().code == "PASSPHRASE_NEEDED");
    REQUIRE(save(kPassphrase));
    const auto code_of = [&](Desk& target, const std::string& from, const std::string& passphrase) {
        const auto replayed = client::replay_rescue(*target.store, contents_of(target), from, passphrase);
        REQUIRE_FALSE(replayed.has_value());
        CHECK(target.store->queue().operations == 0);
        return replayed.error().code;
    };
    Desk other;
    CHECK(code_of(other, file, kPassphrase) == "SIGN_IN_FIRST");
    bind(other, "w2");
    CHECK(code_of(other, file, kPassphrase) == "OTHER_WORKSPACE");
    Desk same;
    bind(same, "w1");
    CHECK(code_of(same, file, "wrong") == "WRONG_PASSPHRASE");
    CHECK(code_of(same, file, "") == "PASSPHRASE_NEEDED");
    CHECK(code_of(same, file + ".none", kPassphrase) == "FILE_NOT_FOUND");
    write_bytes(desk.directory.file("text"), "not at all an archive, only text");
    CHECK(code_of(same, desk.directory.file("text"), kPassphrase) == "NOT_AN_ARCHIVE");
    write_bytes(desk.directory.file("next"), "ColorTouch archive 2\nS and more");
    CHECK(code_of(same, desk.directory.file("next"), kPassphrase) == "ARCHIVE_NEWER");
    const auto unwritable = client::save_rescue(*desk.store, contents_of(desk), "/nowhere/at/all", kPassphrase, 1);
    REQUIRE_FALSE(unwritable.has_value());
    CHECK(unwritable.error().kind == ErrorKind::disk);
}

TEST_CASE("archive: replaces another archive, and nothing else") {
    TempDirectory directory;
    const std::string file = directory.file("copy");
    REQUIRE(write_file_atomically(file, ""));  // as mktemp leaves it
    REQUIRE(client::write_archive(file, {}, "{\"kind\":\"test\"}", {}));
    REQUIRE(client::write_archive(file, {}, "{\"kind\":\"again\"}", {}));
    const std::string theirs = "my shopping list";
    REQUIRE(write_file_atomically(file, theirs));
    const auto refused = client::write_archive(file, {}, "{\"kind\":\"test\"}", {});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == "FILE_EXISTS");
    CHECK(bytes_of(file) == theirs);
}

TEST_CASE("archive: sealed or open, cut anywhere or altered in any byte it is refused") {
    TempDirectory directory;
    const std::string content = directory.file("content"), file = directory.file("archive"),
                      bad = directory.file("bad");
    write_bytes(content, std::string(70'000, 'c'));
    for (const std::string& passphrase : {std::string(), kPassphrase}) {
        INFO("sealed: ", !passphrase.empty());
        REQUIRE(client::write_archive(file, passphrase, "{\"kind\":\"test\"}", {{content, 70'000}}));
        const auto reads = [&](const std::string& from) {
            auto reader = client::ArchiveReader::open(from, passphrase);
            if (!reader) return false;
            CHECK((*reader)->manifest() == "{\"kind\":\"test\"}");
            if (auto put = (*reader)->extract(70'000, directory.file("out")); !put) return false;
            return (*reader)->end().has_value() && bytes_of(directory.file("out")) == bytes_of(content);
        };
        CHECK(reads(file));
        const std::string whole = bytes_of(file);
        // The derivation of a key is slow on purpose, so that only a few places are tried there.
        const std::size_t step = passphrase.empty() ? 997 : whole.size() / 12;
        for (std::size_t at = 22; at < whole.size(); at += step) {
            CAPTURE(at);
            write_bytes(bad, std::string_view(whole).substr(0, at));
            CHECK_FALSE(reads(bad));
            if (passphrase.empty() && at < 60) continue;  // the manifest's own bytes: found by the hash at the end
            std::string flipped = whole;
            flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
            write_bytes(bad, flipped);
            CHECK_FALSE(reads(bad));
        }
        write_bytes(bad, whole + "x");
        CHECK_FALSE(reads(bad));
    }
}

struct Profiled {
    Desk desk;
    client::Profile profile{desk.directory.path(), desk.directory.path()};
    [[nodiscard]] auto restore(const std::string& file, bool discard = false, const std::string& passphrase = {}) {
        return client::restore_backup(profile, file, passphrase, discard, desk.clock, desk.random);
    }
};

TEST_CASE("backup: a profile comes back whole, as another device, and what it replaced is kept") {
    for (const std::string& passphrase : {std::string(), kPassphrase}) {
        Profiled a;
        bind(a.desk, "w1");
        pull_three(a.desk);
        a.desk.commit({a.desk.create(20, "Asha")});
        const Attachment attachment = attach(a.desk, 70, "bytes of a file");
        write_bytes(a.profile.config_file().string(), "{}");
        write_bytes(a.profile.token_file().string(), "secret");
        const std::string device = a.desk.store->state().device_id;
        const std::vector<Uuid> ids = ids_of(a.desk);
        const std::string file = a.desk.directory.file("profile.ctb");
        const auto made = client::back_up(*a.desk.store, a.profile, file, passphrase, 5'000);
        REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
        CHECK(made->files == 4);
        CHECK((bytes_of(file).find("Asha") == std::string::npos) == !passphrase.empty());

        // Life goes on: what was queued is sent, more is done.
        a.desk.settle({Desk::result(a.desk.take().operations[0], Verdict::applied, 40)});
        a.desk.commit({a.desk.create(21)});
        a.desk.store.reset();
        const auto refused = a.restore(file, false, passphrase);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code == "UNSENT_WORK");
        CHECK(refused.error().message.find("rescue save") != std::string::npos);
        const auto restored = a.restore(file, true, passphrase);
        REQUIRE_MESSAGE(restored.has_value(), (restored ? "" : restored.error().message));
        CHECK(restored->at == 5'000);
        CHECK(restored->unsent == 1);
        CHECK(fs::exists(restored->replaced + "/colortouch.db"));
        CHECK(fs::exists(restored->replaced + "/token"));
        CHECK_FALSE(fs::exists(a.profile.token_file()));
        CHECK_FALSE(fs::exists(a.desk.directory.path() / "restore-part"));

        a.desk.store = a.desk.open();
        CHECK(a.desk.store->state().device_id != device);
        CHECK(a.desk.store->state().next_sequence == 0);
        CHECK(a.desk.store->state().workspace_id == "w1");
        CHECK(ids_of(a.desk) == ids);  // sent again as it was: the server has a receipt of it
        CHECK(a.desk.shown(20) == "Asha, v0 PENDING");
        CHECK_FALSE(a.desk.get(21).has_value());
        CHECK(bytes_of(a.profile.attachments().string() + "/" + attachment.sha256) == "bytes of a file");
        a.desk.commit({a.desk.update(20, {{"city", "Goa"}})});
        CHECK(ids_of(a.desk).size() == 2);  // and is not altered by what comes now
    }
}

TEST_CASE("backup: what is damaged or something else replaces nothing") {
    Profiled a;
    bind(a.desk, "w1");
    pull_three(a.desk);
    const std::string file = a.desk.directory.file("profile.ctb"), bad = a.desk.directory.file("bad.ctb");
    REQUIRE(client::back_up(*a.desk.store, a.profile, file, {}, 5'000));
    a.desk.store.reset();
    const std::string before = bytes_of(a.desk.file), whole = bytes_of(file);
    const auto code = [&](std::string bytes) {
        write_bytes(bad, bytes);
        const auto restored = a.restore(bad);
        REQUIRE_FALSE(restored.has_value());
        CHECK((bytes_of(a.desk.file) == before));
        CHECK_FALSE(fs::exists(a.desk.directory.path() / "restore-part"));
        return restored.error().code;
    };
    CHECK(code(whole.substr(0, whole.size() - 9)) == "ARCHIVE_DAMAGED");
    std::string flipped = whole;
    flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 1);
    CHECK(code(flipped) == "ARCHIVE_DAMAGED");
    CHECK(code("nothing of ours") == "NOT_AN_ARCHIVE");
    fs::remove(bad);
    REQUIRE(client::write_archive(
        bad, {}, R"({"kind":"backup","version":1,"at":1,"files":[{"name":"../evil","size":0,"sha256":""}]})", {}));
    const auto evil = a.restore(bad);
    REQUIRE_FALSE(evil.has_value());
    CHECK(evil.error().code == "NOT_A_BACKUP");
    const auto lock = FileLock::acquire(a.profile.lock_file().string());
    REQUIRE(lock.has_value());
    CHECK(a.restore(file).error().code == "PROFILE_IN_USE");
}

}  // namespace
}  // namespace ct::store::test
