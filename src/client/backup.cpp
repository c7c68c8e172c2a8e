#include "client/backup.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/file.h"
#include "base/part_file.h"
#include "client/archive.h"
#include "client/rescue.h"
#include "crm/json_codec.h"

namespace ct::client {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kKind = "backup", kAttachments = "attachments/";
constexpr std::int64_t kVersion = 1;

struct Entry {
    std::string name;  // as below
    std::int64_t size = 0;
    std::string sha256;
};

/// What a backup's entry may be called, and where that lies; nothing for any other name.
std::optional<fs::path> place_of(const Profile& profile, std::string_view name) {
    if (name == "colortouch.db") return profile.database();
    if (name == "colortouch.queue") return profile.journal();
    if (name == "config.json") return profile.config_file();
    if (!name.starts_with(kAttachments)) return std::nullopt;
    const std::string_view hash = name.substr(kAttachments.size());
    if (hash.size() != 64 || hash.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
    return profile.attachments() / std::string(hash);
}

Failure disk_error(const std::string& what, const std::error_code& why) {
    return fail(ErrorKind::disk, "CANNOT_WRITE", what + ": " + why.message());
}

Failure not_a_backup(const std::string& why) {
    return fail(ErrorKind::corrupt, "NOT_A_BACKUP", "this is no backup of a profile: " + why);
}

Result<void> add(const fs::path& path, std::string name, std::vector<Entry>& entries, std::vector<ArchiveFile>& files) {
    const auto content = examine_file(path.string());
    if (!content) return fail(content.error());
    entries.push_back({std::move(name), content->size, to_hex(bytes_of(content->hash))});
    files.push_back({path.string(), content->size});
    return {};
}

Result<void> add_all(const Profile& profile, const std::string& database, std::vector<Entry>& entries,
                     std::vector<ArchiveFile>& files) {
    if (auto added = add(database, "colortouch.db", entries, files); !added) return added;
    for (const char* name : {"colortouch.queue", "config.json"}) {
        const fs::path path = *place_of(profile, name);
        if (!path_exists(path.string())) continue;
        if (auto added = add(path, name, entries, files); !added) return added;
    }
    std::error_code none;
    for (const auto& file : fs::directory_iterator(profile.attachments(), none)) {
        const std::string name = std::string(kAttachments) + file.path().filename().string();
        if (!place_of(profile, name)) continue;  // a part of a fetch
        if (auto added = add(file.path(), name, entries, files); !added) return added;
    }
    return {};
}

std::string manifest_of(const std::vector<Entry>& entries, UnixMs now) {
    json manifest = {{"kind", kKind}, {"version", kVersion}, {"at", now}, {"files", json::array()}};
    for (const Entry& entry : entries)
        manifest["files"].push_back({{"name", entry.name}, {"size", entry.size}, {"sha256", entry.sha256}});
    return manifest.dump();
}

struct Manifest {
    UnixMs at = 0;
    std::vector<Entry> entries;
};

Result<Manifest> read_manifest(const Profile& profile, const std::string& text) {
    const auto parsed = crm::parse_json(text);
    if (!parsed || !parsed->is_object() || parsed->value("kind", json()) != kKind)
        return not_a_backup("it is something else");
    const json version = parsed->value("version", json()), at = parsed->value("at", json()),
               files = parsed->value("files", json());
    if (!version.is_number_integer() || !at.is_number_integer() || !files.is_array())
        return not_a_backup("its contents cannot be read");
    if (version.get<std::int64_t>() > kVersion)
        return fail(ErrorKind::newer, "ARCHIVE_NEWER", "the backup was written by a newer version of this program");
    Manifest manifest;
    manifest.at = at.get<std::int64_t>();
    for (const json& file : files) {
        const json name = file.is_object() ? file.value("name", json()) : json();
        const json size = file.is_object() ? file.value("size", json()) : json();
        const json sha256 = file.is_object() ? file.value("sha256", json()) : json();
        const bool good = name.is_string() && size.is_number_integer() && size.get<std::int64_t>() >= 0 &&
                          sha256.is_string() && place_of(profile, name.get<std::string>()).has_value();
        if (!good) return not_a_backup("it names a file that belongs in no profile");
        manifest.entries.push_back({name.get<std::string>(), size.get<std::int64_t>(), sha256.get<std::string>()});
    }
    if (manifest.entries.empty() || manifest.entries.front().name != "colortouch.db")
        return not_a_backup("there is no database in it");
    return manifest;
}

/// Directories of the files that a restore unpacks; the profile's look, elsewhere.
Profile inside(const fs::path& directory) { return {directory, directory}; }

Result<Manifest> unpack(const Profile& profile, const Profile& to, const std::string& file,
                        const std::string& passphrase) {
    auto reader = ArchiveReader::open(file, passphrase);
    if (!reader) return fail(reader.error());
    auto manifest = read_manifest(profile, (*reader)->manifest());
    if (!manifest) return manifest;
    if (auto made = make_directories(to.attachments().string()); !made) return fail(made.error());
    for (const Entry& entry : manifest->entries) {
        const std::string path = place_of(to, entry.name)->string();
        if (auto put = (*reader)->extract(entry.size, path); !put) return fail(put.error());
        const auto is = examine_file(path);
        if (!is) return fail(is.error());
        if (to_hex(bytes_of(is->hash)) != entry.sha256) return not_a_backup(entry.name + " in it is not what it says");
    }
    if (auto whole = (*reader)->end(); !whole) return fail(whole.error());
    return manifest;
}

/// Goes on as another device, with a queue that nothing alters; how many operations wait in it.
Result<std::int64_t> make_another_device(const Profile& unpacked, const Clock& clock, Random& random) {
    auto store = store::Store::open(unpacked.database().string(), clock, random);
    if (!store) return fail(store.error());
    const auto waiting = (*store)->unsent();
    if (!waiting) return fail(waiting.error());
    UuidGenerator ids(clock, random);
    if (auto renewed = (*store)->renew_device(ids.next().str()); !renewed) return fail(renewed.error());
    return static_cast<std::int64_t>(waiting->operations.size());
}

Result<void> refuse_unsent(const Profile& profile, const Clock& clock, Random& random) {
    if (!path_exists(profile.database().string()) && !path_exists(profile.journal().string())) return {};
    auto store = store::Store::open(profile.database().string(), clock, random);
    if (!store) return fail(store.error());
    const auto attachments = (*store)->unsent_attachments();
    if (!attachments) return fail(attachments.error());
    const std::int64_t waiting = (*store)->queue().operations + static_cast<std::int64_t>(attachments->size());
    if (waiting == 0) return {};
    return fail(ErrorKind::busy, "UNSENT_WORK",
                std::to_string(waiting) +
                    " edits and files of this profile have not been sent: sync, or put them in a " +
                    "rescue copy (colortouchctl rescue save FILE), or give --discard-unsent");
}

/// Every file of the profile that a backup can hold, and what belongs to it, under `aside`.
Result<bool> move_away(const Profile& profile, const fs::path& aside) {
    const fs::path all[] = {profile.database(),
                            profile.database().string() + "-wal",
                            profile.database().string() + "-shm",
                            profile.journal(),
                            profile.config_file(),
                            profile.attachments(),
                            profile.token_file()};
    bool any = false;
    for (const fs::path& path : all) {
        if (!path_exists(path.string())) continue;
        if (auto made = make_directories(aside.string()); !made) return fail(made.error());
        if (auto moved = move_file(path.string(), (aside / path.filename()).string()); !moved)
            return fail(moved.error());
        any = true;
    }
    return any;
}

Result<void> move_in(const Profile& from, const Profile& to) {
    const std::pair<fs::path, fs::path> all[] = {{from.attachments(), to.attachments()},
                                                 {from.config_file(), to.config_file()},
                                                 {from.journal(), to.journal()},
                                                 {from.database(), to.database()}};  // last: then it is there whole
    for (const auto& [source, target] : all) {
        if (!path_exists(source.string())) continue;
        if (auto moved = move_file(source.string(), target.string()); !moved) return moved;
    }
    return {};
}

}  // namespace

Result<BackupSummary> back_up(store::Store& store, const Profile& profile, const std::string& file,
                              const std::string& passphrase, UnixMs now) {
    const std::string database = profile.database().string() + ".backup-part";
    if (auto gone = remove_file(database); !gone) return fail(gone.error());
    auto copied = store.copy_to(database);
    std::vector<Entry> entries;
    std::vector<ArchiveFile> files;
    if (copied) copied = add_all(profile, database, entries, files);
    Result<std::int64_t> bytes = copied ? write_archive(file, passphrase, manifest_of(entries, now), files)
                                        : Result<std::int64_t>(fail(copied.error()));
    (void)remove_file(database);
    if (!bytes) return fail(bytes.error());
    return BackupSummary{static_cast<std::int64_t>(entries.size()), *bytes, now, 0, {}};
}

Result<BackupSummary> restore_backup(const Profile& profile, const std::string& file, const std::string& passphrase,
                                     bool discard_unsent, const Clock& clock, Random& random) {
    auto lock = FileLock::acquire(profile.lock_file().string());
    if (!lock) return fail(lock.error());
    if (!discard_unsent) {
        if (auto good = refuse_unsent(profile, clock, random); !good) return fail(good.error());
    }
    const fs::path work = profile.data_dir / "restore-part";
    std::error_code failed;
    fs::remove_all(work, failed);
    if (failed) return disk_error(work.string(), failed);
    const auto manifest = unpack(profile, inside(work), file, passphrase);
    const auto waiting =
        manifest ? make_another_device(inside(work), clock, random) : Result<std::int64_t>(fail(manifest.error()));
    if (!waiting) {
        fs::remove_all(work, failed);
        return fail(waiting.error());
    }
    std::string date = format_rfc3339(clock.now());
    std::erase(date, ':');
    const fs::path aside = profile.data_dir / ("replaced-" + date);
    const auto moved = move_away(profile, aside);
    if (!moved) return fail(moved.error());
    if (auto put = move_in(inside(work), profile); !put) return fail(put.error());
    fs::remove_all(work, failed);
    BackupSummary summary{static_cast<std::int64_t>(manifest->entries.size()), 0, manifest->at, *waiting, {}};
    if (*moved) summary.replaced = aside.string();
    return summary;
}

}  // namespace ct::client
