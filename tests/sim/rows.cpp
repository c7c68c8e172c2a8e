#include "sim/rows.h"

#include <sqlite3.h>

#include "sim/world.h"

namespace ct::sim {

Reader::Reader(const std::string& file) {
    if (sqlite3_open_v2(file.c_str(), &database_, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) return;
    sqlite3_close(database_);
    throw Unable("cannot open " + file);
}

Reader::~Reader() { sqlite3_close(database_); }

std::vector<Row> Reader::rows(const std::string& sql) {
    std::vector<Row> found;
    const auto add = [](void* into, int count, char** values, char**) {
        auto& row = static_cast<std::vector<Row>*>(into)->emplace_back();
        for (int i = 0; i < count; ++i) row.emplace_back(values[i] == nullptr ? "" : values[i]);
        return 0;
    };
    if (sqlite3_exec(database_, sql.c_str(), add, &found, nullptr) != SQLITE_OK)
        throw Unable(std::string(sqlite3_errmsg(database_)) + " in " + sql);
    return found;
}

}  // namespace ct::sim
