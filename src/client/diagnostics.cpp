#include "client/diagnostics.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "base/append_file.h"
#include "base/file.h"
#include "base/log.h"
#include "base/part_file.h"
#include "client/mask.h"
#include "client/recorder.h"
#include "crm/json_codec.h"
#include "net/encoding.h"
#include "store/examine.h"
#include "sync/recording.h"

namespace ct::client {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kFormat = 1;
/// Of each list of the database: a queue of more is told by its first part.
constexpr std::size_t kRowsMax = 10'000;
/// Lines are compressed so many bytes at a time; frames in a row are one file to zstd.
constexpr std::size_t kChunk = 1 << 20;
/// Of sync_state: what is nobody's name.
constexpr std::string_view kPlainState[] = {"deviceId", "serverUrl",     "workspaceId", "userId",       "userRole",
                                            "epoch",    "nextSequence",  "stampMs",     "stampCounter", "lastSyncAt",
                                            "cursor",   "clockOffsetMs", "foreignEpoch"};

/// Takes lines and puts them into the file, compressed.
class Lines {
  public:
    static Result<std::unique_ptr<Lines>> open(const std::string& file) {
        const std::string part = file + ".part";
        if (auto gone = remove_file(part); !gone) return fail(gone.error());
        auto opened = AppendFile::open(part);
        if (!opened) return fail(opened.error());
        return std::unique_ptr<Lines>(new Lines(file, std::move(*opened)));
    }
    ~Lines() {
        if (file_) (void)remove_file(name_ + ".part");  // it did not become whole
    }
    Lines(const Lines&) = delete;
    Lines& operator=(const Lines&) = delete;

    void add(const char* kind, const json& what) {
        const json line{{kind, what}};
        add(line.dump(-1, ' ', false, json::error_handler_t::replace));
    }
    void add(const std::string& line) {
        chunk_.append(line).push_back('\n');
        if (chunk_.size() >= kChunk) flush();
    }
    /// The bytes of the file, which is now whole.
    [[nodiscard]] Result<std::int64_t> end() {
        flush();
        if (!written_) return fail(written_.error());
        const std::int64_t size = file_->size();
        file_.reset();
        if (auto moved = move_file(name_ + ".part", name_); !moved) return fail(moved.error());
        return size;
    }

  private:
    Lines(std::string name, std::unique_ptr<AppendFile> file) : name_(std::move(name)), file_(std::move(file)) {}
    void flush() {
        if (chunk_.empty() || !written_) return chunk_.clear();
        const auto packed = net::compress(net::Encoding::zstd, chunk_);
        written_ = packed ? file_->append(*packed) : Result<void>(fail(packed.error()));
        chunk_.clear();
    }

    const std::string name_;
    std::unique_ptr<AppendFile> file_;
    std::string chunk_;
    Result<void> written_;
};

class Exporter {
  public:
    Exporter(const DiagnosticsRequest& request, Lines& lines, Random& random)
        : request_(request), lines_(lines), mask_(random) {}

    void write(const Clock& clock) {
        learn();
        lines_.add("diagnostics", {{"format", kFormat},
                                   {"program", request_.program},
                                   {"at", format_rfc3339(clock.now())},
                                   {"state", mask_.sentence(request_.state)}});
        settings();
        files();
        database();
        log();
        recording();
        summary_.hashed = mask_.hashed();
    }
    [[nodiscard]] const DiagnosticsSummary& summary() const { return summary_; }

  private:
    [[nodiscard]] std::string database_file() const { return request_.profile.database().string(); }

    /// Whatever a sentence may quote.
    void learn() {
        const auto learned =
            store::each_personal_text(database_file(), [this](std::string_view text) { mask_.learn(text); });
        if (!learned) lines_.add("unread", {{"database", mask_.sentence(learned.error().message)}});
        mask_.learn_path(request_.profile.data_dir.string(), "<profile>");
        mask_.learn_path(request_.profile.config_dir.string(), "<profile>");
        if (const char* const home = std::getenv("HOME"); home != nullptr) mask_.learn_path(home, "<home>");
    }

    void settings() {
        const Config& config = request_.config;
        json rules = json::object();
        for (const auto& [place, rule] : config.conflicts.all()) rules[place] = name(rule);
        lines_.add("settings", {{"syncIntervalSeconds", config.sync_interval_s},
                                {"defaultCountry", config.default_country},
                                {"currency", config.currency},
                                {"liveUpdates", config.live_updates},
                                {"meteredLink", config.metered_link},
                                {"attachmentsMinKilobits", config.attachments_min_kbit},
                                {"flightRecorder", config.flight_recorder},
                                {"ownCertificates", !config.ca_file.empty()},
                                {"conflicts", rules}});
    }

    /// Names of the program's own files only.
    void files() {
        std::error_code problem;
        json sizes = json::object();
        for (fs::directory_iterator at(request_.profile.data_dir, problem), end; !problem && at != end;
             at.increment(problem)) {
            std::error_code unknown;
            const std::string name = at->path().filename().string();
            if (!name.starts_with("colortouch.") || !at->is_regular_file(unknown)) continue;
            sizes[name] = at->file_size(unknown);
        }
        const fs::space_info space = fs::space(request_.profile.data_dir, problem);
        lines_.add("files", {{"bytes", sizes}, {"diskFree", problem ? json() : json(space.available)}});
    }

    void database() {
        auto found = store::examine(database_file(), kRowsMax);
        if (!found) return lines_.add("unread", {{"database", mask_.sentence(found.error().message)}});
        json profile = json::object();
        for (const auto& [key, value] : found->state) profile[key] = state_value(key, value);
        lines_.add("profile", profile);
        for (const std::string& statement : found->schema) lines_.add("schema", statement);
        for (const auto& [table, rows] : found->counts) lines_.add("count", {{"table", table}, {"rows", rows}});
        for (const sync::QueuedOperation& row : found->queue) lines_.add("queued", queued(row));
        if (found->unreadable > 0) lines_.add("unread", {{"queue", found->unreadable}});
        for (const store::SyncHistoryRow& row : found->history) lines_.add("round", round(row));
        for (const store::Attachment& row : found->attachments) lines_.add("attachment", attachment(row));
    }

    [[nodiscard]] std::string state_value(const std::string& key, const std::string& value) {
        const bool plain = std::find(std::begin(kPlainState), std::end(kPlainState), key) != std::end(kPlainState);
        if (key == "serverUrl") return mask_.sentence(value);  // but for who may be named in it
        return plain || value.empty() ? value : mask_.value(value);
    }

    [[nodiscard]] json changes(crm::Model model, const crm::Changes& changes) {
        json fields = json::object();
        for (const auto& [field, value] : changes.fields) {
            const crm::FieldDef& def = crm::def(model, field);
            json& into = fields[std::string(def.name)];
            const auto* text = std::get_if<std::string>(&value);
            const auto* number = std::get_if<std::int64_t>(&value);
            const auto* flag = std::get_if<bool>(&value);
            if (store::is_personal(def)) {
                if (text != nullptr) into = mask_.value(*text);
                if (number != nullptr) into = mask_.value(std::to_string(*number));
            } else if (text != nullptr) {
                into = *text;
            } else if (number != nullptr) {
                into = *number;
            } else if (flag != nullptr) {
                into = *flag;
            }
        }
        const json extra = json::parse(changes.extra, nullptr, false);
        if (extra.is_object()) {
            for (const auto& [name, value] : extra.items()) fields[name] = mask_.value(value.dump());
        }
        return fields;
    }

    [[nodiscard]] json queued(const sync::QueuedOperation& row) {
        const sync::Operation& operation = row.operation;
        return {{"id", operation.id.str()},
                {"operation", sync::name(operation.kind)},
                {"model", crm::name(operation.model)},
                {"recordId", operation.record.str()},
                {"state", sync::name(row.state)},
                {"base", operation.base},
                {"stamp", operation.stamp},
                {"policy", crm::name(operation.policy)},
                {"group", operation.group.nil() ? json() : json(operation.group.str())},
                {"sequence", row.sequence},
                {"createdAt", format_rfc3339(row.created_at)},
                {"retryCount", row.retry_count},
                {"error", row.error_code},
                {"errorMessage", mask_.sentence(row.error_message)},
                {"data", changes(operation.model, operation.changes)},
                {"before", changes(operation.model, row.before)}};
    }

    [[nodiscard]] static json round(const store::SyncHistoryRow& row) {
        return {{"at", format_rfc3339(row.started_at)},
                {"ms", row.duration_ms},
                {"outcome", row.outcome},
                {"pushed", row.pushed},
                {"merged", row.merged},
                {"superseded", row.superseded},
                {"conflicts", row.conflicts},
                {"failed", row.failed},
                {"pulled", row.pulled},
                {"requests", row.requests},
                {"bytesSent", row.bytes_sent},
                {"bytesReceived", row.bytes_received}};
    }

    [[nodiscard]] json attachment(const store::Attachment& row) {
        return {{"id", row.id.str()},
                {"model", crm::name(row.model)},
                {"recordId", row.record.str()},
                {"name", mask_.value(row.name)},
                {"type", row.type},
                {"size", row.size},
                {"state", store::name(row.state)},
                {"offset", row.offset},
                {"error", row.error},
                {"createdAt", format_rfc3339(row.created_at)}};
    }

    /// The rotated ones first, the oldest of them at the head.
    void log() {
        const fs::path now = request_.profile.log_file();
        for (int age = 9; age >= 0; --age) {
            fs::path file = now;
            if (age > 0)
                file.replace_filename(now.stem().string() + "." + std::to_string(age) + now.extension().string());
            const auto text = read_file(file.string());
            if (!text) continue;
            for (std::size_t at = 0; at < text->size();) {
                const std::size_t end = std::min(text->find('\n', at), text->size());
                log_line(std::string_view(*text).substr(at, end - at));
                at = end + 1;
            }
        }
    }
    void log_line(std::string_view line) {
        constexpr const char* kLevels[] = {"debug", "info", "warning", "error", ""};
        ++summary_.log_lines;
        const auto read = log::read_line(line);
        if (!read) return lines_.add("log", {{"line", mask_.sentence(line)}});
        lines_.add("log", {{"at", read->time},
                           {"level", kLevels[static_cast<std::size_t>(read->level)]},
                           {"line", mask_.sentence(read->text)}});
    }

    void recording() {
        const sync::TextFilter filter = [this](std::string_view text) { return mask_.sentence(text); };
        for (const std::string& segment : recording_segments(request_.profile.recording().string())) {
            const auto bytes = read_file(segment);
            if (!bytes) continue;  // it went meanwhile: it was the oldest
            sync::read_recording(*bytes, [&](sync::Entry&& entry) {
                if (std::holds_alternative<sync::Step>(entry)) ++summary_.steps;
                lines_.add(sync::to_json(entry, filter));
            });
        }
    }

    const DiagnosticsRequest& request_;
    Lines& lines_;
    Mask mask_;
    DiagnosticsSummary summary_;
};

}  // namespace

Result<DiagnosticsSummary> export_diagnostics(const DiagnosticsRequest& request, const std::string& file,
                                              const Clock& clock, Random& random) {
    auto lines = Lines::open(file);
    if (!lines) return fail(lines.error());
    Exporter exporter(request, **lines, random);
    exporter.write(clock);
    const auto bytes = (*lines)->end();
    if (!bytes) return fail(bytes.error());
    DiagnosticsSummary summary = exporter.summary();
    summary.bytes = *bytes;
    return summary;
}

}  // namespace ct::client
