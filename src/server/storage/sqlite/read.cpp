// Pulls: rows go from SQLite's page to the visitor as views, without a copy.
#include <algorithm>
#include <array>

#include "crm/tables.h"
#include "server/storage/sqlite/schema.h"
#include "server/storage/sqlite/sqlite_storage.h"

namespace ct::server::sqlite {

namespace {

constexpr std::string_view kAboveAllIds = "g";  // after every hexadecimal digit
constexpr const char* kOpenLead = "status IN ('PENDING', 'FOLLOW_UP')";

/// Reads rows of one model; the values live in `values_` and point into SQLite's row.
class RowReader {
  public:
    explicit RowReader(crm::Model model) : values_(crm::def(model).fields.size()) {
        view_.model = model;
        for (const crm::FieldDef& field : crm::def(model).fields) {
            flags_.push_back(field.type == crm::FieldType::flag);
        }
    }

    const RowView& read(const Use& use) {
        view_.id = use.column_text(kId);
        view_.version = use.column_integer(kVersion);
        view_.feed = use.column_integer(kFeed);
        view_.deleted = use.column_integer(kDeleted) != 0;
        view_.created_at = use.column_integer(kCreatedAt);
        view_.updated_at = use.column_integer(kUpdatedAt);
        view_.owner = use.column_text(kOwner);
        view_.owner_version = use.column_integer(kOwnerVersion);
        view_.former_owners = use.column_text(kFormerOwners);
        view_.extra = use.column_text(kExtra);
        view_.origins = use.column_text(kOrigins);
        for (std::size_t i = 0; i < values_.size(); ++i) {
            values_[i] = use.column_value(kFirstField + static_cast<int>(i));
            if (!flags_[i]) continue;
            if (const auto* number = std::get_if<std::int64_t>(&values_[i])) values_[i] = *number != 0;
        }
        view_.values = values_;
        return view_;
    }

  private:
    RowView view_;
    std::vector<crm::ValueView> values_;
    std::vector<bool> flags_;
};

class SqliteRead final : public ReadTransaction {
  public:
    SqliteRead(Loan loan, WorkspaceKey workspace) : loan_(std::move(loan)), workspace_(workspace) {}
    ~SqliteRead() override {
        if (open_) (void)loan_->run("ROLLBACK");
    }
    Result<void> begin();

    [[nodiscard]] std::int64_t version() const override { return version_; }
    [[nodiscard]] std::int64_t purge_floor() const override { return purge_floor_; }
    [[nodiscard]] Result<std::int64_t> next_sequence(std::string_view device) override {
        return sqlite::next_sequence(*loan_, workspace_, device);
    }
    [[nodiscard]] Result<void> snapshot(Phase phase, std::int64_t as_of, std::string_view below, const Viewer& viewer,
                                        const RowVisitor& visit) override;
    [[nodiscard]] Result<void> changes(std::int64_t after, std::span<const crm::Model> models, const Viewer& viewer,
                                       const RowVisitor& visit) override;
    [[nodiscard]] Result<void> records(crm::Model model, std::span<const std::string> ids, std::int64_t after,
                                       const RowVisitor& visit) override;
    [[nodiscard]] Result<std::vector<std::string>> authors(std::span<const Made> made) override {
        return sqlite::authors(*loan_, workspace_, made);
    }
    [[nodiscard]] Result<std::int64_t> count(std::span<const crm::Model> models, const Viewer& viewer) override;
    [[nodiscard]] Result<void> versions(crm::Model model, const Viewer& viewer, const RowVisitor& visit) override;

  private:
    Loan loan_;
    const WorkspaceKey workspace_;
    std::int64_t version_ = 0, purge_floor_ = 0;
    bool open_ = false;
};

Result<void> SqliteRead::begin() {
    if (auto begun = loan_->run("BEGIN"); !begun) return begun;
    open_ = true;
    auto use = loan_->prepare("SELECT version, purge_floor FROM workspace WHERE workspace_id = ?");
    if (!use) return fail(use.error());
    const auto row = use->integer(workspace_).step();
    if (!row) return fail(row.error());
    if (!*row) return fail(ErrorKind::not_found, "NO_WORKSPACE", "there is no such workspace");
    version_ = use->column_integer(0);
    purge_floor_ = use->column_integer(1);
    return {};
}

/// ?1 workspace, ?2 below, ?3 owner, ?4 as_of
std::string phase_sql(Phase phase, bool all) {
    const std::string open_reminder =
        std::string(
            "(isCompleted IS NOT 1 AND EXISTS(SELECT 1 FROM lead l WHERE l.workspace_id = r.workspace_id"
            " AND l.id = r.leadId AND l.deleted = 0 AND l.version <= ?4 AND l.") +
        kOpenLead + "))";
    std::string where;
    switch (phase) {
        case Phase::open_leads: where = std::string(" AND ") + kOpenLead; break;
        case Phase::other_leads: where = std::string(" AND (") + kOpenLead + ") IS NOT TRUE"; break;
        case Phase::open_reminders: where = " AND " + open_reminder; break;
        case Phase::other_reminders: where = " AND NOT " + open_reminder; break;
        case Phase::payments:
        case Phase::notes: break;
    }
    const crm::Model model = model_of(phase);
    return "SELECT " + columns(model, "r.") + " FROM " + table(model) + " r WHERE r.workspace_id = ?1 AND r.id < ?2" +
           (all ? " AND ?3 = ?3" : " AND r.owner_id = ?3") + " AND r.deleted = 0 AND r.feed <= ?4" + where +
           " ORDER BY r.id DESC";
}

Result<void> SqliteRead::snapshot(Phase phase, std::int64_t as_of, std::string_view below, const Viewer& viewer,
                                  const RowVisitor& visit) {
    auto use = loan_->prepare(phase_sql(phase, viewer.all));
    if (!use) return fail(use.error());
    use->integer(workspace_).text(below.empty() ? kAboveAllIds : below).text(viewer.user).integer(as_of);
    RowReader reader(model_of(phase));
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row || !visit(reader.read(*use))) return {};
    }
}

/// ?1 workspace, ?2 after, ?3 user. The user's id stands in former_owners as a word of its own, and ids have one form.
std::string changes_sql(crm::Model model, bool all) {
    return "SELECT " + columns(model) + " FROM " + table(model) + " INDEXED BY " + std::string(crm::def(model).table) +
           "_feed WHERE workspace_id = ?1 AND feed > ?2" +
           (all ? " AND ?3 = ?3" : " AND (owner_id = ?3 OR instr(former_owners, ?3) > 0)") + " ORDER BY feed";
}

/// One model's rows of the merge below.
struct Stream {
    Use use;
    RowReader reader;
    std::int64_t feed = 0;
    bool there = false;

    Result<void> advance() {
        const auto row = use.step();
        if (!row) return fail(row.error());
        there = *row;
        if (there) feed = use.column_integer(kFeed);
        return {};
    }
};

Result<void> SqliteRead::changes(std::int64_t after, std::span<const crm::Model> models, const Viewer& viewer,
                                 const RowVisitor& visit) {
    std::vector<Stream> streams;
    streams.reserve(models.size());
    for (const crm::Model model : models) {
        auto use = loan_->prepare(changes_sql(model, viewer.all));
        if (!use) return fail(use.error());
        streams.push_back({std::move(*use), RowReader(model)});
        streams.back().use.integer(workspace_).integer(after).text(viewer.user);
        if (auto first = streams.back().advance(); !first) return first;
    }
    for (;;) {
        Stream* next = nullptr;
        for (Stream& stream : streams) {
            if (stream.there && (next == nullptr || stream.feed < next->feed)) next = &stream;
        }
        if (next == nullptr || !visit(next->reader.read(next->use))) return {};
        if (auto moved = next->advance(); !moved) return moved;
    }
}

Result<void> SqliteRead::records(crm::Model model, std::span<const std::string> ids, std::int64_t after,
                                 const RowVisitor& visit) {
    auto use = loan_->prepare("SELECT " + columns(model) + " FROM " + table(model) +
                              " WHERE workspace_id = ? AND id = ? AND feed > ?");
    if (!use) return fail(use.error());
    RowReader reader(model);
    for (const std::string& id : ids) {
        const auto row = use->integer(workspace_).text(id).integer(after).step();
        if (!row) return fail(row.error());
        if (*row && !visit(reader.read(*use))) return {};
        use->again();
    }
    return {};
}

Result<std::int64_t> SqliteRead::count(std::span<const crm::Model> models, const Viewer& viewer) {
    std::int64_t total = 0;
    for (const crm::Model model : models) {  // answered from an index alone
        auto use = loan_->prepare("SELECT count(*) FROM " + table(model) + " WHERE workspace_id = ?1" +
                                  (viewer.all ? " AND feed > 0 AND ?2 = ?2" : " AND owner_id = ?2"));
        if (!use) return fail(use.error());
        const auto row = use->integer(workspace_).text(viewer.user).step();
        if (!row) return fail(row.error());
        total += use->column_integer(0);
    }
    return total;
}

Result<void> SqliteRead::versions(crm::Model model, const Viewer& viewer, const RowVisitor& visit) {
    auto use =
        loan_->prepare("SELECT id, version, feed FROM " + table(model) + " WHERE workspace_id = ?1 AND deleted = 0" +
                       (viewer.all ? " AND ?2 = ?2" : " AND owner_id = ?2"));
    if (!use) return fail(use.error());
    use->integer(workspace_).text(viewer.user);
    RowView view;
    view.model = model;
    for (;;) {
        const auto row = use->step();
        if (!row) return fail(row.error());
        if (!*row) return {};
        view.id = use->column_text(0);
        view.version = use->column_integer(1);
        view.feed = use->column_integer(2);
        if (!visit(view)) return {};
    }
}

}  // namespace

Result<std::unique_ptr<ReadTransaction>> begin_read_transaction(Loan loan, WorkspaceKey workspace) {
    auto transaction = std::make_unique<SqliteRead>(std::move(loan), workspace);
    if (auto begun = transaction->begin(); !begun) return fail(begun.error());
    return std::unique_ptr<ReadTransaction>(std::move(transaction));
}

}  // namespace ct::server::sqlite
