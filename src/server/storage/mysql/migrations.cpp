#include "server/storage/mysql/migrations.h"

#include "server/storage/migrations.h"
#include "server/storage/sql/texts.h"

namespace ct::server::mysql {

namespace {

std::vector<std::string> with_options(std::string sql, bool mariadb) {
    const std::string collation = mariadb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
    return statements_of(
        with(std::move(sql), "options",
             "ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = " + collation));
}

}  // namespace

std::vector<sql::Migration> migrations(bool mariadb) {
    std::vector<sql::Migration> all;
    for (const MigrationStep& step : migration_steps("mysql"))
        all.push_back({step.version, with_options(std::string(step.text), mariadb)});
    return all;
}

std::string column_type(const crm::FieldDef& field) {
    switch (sql::type_of(field)) {
        case sql::ColumnType::integer: return "BIGINT";
        case sql::ColumnType::flag: return "BOOLEAN";
        case sql::ColumnType::text: break;
    }
    // How long a text may be is the table of models' business, which may raise it; a short LONGTEXT costs nothing more.
    return field.type == crm::FieldType::reference ? "VARCHAR(36)" : "LONGTEXT";
}

std::vector<std::string> create_table(const crm::ModelDef& model, bool mariadb) {
    return with_options(record_table("mysql", model, column_type), mariadb);
}

}  // namespace ct::server::mysql
