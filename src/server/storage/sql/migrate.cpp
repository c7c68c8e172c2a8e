#include "server/storage/sql/migrate.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "server/storage/epoch.h"
#include "server/storage/sql/texts.h"

namespace ct::server::sql {

namespace {

constexpr std::string_view kApplication = "colortouchd";

/// What is known of a database before it is touched.
struct Present {
    std::int64_t tables = 0;
    bool has_meta = false;
    std::string application;
    std::int64_t version = 0;
    bool has_epoch = false;
    [[nodiscard]] bool ours() const { return application == kApplication; }
    /// Nothing, or the beginning of a first migration that was cut off.
    [[nodiscard]] bool empty() const { return tables == 0 || (tables == 1 && has_meta && application.empty()); }
};

class Migrator {
  public:
    Migrator(Backend& backend, Connection& connection, Random& random)
        : backend_(backend), connection_(connection), random_(random) {}
    [[nodiscard]] Result<void> run(IfMissing missing);

  private:
    [[nodiscard]] Result<Present> look();
    [[nodiscard]] Result<void> look_at_meta(Present& present);
    [[nodiscard]] Result<void> refuse(const Present& present, IfMissing missing) const;
    [[nodiscard]] Result<void> run_steps(const Present& present);
    [[nodiscard]] Result<void> add_models();
    [[nodiscard]] Result<void> add_columns(const crm::ModelDef& model, const std::set<std::string>& present);
    [[nodiscard]] Result<std::set<std::string>> columns_of(std::string_view table);
    [[nodiscard]] Result<void> remember(std::string_view name, std::string_view value);

    Backend& backend_;
    Connection& connection_;
    Random& random_;
};

Result<Present> Migrator::look() {
    Present present;
    auto tables = connection_.query("SELECT table_name FROM information_schema.tables WHERE table_schema = " +
                                        backend_.schema_name() + " AND table_type = 'BASE TABLE'",
                                    {});
    if (!tables) return fail(tables.error());
    while ((*tables)->next()) {
        ++present.tables;
        present.has_meta = present.has_meta || (*tables)->text(0) == "meta";
    }
    if (!present.has_meta) return present;
    if (auto looked = look_at_meta(present); !looked) return fail(looked.error());
    return present;
}

Result<void> Migrator::look_at_meta(Present& present) {
    const auto columns = columns_of("meta");  // another program may have a table of that name
    if (!columns) return fail(columns.error());
    if (!columns->contains("name") || !columns->contains("value")) {
        present.application = "?";
        return {};
    }
    auto rows = connection_.query("SELECT name, value FROM meta", {});
    if (!rows) return fail(rows.error());
    while ((*rows)->next()) {
        const std::string_view name = (*rows)->text(0);
        if (name == "application") present.application = (*rows)->string(1);
        if (name == "schema") present.version = (*rows)->integer(1);
        if (name == "epoch") present.has_epoch = true;
    }
    return {};
}

Result<void> Migrator::refuse(const Present& present, IfMissing missing) const {
    const std::string place = backend_.place();
    if (present.empty()) {
        if (missing == IfMissing::create) return {};
        return fail(ErrorKind::not_found, "NO_DATABASE",
                    place + ": there are no tables yet; `colortouchd migrate` makes them");
    }
    if (!present.ours()) {
        return fail(ErrorKind::corrupt, "NOT_OURS",
                    place + ": there are tables of another program; give the server a database of its own");
    }
    if (present.version > backend_.migrations().back().version) {
        return fail(ErrorKind::newer, "NEWER_DATABASE", place + ": made by a newer version of this program");
    }
    return {};
}

Result<void> Migrator::remember(std::string_view name, std::string_view value) {
    const auto done = connection_.run(backend_.insert({.table = "meta",
                                                       .columns = {"name", "value"},
                                                       .fixed = 2,
                                                       .key = {"name"},
                                                       .update = {"value"},
                                                       .may_exist = true}),
                                      {name, value});
    if (!done) return fail(done.error());
    return {};
}

/// Each step may be begun anew: where the database cannot undo changes of the schema, its statements say IF NOT EXISTS.
Result<void> Migrator::run_steps(const Present& present) {
    for (const Migration& step : backend_.migrations()) {
        if (step.version <= present.version) continue;
        for (const std::string& statement : step.statements) {
            if (auto done = connection_.execute(statement); !done) return done;
        }
        if (auto ours = remember("application", kApplication); !ours) return ours;
        if (auto done = remember("schema", std::to_string(step.version)); !done) return done;
    }
    if (present.has_epoch) return {};
    return remember("epoch", new_epoch(random_));
}

Result<std::set<std::string>> Migrator::columns_of(std::string_view table) {
    auto rows = connection_.query("SELECT column_name FROM information_schema.columns WHERE table_schema = " +
                                      backend_.schema_name() + " AND table_name = $1",
                                  {table});
    if (!rows) return fail(rows.error());
    std::set<std::string> present;
    while ((*rows)->next()) present.insert((*rows)->string(0));
    return present;
}

/// A model or a field that this version has and the database has not: a new version opened an older database.
Result<void> Migrator::add_models() {
    for (const crm::ModelDef& model : crm::models()) {
        const auto present = columns_of(model.table);
        if (!present) return fail(present.error());
        if (!present->empty()) {
            if (auto added = add_columns(model, *present); !added) return added;
            continue;
        }
        for (const std::string& statement : backend_.create_table(model)) {
            if (auto made = connection_.execute(statement); !made) return made;
        }
    }
    return {};
}

Result<void> Migrator::add_columns(const crm::ModelDef& model, const std::set<std::string>& present) {
    for (const crm::FieldDef& field : model.fields) {
        if (present.contains(std::string(field.name))) continue;
        auto added = connection_.execute("ALTER TABLE " + table(model.model) + " ADD COLUMN " + quoted(field.name) +
                                         " " + backend_.column_type(field));
        if (!added) return added;
    }
    return {};
}

Result<void> Migrator::run(IfMissing missing) {
    const auto present = look();
    if (!present) return fail(present.error());
    if (auto good = refuse(*present, missing); !good) return good;
    if (auto done = run_steps(*present); !done) return done;
    return add_models();
}

}  // namespace

Result<void> migrate(Backend& backend, Connection& connection, Random& random, IfMissing missing) {
    if (auto entered = backend.enter_schema(connection); !entered) return entered;
    const auto done = Migrator(backend, connection, random).run(missing);
    if (!done) return done;  // the connection goes back unusable, and with it what it holds
    return backend.leave_schema(connection);
}

}  // namespace ct::server::sql
