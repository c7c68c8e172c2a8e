#include "server/pull.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/log.h"
#include "base/mutant.h"
#include "crm/json_codec.h"
#include "crm/tables.h"
#include "server/cursor.h"
#include "server/origins.h"
#include "server/page_writer.h"

namespace ct::server {

namespace {

using Stretch = Cursor::Stretch;

constexpr UnixMs kNoteAgainMs = 3'600'000;

/// What a pull does with a row that changed.
enum class Sending : std::uint8_t { nothing, whole, partial, deleted, revoked };

class Page {
  public:
    Page(ReadTransaction& transaction, const sync::PullRequest& request, const Session& session, Cursor from,
         std::int64_t limit, std::size_t bytes_max)
        : transaction_(transaction),
          viewer_{session.user.id, session.user.role != Role::employee},
          device_(session.device),
          cursor_(std::move(from)),
          limit_(limit),
          bytes_max_(bytes_max),
          writer_(request.exclude) {
        for (const crm::ModelDef& model : crm::models()) {
            const auto& wanted = request.models;
            if (wanted.empty() || std::find(wanted.begin(), wanted.end(), model.model) != wanted.end()) {
                models_.push_back(model.model);
            }
        }
    }

    /// Fills the page and moves the cursor on.
    [[nodiscard]] Result<void> fill(bool first);
    /// These records as the viewer sees them now; the cursor stays.
    [[nodiscard]] Result<void> fill_records(const sync::IdsByModel& wanted);
    [[nodiscard]] bool empty() const { return writer_.rows() == 0; }
    [[nodiscard]] bool waits() const { return empty() && !has_more_ && cursor_.stretch == Stretch::changes; }
    [[nodiscard]] std::string json(const sync::PullRequest& request, const std::string& epoch, UnixMs now) const;

  private:
    [[nodiscard]] Result<void> fill_snapshot();
    [[nodiscard]] Result<void> fill_changes(bool whole);
    [[nodiscard]] Result<void> add_parents(std::int64_t last_feed, bool whole);
    [[nodiscard]] bool wanted(crm::Model model) const {
        return std::find(models_.begin(), models_.end(), model) != models_.end();
    }
    [[nodiscard]] bool full() const { return writer_.rows() >= limit_ || writer_.bytes() >= bytes_max_; }
    [[nodiscard]] Sending classify(const RowView& row, bool whole);
    [[nodiscard]] bool lost(const RowView& row) const;
    void send(const RowView& row, Sending sending);
    void note_parent(const RowView& row);
    void note_authors(const RowView& row);
    [[nodiscard]] Result<void> find_authors();

    ReadTransaction& transaction_;
    const Viewer viewer_;
    const std::string device_;
    Cursor cursor_;
    const std::int64_t limit_;
    const std::size_t bytes_max_;
    PageWriter writer_;
    std::vector<crm::Model> models_;
    bool has_more_ = false;
    std::vector<std::string> fields_;        // of the row just classified as partial
    std::set<std::string> leads_, parents_;  // sent whole, and named by children that are new or moved

    std::vector<OriginLine> others_;                            // what others did since, in the row just classified
    std::vector<Made> made_;                                    // what they did to the rows sent so far
    std::vector<std::int64_t> made_in_;                         // the versions of the rows that each of that is in
    std::map<std::string, std::vector<std::int64_t>> authors_;  // by user: the rows that nobody else has changed
};

Result<void> Page::fill(bool first) {
    cursor_.view = view_tag(viewer_);
    if (first) {
        cursor_.since = transaction_.version();
        const auto count = transaction_.count(models_, viewer_);
        if (!count) return fail(count.error());
        cursor_.remaining = *count;
    }
    switch (cursor_.stretch) {
        case Stretch::snapshot: return fill_snapshot();
        case Stretch::whole: return fill_changes(true);
        case Stretch::changes: return fill_changes(false);
    }
    return {};
}

Result<void> Page::fill_snapshot() {
    // A lead that changed since this first pull began was left out and follows with the changes; its children are here.
    const bool moved = transaction_.version() > cursor_.since;
    std::string last;
    const RowVisitor visit = [&](const RowView& row) {
        if (full()) {
            has_more_ = true;
            return false;
        }
        if (moved) note_parent(row);
        writer_.whole(row);
        last.assign(row.id);
        return true;
    };
    const std::int64_t as_of = cursor_.since;
    for (auto phase = static_cast<std::size_t>(cursor_.phase); phase < kPhaseCount; ++phase) {
        const auto now = static_cast<Phase>(phase);
        if (!wanted(model_of(now))) continue;
        const bool goes_on = now == cursor_.phase;
        last = goes_on ? cursor_.below : std::string{};
        const std::string below = last;
        if (auto read = transaction_.snapshot(now, cursor_.since, below, viewer_, visit); !read) return read;
        if (!has_more_) continue;
        cursor_.phase = now;
        cursor_.below = last;
        cursor_.remaining = std::max<std::int64_t>(cursor_.remaining - writer_.rows(), 1);
        return add_parents(as_of, true);
    }
    // All phases are through. What changed meanwhile follows, whole.
    cursor_.base = cursor_.since;
    cursor_.stretch = moved ? Stretch::whole : Stretch::changes;
    has_more_ = moved;
    cursor_.remaining = moved ? transaction_.version() - cursor_.since : 0;
    return add_parents(as_of, true);
}

Result<void> Page::fill_changes(bool whole) {
    std::int64_t last = cursor_.since;
    const auto read = transaction_.changes(cursor_.since, models_, viewer_, [&](const RowView& row) {
        const Sending sending = classify(row, whole);
        if (sending != Sending::nothing && full()) {
            has_more_ = true;
            if (CT_MUTANT(cursor_gap)) last = row.feed;
            return false;
        }
        send(row, sending);
        if (!whole && sending != Sending::nothing && sending != Sending::revoked) note_authors(row);
        last = row.feed;
        return true;
    });
    if (!read) return read;
    if (has_more_) {
        if (auto added = add_parents(last, whole); !added) return added;
    } else {
        cursor_.stretch = Stretch::changes;
        last = transaction_.version();
    }
    cursor_.since = last;
    if (auto found = find_authors(); !found) return found;
    if (!has_more_) cursor_.base = last;
    cursor_.remaining = has_more_ ? std::max<std::int64_t>(transaction_.version() - last, 1) : 0;
    return {};
}

/// A lead that changed after its children comes later in the order of changes, but its children must not arrive
/// before it: it is sent along, and once more at its place. Where nothing was noted this asks for nothing.
Result<void> Page::add_parents(std::int64_t last_feed, bool whole) {
    if (!wanted(crm::Model::lead)) return {};
    std::vector<std::string> missing;
    std::set_difference(parents_.begin(), parents_.end(), leads_.begin(), leads_.end(), std::back_inserter(missing));
    if (missing.empty()) return {};
    return transaction_.records(crm::Model::lead, missing, last_feed, [&](const RowView& row) {
        const bool visible = viewer_.all || row.owner == viewer_.user;
        if (!visible || classify(row, whole) != Sending::whole) return true;
        writer_.whole(row);
        if (!whole) note_authors(row);
        return true;
    });
}

Result<void> Page::fill_records(const sync::IdsByModel& wanted) {
    for (const auto& [model, ids] : wanted) {
        std::set<std::string, std::less<>> missing;
        for (const Uuid& id : ids) missing.insert(id.str());
        const std::vector<std::string> texts(missing.begin(), missing.end());
        const auto read = transaction_.records(model, texts, 0, [&](const RowView& row) {
            if (!viewer_.all && row.owner != viewer_.user) return true;
            missing.erase(missing.find(row.id));
            send(row, row.deleted ? Sending::deleted : Sending::whole);
            return true;
        });
        if (!read) return read;
        // Never there, not any more, or not for these eyes: all the same to who asks.
        RowView none;
        none.model = model;
        none.version = transaction_.version();
        for (const std::string& id : missing) {
            none.id = id;
            send(none, Sending::revoked);
        }
    }
    return {};
}

bool Page::lost(const RowView& row) const {
    std::string_view owners = row.former_owners;
    while (!owners.empty()) {
        const std::string_view user = next_word(owners);
        const std::string_view until = next_word(owners);
        std::int64_t version = 0;
        std::from_chars(until.data(), until.data() + until.size(), version);
        if (user == viewer_.user) return version > cursor_.base;
    }
    return false;
}

Sending Page::classify(const RowView& row, bool whole) {
    const std::int64_t since = cursor_.base;
    if (!viewer_.all && row.owner != viewer_.user) return lost(row) ? Sending::revoked : Sending::nothing;

    fields_.clear();
    others_.clear();
    std::string_view packed = row.origins;
    bool deletion_moved = false, deletion_echo = false, all_new = true;
    OriginLine line;
    while (next_origin(packed, line)) {
        const bool fresh = line.version > since;
        const bool echo = line.device == device_ || CT_MUTANT(foreign_echo);
        if (fresh && !echo) others_.push_back(line);
        while (!line.fields.empty()) {
            const std::string_view field = next_word(line.fields);
            if (field == kDeletion) {
                deletion_moved = fresh;
                deletion_echo = echo;
            } else if (fresh && !echo) {
                fields_.push_back(unpack_name(field));
            } else {
                all_new = false;
            }
        }
    }
    if (row.deleted) return whole || (deletion_moved && !deletion_echo) ? Sending::deleted : Sending::nothing;
    if (whole || deletion_moved) return Sending::whole;                    // or it was brought back
    if (!viewer_.all && row.owner_version > since) return Sending::whole;  // or it came into sight
    if (fields_.empty()) return Sending::nothing;                          // nothing but this device's own edits
    return all_new ? Sending::whole : Sending::partial;
}

void Page::note_parent(const RowView& row) {
    if (row.model == crm::Model::lead) {
        leads_.emplace(row.id);
        return;
    }
    const auto* lead = std::get_if<std::string_view>(&row.values[*crm::def(row.model).parent]);
    if (lead != nullptr) parents_.emplace(*lead);
}

void Page::note_authors(const RowView& row) {
    for (const OriginLine& line : others_) {
        made_.push_back({std::string(row.id), std::string(line.device), line.version});
        made_in_.push_back(row.version);
    }
}

/// For the trail of whoever pulls, which has one line for what came of a record at once: where several people were at
/// it, nobody is named. No two rows of a workspace have one version.
Result<void> Page::find_authors() {
    const auto users = transaction_.authors(made_);
    if (!users) return fail(users.error());
    for (std::size_t i = 0; i < users->size();) {
        const std::int64_t row = made_in_[i];
        const std::string& user = (*users)[i];
        bool alone = !user.empty();
        for (; i < users->size() && made_in_[i] == row; ++i) alone = alone && (*users)[i] == user;
        if (alone) authors_[user].push_back(row);
    }
    return {};
}

void Page::send(const RowView& row, Sending sending) {
    switch (sending) {
        case Sending::nothing: return;
        case Sending::deleted:
            if (CT_MUTANT(silent_deletes)) return;
            return writer_.deleted(row);
        case Sending::revoked: return writer_.revoked(row);
        case Sending::partial: {
            const auto parent = crm::def(row.model).parent;
            const bool moved =
                parent && std::find(fields_.begin(), fields_.end(), crm::def(row.model, *parent).name) != fields_.end();
            if (moved) note_parent(row);  // to a lead that may be new
            return writer_.partial(row, fields_);
        }
        case Sending::whole: break;
    }
    note_parent(row);
    writer_.whole(row);
}

std::string Page::json(const sync::PullRequest& request, const std::string& epoch, UnixMs now) const {
    std::string text;
    text.reserve(writer_.bytes() + 4'096);
    crm::JsonWriter json(text);
    json.raw("{\"epoch\":");
    json.string(epoch);
    json.raw(",\"from\":");
    if (request.cursor)
        json.string(*request.cursor);
    else
        json.raw("null");
    json.raw(",\"cursor\":");
    json.string(format_cursor(cursor_));
    json.raw(has_more_ ? ",\"hasMore\":true,\"remaining\":" : ",\"hasMore\":false,\"remaining\":");
    json.number(cursor_.remaining);
    json.raw(",\"purgeFloor\":");
    json.number(transaction_.purge_floor());
    json.raw(",\"serverTime\":");
    json.instant(now);
    if (!authors_.empty()) {
        json.raw(",\"authors\":");
        sync::write_authors(json, authors_);
    }
    json.raw(",\"changes\":[");
    writer_.write(text);
    json.raw("]}");
    return text;
}

/// A cursor that this pull may go on from, or why the client has to begin anew.
}  // namespace

tl::expected<Cursor, Refusal> checked_cursor(const std::string& text, const ReadTransaction& transaction,
                                             const Session& session) {
    const auto cursor = parse_cursor(text);
    if (!cursor) return refuse(400, "MALFORMED", "cursor is none of this server's");
    const Viewer viewer{session.user.id, session.user.role != Role::employee};
    const std::int64_t known = cursor->stretch == Stretch::snapshot ? cursor->since : cursor->base;
    if (known < transaction.purge_floor()) {
        return refuse(409, "RESYNC_REQUIRED", "deletions since then are no longer on record: pull from the start");
    }
    if (cursor->view != view_tag(viewer)) {
        return refuse(409, "RESYNC_REQUIRED",
                      "the cursor was made for another view of the workspace: pull from the start");
    }
    if (cursor->since > transaction.version()) {
        return refuse(409, "RESYNC_REQUIRED", "the cursor is ahead of the server: pull from the start");
    }
    return *cursor;
}

/// A device that comes with a cursor has what lies before it: what tombstones wait for (purge.h). Right to the hour.
void Pull::note(const Session& session, const Cursor& cursor) {
    if (cursor.stretch == Stretch::snapshot) return;
    const UnixMs now = clock_.now();
    {
        const std::lock_guard lock(noted_mutex_);
        UnixMs& at = noted_[{session.user.workspace.key, session.device}];
        if (at != 0 && now - at < kNoteAgainMs) return;
        at = now;
    }
    // Not worth failing for, nor waiting: what is not noted only keeps tombstones longer.
    const auto noted = storage_.note_pulled(session.user.workspace.key, session.device, cursor.base, now);
    if (noted) return;
    if (noted.error().kind != ErrorKind::busy) {
        log::warn("how far a device has pulled could not be noted: " + noted.error().message);
    }
    const std::lock_guard lock(noted_mutex_);
    noted_.erase({session.user.workspace.key, session.device});  // with the next pull, then
}

/// A device's own changes do not come back to it. Where two go by one id (a cloned disk, a profile from an old copy),
/// one would never hear of the other's: who has sent less than is on record takes another id first.
static tl::expected<void, Refusal> check_alone(const sync::PullRequest& request, ReadTransaction& transaction,
                                               const Session& session, std::int64_t waited_ms) {
    if (request.sequence < 0 || waited_ms > 0) return {};  // who has waited here may have pushed meanwhile
    const auto sent = transaction.next_sequence(session.device);
    if (!sent) return refuse(sent.error());
    if (*sent <= request.sequence) return {};
    return refuse(409, "DEVICE_FORKED", "this device has sent more operations than it knows of");
}

http::Pause Pull::pause(WorkspaceKey workspace, std::int64_t rung, std::int64_t version, std::int64_t left_ms) {
    watch_.start();
    return {left_ms, [this, workspace, rung, version](std::function<void()> wake) {
                return bells_.subscribe(workspace, rung, version, std::move(wake));
            }};
}

/// A page that has something in it, from a replica that has got as far as the cursor: a client that began at the
/// database itself is never taken back. Whatever speaks against it is the database's to say.
std::optional<std::string> Pull::from_replica(const Session& session, const sync::PullRequest& request,
                                              std::int64_t limit, const std::string& epoch) {
    auto cursor = request.cursor ? parse_cursor(*request.cursor) : std::nullopt;
    if (!cursor) return std::nullopt;
    const auto transaction =
        replica_.begin_read(session.user.workspace.key, std::max(cursor->since, cursor->base), epoch);
    if (!transaction || !checked_cursor(*request.cursor, *transaction, session)) return std::nullopt;
    Page page(*transaction, request, session, std::move(*cursor), limit, limits_.bytes_max);
    if (!page.fill(false) || page.empty()) return std::nullopt;
    metrics_.replica_page();
    return page.json(request, epoch, clock_.now());
}

Answer Pull::run(const Session& session, const sync::PullRequest& request, std::int64_t waited_ms) {
    std::optional<Cursor> from;
    Answer answer = look(session, request, waited_ms, from);
    if (from) note(session, *from);  // behind the look, which may hold the only connection
    return answer;
}

Answer Pull::look(const Session& session, const sync::PullRequest& request, std::int64_t waited_ms,
                  std::optional<Cursor>& from) {
    const std::string epoch = storage_.epoch();
    if (!request.epoch.empty() && request.epoch != epoch) {
        return refuse(409, "EPOCH_CHANGED", "the server's database is another one than before",
                      json_member("epoch", epoch));
    }
    const WorkspaceKey workspace = session.user.workspace.key;
    const std::int64_t limit = std::clamp<std::int64_t>(request.limit, 1, limits_.rows_max);
    if (!request.records.empty()) {
        std::size_t asked = 0;
        for (const auto& [model, ids] : request.records) asked += ids.size();
        if (asked > static_cast<std::size_t>(limit)) return refuse(413, "TOO_LARGE", "more records than fit a page");
        if (!request.cursor) return refuse(400, "MALFORMED", "records can be asked for only with a cursor");
    } else if (auto page = from_replica(session, request, limit, epoch)) {
        return std::move(*page);
    }
    const std::int64_t rung = bells_.count(workspace);
    auto transaction = storage_.begin_read(CT_MUTANT(crossed_workspaces) ? 1 : workspace);
    if (!transaction) return refuse(transaction.error());
    if (auto alone = check_alone(request, **transaction, session, waited_ms); !alone)
        return tl::unexpected(alone.error());
    Cursor cursor;
    if (request.cursor) {
        auto checked = checked_cursor(*request.cursor, **transaction, session);
        if (!checked) return tl::unexpected(checked.error());
        cursor = std::move(*checked);
        from = cursor;
    }
    Page page(**transaction, request, session, std::move(cursor), limit, limits_.bytes_max);
    if (!request.records.empty()) {
        if (auto filled = page.fill_records(request.records); !filled) return refuse(filled.error());
        return page.json(request, epoch, clock_.now());
    }
    if (auto filled = page.fill(!request.cursor); !filled) return refuse(filled.error());
    const std::int64_t wait_ms = std::clamp<std::int64_t>(request.wait_s, 0, limits_.wait_max_s) * 1'000;
    if (page.waits() && waited_ms < wait_ms && !bells_.stopped()) {
        return pause(workspace, rung, (*transaction)->version(), wait_ms - waited_ms);
    }
    return page.json(request, epoch, clock_.now());
}

}  // namespace ct::server
