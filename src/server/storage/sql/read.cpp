// Pulls: rows come in pieces, so that neither side holds a whole workspace, and go to the visitor as views.
#include <map>
#include <set>
#include <tuple>

#include "crm/tables.h"
#include "server/storage/sql/sql_storage.h"
#include "server/storage/sql/texts.h"

namespace ct::server::sql {

namespace {

constexpr std::string_view kAboveAllIds = "g";  // after every hexadecimal digit
constexpr int kSnapshotPiece = 2'100;           // a usual page, and the row that says there are more
constexpr int kChangesPiece = 1'000;            // of each model
constexpr int kVersionsPiece = 50'000;

/// Reads rows of one model; the values live in `values_` and point into the result.
class RowReader {
  public:
    explicit RowReader(crm::Model model) : values_(crm::def(model).fields.size()) {
        view_.model = model;
        for (const crm::FieldDef& field : crm::def(model).fields) types_.push_back(type_of(field));
    }

    const RowView& read(const Rows& rows) {
        view_.id = rows.text(kId);
        view_.version = rows.integer(kVersion);
        view_.feed = rows.integer(kFeed);
        view_.deleted = rows.flag(kDeleted);
        view_.created_at = rows.integer(kCreatedAt);
        view_.updated_at = rows.integer(kUpdatedAt);
        view_.owner = rows.text(kOwner);
        view_.owner_version = rows.integer(kOwnerVersion);
        view_.former_owners = rows.text(kFormerOwners);
        view_.extra = rows.text(kExtra);
        view_.origins = rows.text(kOrigins);
        for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = value(rows, kFirstField + i, types_[i]);
        view_.values = values_;
        return view_;
    }

  private:
    static crm::ValueView value(const Rows& rows, std::size_t column, ColumnType type) {
        if (rows.null(column)) return {};
        switch (type) {
            case ColumnType::text: return rows.text(column);
            case ColumnType::integer: return rows.integer(column);
            case ColumnType::flag: return rows.flag(column);
        }
        return {};
    }
    RowView view_;
    std::vector<crm::ValueView> values_;
    std::vector<ColumnType> types_;
};

class SqlRead final : public ReadTransaction {
  public:
    SqlRead(Lease lease, Backend& backend, WorkspaceKey workspace, std::int64_t version, std::int64_t purge_floor)
        : lease_(std::move(lease)),
          backend_(backend),
          workspace_(workspace),
          version_(version),
          purge_floor_(purge_floor) {}
    ~SqlRead() override { (void)lease_->execute("ROLLBACK"); }

    [[nodiscard]] std::int64_t version() const override { return version_; }
    [[nodiscard]] std::int64_t purge_floor() const override { return purge_floor_; }
    [[nodiscard]] Result<std::int64_t> next_sequence(std::string_view device) override {
        auto rows = lease_->query(text::kNextSequence, {workspace_, device});
        if (!rows) return fail(rows.error());
        return (*rows)->next() ? (*rows)->integer(0) : 0;
    }
    [[nodiscard]] Result<void> snapshot(Phase phase, std::int64_t as_of, std::string_view below, const Viewer& viewer,
                                        const RowVisitor& visit) override;
    [[nodiscard]] Result<void> changes(std::int64_t after, std::span<const crm::Model> models, const Viewer& viewer,
                                       const RowVisitor& visit) override;
    [[nodiscard]] Result<void> records(crm::Model model, std::span<const std::string> ids, std::int64_t after,
                                       const RowVisitor& visit) override;
    [[nodiscard]] Result<std::vector<std::string>> authors(std::span<const Made> made) override {
        return sql::authors(*lease_, backend_, workspace_, made);
    }
    [[nodiscard]] Result<std::int64_t> count(std::span<const crm::Model> models, const Viewer& viewer) override;
    [[nodiscard]] Result<void> versions(crm::Model model, const Viewer& viewer, const RowVisitor& visit) override;

  private:
    /// `parameters`, and the viewer where the text asks for them.
    [[nodiscard]] Result<std::unique_ptr<Rows>> query(const std::string& text, std::vector<Parameter> parameters,
                                                      const Viewer& viewer) {
        if (!viewer.all) parameters.emplace_back(std::string_view(viewer.user));
        return lease_->query(text, Parameters(parameters));
    }

    Lease lease_;
    Backend& backend_;
    const WorkspaceKey workspace_;
    const std::int64_t version_, purge_floor_;
};

Result<void> SqlRead::snapshot(Phase phase, std::int64_t as_of, std::string_view below, const Viewer& viewer,
                               const RowVisitor& visit) {
    const std::string text = sql::snapshot(phase, viewer.all, kSnapshotPiece);
    std::string from(below.empty() ? kAboveAllIds : below);
    RowReader reader(model_of(phase));
    for (;;) {
        auto rows = query(text, {workspace_, std::string_view(from), as_of}, viewer);
        if (!rows) return fail(rows.error());
        int read = 0;
        std::string last;
        while ((*rows)->next()) {
            if (!visit(reader.read(**rows))) return {};
            if (++read == kSnapshotPiece) last = (*rows)->text(kId);
        }
        if (read < kSnapshotPiece) return {};
        from = std::move(last);
    }
}

/// One model's rows of the merge in `changes`.
struct Stream {
    crm::Model model;
    RowReader reader;
    std::unique_ptr<Rows> rows{};
    std::int64_t feed = 0;
    int left = 0;  // of the piece
    bool there = false;
};

Result<void> SqlRead::changes(std::int64_t after, std::span<const crm::Model> models, const Viewer& viewer,
                              const RowVisitor& visit) {
    if (after >= version_) return {};  // as a rule: nothing is asked, since nothing can have happened
    const auto fetch = [&](Stream& stream) -> Result<void> {
        auto rows = query(sql::changes(stream.model, viewer.all, kChangesPiece), {workspace_, stream.feed}, viewer);
        if (!rows) return fail(rows.error());
        stream.rows = std::move(*rows);
        stream.left = kChangesPiece;
        return {};
    };
    const auto advance = [&](Stream& stream) -> Result<void> {
        if (stream.left == 0) {
            if (auto fetched = fetch(stream); !fetched) return fetched;
        }
        --stream.left;
        stream.there = stream.rows->next();
        if (stream.there) stream.feed = stream.rows->integer(kFeed);
        return {};
    };
    std::vector<Stream> streams;
    for (const crm::Model model : models) {
        Stream& stream = streams.emplace_back(Stream{model, RowReader(model)});
        stream.feed = after;
        if (auto first = advance(stream); !first) return first;
    }
    for (;;) {
        Stream* next = nullptr;
        for (Stream& stream : streams) {
            if (stream.there && (next == nullptr || stream.feed < next->feed)) next = &stream;
        }
        if (next == nullptr || !visit(next->reader.read(*next->rows))) return {};
        if (auto moved = advance(*next); !moved) return moved;
    }
}

Result<void> SqlRead::records(crm::Model model, std::span<const std::string> ids, std::int64_t after,
                              const RowVisitor& visit) {
    if (ids.empty()) return {};
    Column column(ColumnType::text);
    for (const std::string& id : ids) column.text(id);
    auto rows = lease_->query(changed_records(backend_, model), {workspace_, &column, after});
    if (!rows) return fail(rows.error());
    RowReader reader(model);
    while ((*rows)->next()) {
        if (!visit(reader.read(**rows))) return {};
    }
    return {};
}

Result<std::int64_t> SqlRead::count(std::span<const crm::Model> models, const Viewer& viewer) {
    std::int64_t total = 0;
    for (const crm::Model model : models) {
        auto rows = query(sql::count(model, viewer.all), {workspace_}, viewer);
        if (!rows) return fail(rows.error());
        if ((*rows)->next()) total += (*rows)->integer(0);
    }
    return total;
}

Result<void> SqlRead::versions(crm::Model model, const Viewer& viewer, const RowVisitor& visit) {
    const std::string text = sql::versions(model, viewer.all, kVersionsPiece);
    RowView view;
    view.model = model;
    std::string above;
    for (;;) {
        auto rows = query(text, {workspace_, std::string_view(above)}, viewer);
        if (!rows) return fail(rows.error());
        int read = 0;
        std::string last;
        while ((*rows)->next()) {
            view.id = (*rows)->text(0);
            view.version = (*rows)->integer(1);
            view.feed = (*rows)->integer(2);
            if (++read == kVersionsPiece) last = view.id;
            if (!visit(view)) return {};
        }
        if (read < kVersionsPiece) return {};
        above = std::move(last);
    }
}

}  // namespace

Result<std::vector<std::string>> authors(Connection& connection, const Backend& backend, WorkspaceKey workspace,
                                         std::span<const Made> made) {
    std::vector<std::string> users;
    if (made.empty()) return users;
    std::set<std::string_view> ids;
    std::int64_t lowest = made.front().version, highest = lowest;
    for (const Made& one : made) {
        ids.insert(one.record);
        lowest = std::min(lowest, one.version);
        highest = std::max(highest, one.version);
    }
    Column column(ColumnType::text);
    for (const std::string_view id : ids) column.text(id);
    auto rows = connection.query(sql::authors(backend), {workspace, &column, lowest, highest});
    if (!rows) return fail(rows.error());
    struct First {
        std::int64_t at = 0;
        std::string user;
    };
    std::map<std::tuple<std::string, std::int64_t, std::string>, First> found;
    while ((*rows)->next()) {
        const std::int64_t at = (*rows)->integer(4);
        const auto [entry, fresh] =
            found.try_emplace({(*rows)->string(0), (*rows)->integer(1), (*rows)->string(2)}, First{at, {}});
        // What lost later carries the same version: the first to have it made it.
        if (fresh || at < entry->second.at) entry->second = {at, (*rows)->string(3)};
    }
    for (const Made& one : made) {
        const auto entry = found.find({one.record, one.version, one.device});
        users.push_back(entry == found.end() ? std::string() : entry->second.user);
    }
    return users;
}

Result<std::unique_ptr<ReadTransaction>> begin_read_transaction(Pool& pool, Backend& backend, WorkspaceKey workspace) {
    std::int64_t version = 0, purge_floor = 0;
    auto lease = pool.take([&](Connection& connection) -> Result<void> {
        auto rows = backend.begin_read(connection, workspace);
        if (!rows) return fail(rows.error());
        if (!(*rows)->next()) return fail(ErrorKind::not_found, "NO_WORKSPACE", "there is no such workspace");
        version = (*rows)->integer(0);
        purge_floor = (*rows)->integer(1);
        return {};
    });
    if (!lease) return fail(lease.error());
    return std::make_unique<SqlRead>(std::move(*lease), backend, workspace, version, purge_floor);
}

}  // namespace ct::server::sql
