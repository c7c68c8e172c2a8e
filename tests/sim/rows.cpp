#include "sim/rows.h"

#include <sqlite3.h>

#include "sim/world.h"

namespace ct::sim {

std::vector<Row> rows(const std::string& file, const std::string& sql) {
    std::vector<Row> found;
    sqlite3* database = nullptr;
    const int opened = sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
    const auto add = [](void* into, int count, char** values, char**) {
        auto& row = static_cast<std::vector<Row>*>(into)->emplace_back();
        for (int i = 0; i < count; ++i) row.emplace_back(values[i] == nullptr ? "" : values[i]);
        return 0;
    };
    const int code = opened == SQLITE_OK ? sqlite3_exec(database, sql.c_str(), add, &found, nullptr) : opened;
    const std::string trouble = code == SQLITE_OK ? "" : sqlite3_errmsg(database);
    sqlite3_close(database);
    if (code != SQLITE_OK) throw Unable(trouble + " in " + sql);
    return found;
}

}  // namespace ct::sim
