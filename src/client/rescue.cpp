#include "client/rescue.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/part_file.h"
#include "client/archive.h"
#include "crm/json_codec.h"
#include "store/queue_codec.h"

namespace ct::client {

namespace {

using nlohmann::json;

constexpr std::string_view kKind = "rescue";
constexpr std::int64_t kVersion = 1;

struct Content {
    RescueOrigin origin;
    store::Unsent unsent;
    std::vector<std::pair<std::string, std::int64_t>> files;  // SHA-256, size
};

constexpr std::pair<const char*, std::string RescueOrigin::*> kOrigin[] = {
    {"device", &RescueOrigin::device_id},       {"server", &RescueOrigin::server_url},
    {"workspace", &RescueOrigin::workspace_id}, {"workspaceName", &RescueOrigin::workspace_name},
    {"user", &RescueOrigin::user_id},           {"userName", &RescueOrigin::user_name},
    {"email", &RescueOrigin::user_email}};

RescueOrigin origin_of(const store::SyncState& state, UnixMs now) {
    return {state.device_id, state.server_url, state.workspace_id, state.workspace_name,
            state.user.id,   state.user.name,  state.user.email,   now};
}

std::string manifest_of(const Content& content) {
    json head = {{"kind", kKind}, {"version", kVersion}, {"at", content.origin.at}};
    for (const auto& [key, member] : kOrigin) head["origin"][key] = content.origin.*member;
    head["files"] = json::array();
    for (const auto& [sha256, size] : content.files) head["files"].push_back({{"sha256", sha256}, {"size", size}});
    std::string text = head.dump(-1, ' ', false, json::error_handler_t::replace);
    text.pop_back();
    const auto list = [&text](const char* name, const auto& rows, const auto& write) {
        text.append(",\"").append(name).append("\":[");
        for (std::size_t i = 0; i < rows.size(); ++i) text.append(i == 0 ? "" : ",").append(write(rows[i]));
        text.append("]");
    };
    list("operations", content.unsent.operations, [](const auto& row) { return store::queued_text(row); });
    list("attachments", content.unsent.attachments, [](const auto& row) { return store::attachment_text(row); });
    return text + "}";
}

Failure not_a_rescue_copy(const std::string& why) {
    return fail(ErrorKind::corrupt, "NOT_A_RESCUE_COPY", "this is no rescue copy: " + why);
}

std::string text_in(const json& object, const char* member) {
    const auto at = object.find(member);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string{};
}

std::int64_t number_in(const json& object, const char* member) {
    const auto at = object.find(member);
    return at != object.end() && at->is_number_integer() ? at->get<std::int64_t>() : -1;
}

Result<void> read_files(const json& list, Content& content) {
    for (const json& file : list) {
        const std::string sha256 = file.is_object() ? text_in(file, "sha256") : std::string{};
        const std::int64_t size = file.is_object() ? number_in(file, "size") : -1;
        const bool named = sha256.size() == 64 && sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
        if (!named || size < 0) return not_a_rescue_copy("its list of files cannot be read");
        content.files.emplace_back(sha256, size);
    }
    return {};
}

Result<Content> content_of(const std::string& manifest) {
    const auto parsed = crm::parse_json(manifest);
    if (!parsed || !parsed->is_object() || text_in(*parsed, "kind") != kKind)
        return not_a_rescue_copy("it is something else");
    if (number_in(*parsed, "version") > kVersion)
        return fail(ErrorKind::newer, "ARCHIVE_NEWER",
                    "the rescue copy was written by a newer version of this program");
    const json none = json::array(), nobody = json::object();
    const auto part = [&](const char* name) -> const json& {
        const auto at = parsed->find(name);
        return at != parsed->end() && at->is_array() ? *at : none;
    };
    Content content;
    const auto origin = parsed->find("origin");
    for (const auto& [key, member] : kOrigin)
        content.origin.*member = text_in(origin != parsed->end() && origin->is_object() ? *origin : nobody, key);
    content.origin.at = number_in(*parsed, "at");
    for (const json& row : part("operations")) {
        auto queued = store::queued_from(row);
        if (!queued) return not_a_rescue_copy(queued.error().message);
        content.unsent.operations.push_back(std::move(*queued));
    }
    for (const json& row : part("attachments")) {
        auto attachment = store::attachment_from(row);
        if (!attachment) return not_a_rescue_copy(attachment.error().message);
        content.unsent.attachments.push_back(std::move(*attachment));
    }
    if (auto files = read_files(part("files"), content); !files) return fail(files.error());
    return content;
}

/// Whose work goes where: a profile sends everything to its own workspace.
Result<void> fits(const RescueOrigin& origin, const store::SyncState& here) {
    if (origin.workspace_id.empty() || origin.workspace_id == here.workspace_id) return {};
    if (here.workspace_id.empty()) {
        return fail(ErrorKind::invalid, "SIGN_IN_FIRST",
                    "the rescue copy is of workspace \"" + origin.workspace_name + "\" at " + origin.server_url +
                        ": sign in to it on this profile first");
    }
    return fail(ErrorKind::invalid, "OTHER_WORKSPACE",
                "the rescue copy is of workspace \"" + origin.workspace_name + "\", this profile is of \"" +
                    here.workspace_name + "\": nothing was taken over");
}

}  // namespace

Result<RescueSummary> save_rescue(store::Store& store, const std::string& attachments, const std::string& file,
                                  const std::string& passphrase, UnixMs now) {
    if (passphrase.empty())
        return fail(ErrorKind::invalid, "PASSPHRASE_NEEDED", "a rescue copy needs a passphrase", "passphrase");
    if (file.empty()) return fail(ErrorKind::invalid, "FILE_NEEDED", "a rescue copy needs a file to go to", "file");
    auto unsent = store.unsent();
    if (!unsent) return fail(unsent.error());
    if (unsent->operations.empty() && unsent->attachments.empty())
        return fail(ErrorKind::invalid, "NOTHING_TO_RESCUE", "everything has been sent: there is nothing to rescue");
    Content content{origin_of(store.state(), now), std::move(*unsent), {}};
    std::set<std::string> seen;
    std::vector<ArchiveFile> files;
    for (const store::Attachment& attachment : content.unsent.attachments) {
        const std::string path = attachments + "/" + attachment.sha256;
        if (!attachment.here() || !path_exists(path) || !seen.insert(attachment.sha256).second) continue;
        const auto size = file_size(path);
        if (!size) return fail(size.error());
        content.files.emplace_back(attachment.sha256, *size);
        files.push_back({path, *size});
    }
    const auto bytes = write_archive(file, passphrase, manifest_of(content), files);
    if (!bytes) return fail(bytes.error());
    RescueSummary summary;
    summary.origin = content.origin;
    summary.operations = static_cast<std::int64_t>(content.unsent.operations.size());
    summary.attachments = static_cast<std::int64_t>(content.unsent.attachments.size());
    summary.bytes = *bytes;
    return summary;
}

Result<RescueSummary> replay_rescue(store::Store& store, const std::string& attachments, const std::string& file,
                                    const std::string& passphrase, store::Visible* visible) {
    auto reader = ArchiveReader::open(file, passphrase);
    if (!reader) return fail(reader.error());
    auto content = content_of((*reader)->manifest());
    if (!content) return fail(content.error());
    if (auto good = fits(content->origin, store.state()); !good) return fail(good.error());
    if (auto made = make_directories(attachments); !made) return fail(made.error());
    // Contents first: a row without its bytes could not be sent. One too many is only room on the disk.
    for (const auto& [sha256, size] : content->files) {
        const std::string part = attachments + "/" + sha256 + ".rescued";
        if (auto put = (*reader)->extract(size, part); !put) return fail(put.error());
        const auto is = examine_file(part);
        if (!is) return fail(is.error());
        if (to_hex(bytes_of(is->hash)) != sha256) return not_a_rescue_copy("a file in it is not what it says");
        if (auto moved = move_file(part, attachments + "/" + sha256); !moved) return fail(moved.error());
    }
    if (auto whole = (*reader)->end(); !whole) return fail(whole.error());
    auto adopted = store.adopt(content->unsent);
    if (!adopted) return fail(adopted.error());
    RescueSummary summary;
    summary.origin = content->origin;
    summary.operations = adopted->operations;
    summary.known = adopted->known;
    summary.attachments = adopted->attachments;
    if (visible != nullptr) *visible = std::move(adopted->visible);
    return summary;
}

Error rebuilt_notice(const store::Rebuilt& rebuilt) {
    std::string words = rebuilt.set_aside.empty()
                            ? "The local database was gone and has been made anew"
                            : "The local database was damaged and has been made anew; the damaged "
                              "one is kept as " +
                                  rebuilt.set_aside;
    words += ". " + std::to_string(rebuilt.operations) + " unsent edits came back from the side journal; all other " +
             "records come with the next sync";
    return {ErrorKind::corrupt, "DATABASE_REBUILT", std::move(words), {}};
}

}  // namespace ct::client
