// Taking a file away with a way back, and looking at one: what leaves something on the disk that has to go later.
#include <algorithm>
#include <array>
#include <filesystem>

#include "base/file.h"
#include "base/utf8.h"
#include "client/attachments.h"
#include "sync/file_name.h"

namespace ct::client {

namespace {

using store::Attachment;
using store::AttachmentState;

constexpr const char* kOpened = "/opened";  // below the contents: copies that were opened

/// What desktops start rather than show, whatever its mode says.
constexpr std::array<std::string_view, 23> kPrograms{
    ".appimage", ".bat", ".bash", ".bin", ".cmd", ".com", ".deb", ".desktop", ".exe", ".flatpakref", ".hta", ".jar",
    ".js",       ".jse", ".lnk",  ".msi", ".pl",  ".ps1", ".py",  ".rpm",     ".run", ".sh",         ".vbs"};

bool may_run(const std::string& name) {
    const std::string folded = fold(name);
    return std::any_of(kPrograms.begin(), kPrograms.end(),
                       [&folded](std::string_view end) { return folded.ends_with(end); });
}

}  // namespace

Attachments::~Attachments() { forget_kept_back(std::nullopt); }

/// What the last run could not tidy up: contents whose removal could still be taken back, and copies that were opened.
void Attachments::sweep() {
    std::error_code ignored;
    std::filesystem::remove_all(options_.directory + kOpened, ignored);
    const auto left = store_.transfers();
    if (!left) return;  // whoever needs the table will say so
    for (const Attachment& attachment : *left) {
        if (attachment.state == AttachmentState::removing) drop_content(attachment.sha256);
    }
}

Result<void> Attachments::remove_soon(const Uuid& id) {
    auto was = take_away(id);
    if (!was) return fail(was.error());
    const Uuid record = was->record;
    kept_back_[id] = {*std::move(was), clock_.steady() + options_.kept_back_ms};
    changed(record);
    return {};
}

Result<void> Attachments::keep(const Uuid& id) {
    const auto kept = kept_back_.find(id);
    if (kept == kept_back_.end())
        return fail(ErrorKind::not_found, "TOO_LATE", "The file has been taken away for good by now");
    const Attachment was = kept->second.was;
    if (auto saved = store_.save_attachment(was); !saved) return saved;
    kept_back_.erase(kept);
    changed(was.record);
    tell(sync::lane_event::Work{});
    return {};
}

/// Those that were kept back until then, or all of them, are taken away for good.
void Attachments::forget_kept_back(std::optional<SteadyMs> until) {
    bool any = false;
    for (auto kept = kept_back_.begin(); kept != kept_back_.end();) {
        if (until && kept->second.until > *until) {
            ++kept;
            continue;
        }
        const std::string content = kept->second.was.sha256;
        kept = kept_back_.erase(kept);
        drop_content(content);
        any = true;
    }
    if (any && until) tell(sync::lane_event::Work{});
}

void Attachments::on_timer() {
    forget_kept_back(clock_.steady());
    tell(sync::lane_event::TimerFired{});
}

std::optional<SteadyMs> Attachments::due() const {
    std::optional<SteadyMs> due = lane_.due();
    for (const auto& [id, kept] : kept_back_) due = std::min(due.value_or(kept.until), kept.until);
    return due;
}

Result<std::string> Attachments::copy_to_open(const Attachment& attachment) {
    const std::string name = sync::clean_file_name(attachment.name);
    if (may_run(name)) {
        return fail(ErrorKind::invalid, "IS_A_PROGRAM",
                    name + " may be a program, which ColorTouch does not start. Save a copy of it instead");
    }
    const std::string directory = options_.directory + kOpened + "/" + attachment.id.str();
    if (auto made = make_directories(directory); !made) return fail(made.error());
    std::string file = directory + "/" + name;
    if (auto saved = save_as(attachment, file); !saved) return fail(saved.error());
    // Whoever changes it is to notice that this is not the file that is attached.
    std::error_code refused;
    std::filesystem::permissions(file, std::filesystem::perms::owner_read, refused);
    if (refused) return fail(ErrorKind::disk, "CANNOT_WRITE", file + ": " + refused.message());
    return file;
}

}  // namespace ct::client
