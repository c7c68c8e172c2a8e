#include "server/storage/postgres/migrations.h"

#include "server/storage/migrations.h"
#include "server/storage/sql/texts.h"

namespace ct::server::postgres {

std::vector<sql::Migration> migrations() {
    std::vector<sql::Migration> all;
    for (const MigrationStep& step : migration_steps("postgres"))
        all.push_back({step.version, statements_of(step.text)});
    return all;
}

std::string column_type(const crm::FieldDef& field) {
    switch (sql::type_of(field)) {
        case sql::ColumnType::integer: return "bigint";
        case sql::ColumnType::flag: return "boolean";
        case sql::ColumnType::text: break;
    }
    return "text COLLATE \"C\"";
}

std::vector<std::string> create_table(const crm::ModelDef& model) {
    return statements_of(record_table("postgres", model, column_type));
}

}  // namespace ct::server::postgres
