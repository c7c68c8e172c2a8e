// How a database server goes about what pulls ask for: in the order of an index, from where the last piece ended, and
// with the same plan on the day when the tables were filled as after their statistics were made.
#include <doctest/doctest.h>

#include "crm/tables.h"
#include "server/kit.h"
#include "server/storage/mysql/mysql_backend.h"
#include "server/storage/postgres/postgres_backend.h"
#include "server/storage/sql/texts.h"

namespace ct::server::test {
namespace {

using sql::Parameter;

struct Asked {
    std::string text;
    std::vector<Parameter> parameters;
};

/// All that a pull and a verification read in pieces, by somebody who sees all and by somebody who does not.
std::vector<Asked> asked_in_order(WorkspaceKey workspace, std::string_view user) {
    std::vector<Asked> all;
    const std::int64_t far = 1'000'000;
    for (const bool sees_all : {true, false}) {
        const auto add = [&](std::string text, std::vector<Parameter> parameters) {
            if (!sees_all) parameters.emplace_back(user);
            all.push_back({std::move(text), std::move(parameters)});
        };
        for (std::size_t phase = 0; phase < kPhaseCount; ++phase) {
            add(sql::snapshot(static_cast<Phase>(phase), sees_all, 100), {workspace, std::string_view("g"), far});
        }
        for (const crm::ModelDef& model : crm::models()) {
            add(sql::changes(model.model, sees_all, 100), {workspace, std::int64_t{0}});
            add(sql::versions(model.model, sees_all, 100), {workspace, std::string_view()});
        }
    }
    return all;
}

std::string plan_of(sql::Connection& connection, const Asked& asked, std::size_t column) {
    auto rows = connection.query("EXPLAIN " + asked.text, sql::Parameters(asked.parameters));
    REQUIRE(rows.has_value());
    std::string plan;
    while ((*rows)->next()) plan += (*rows)->string(column) + "\n";
    REQUIRE_FALSE(plan.empty());
    return plan;
}

TEST_CASE("plans: a piece of a pull is read in the order of an index, with statistics and without") {
    const bool postgres = ct::test::kind() == ct::test::Kind::postgres;
    if (ct::test::kind() == ct::test::Kind::sqlite) return;  // it plans by the text alone, and names its index there
    const ct::test::Database database;
    Site site(database.url());
    site.add_user("asha@example.org", Role::manager);
    Laptop asha(site, "asha@example.org");
    for (int batch = 0; batch < 3; ++batch) {
        std::vector<json> operations;
        for (int i = 0; i < 500; ++i) {
            const std::string lead = asha.new_id();
            operations.push_back(asha.create("Lead", lead, {{"name", "Ravi"}, {"ownerId", asha.user}}));
            operations.push_back(
                asha.create("Reminder", asha.new_id(),
                            {{"leadId", lead}, {"title", "Call"}, {"reminderDate", "2027-01-01T00:00:00Z"}}));
        }
        (void)asha.push(operations);
    }
    const auto backend = postgres ? postgres::backend(database.url()) : mysql::backend(database.url());
    REQUIRE(backend.has_value());
    const auto connection = (*backend)->connect();
    REQUIRE(connection.has_value());
    for (const bool statistics : {false, true}) {
        if (statistics) {
            for (const crm::ModelDef& model : crm::models()) {
                REQUIRE((*connection)
                            ->execute((postgres ? "ANALYZE " : "ANALYZE TABLE ") + sql::table(model.model))
                            .has_value());
            }
            REQUIRE(
                (*connection)->execute(postgres ? "ANALYZE operation_log" : "ANALYZE TABLE operation_log").has_value());
        }
        for (const Asked& asked : asked_in_order(site.workspace.key, asha.user)) {
            const std::string plan = plan_of(**connection, asked, postgres ? 0 : 9);
            CAPTURE(asked.text);
            CAPTURE(plan);
            for (const char* unwanted : {"Sort", "Hash", "Seq Scan", "filesort", "temporary", "join buffer"}) {
                CHECK(plan.find(unwanted) == std::string::npos);
            }
        }
        const std::int64_t far = 1'000'000;
        sql::Column ids(sql::ColumnType::text);
        for (int i = 0; i < 10; ++i) ids.text(asha.new_id());
        const Asked authors{sql::authors(**backend), {site.workspace.key, &ids, std::int64_t{1}, far}};
        const std::string plan = plan_of(**connection, authors, postgres ? 0 : 5);
        CAPTURE(plan);
        CHECK(plan.find("operation_log_record") != std::string::npos);
    }
}

}  // namespace
}  // namespace ct::server::test
