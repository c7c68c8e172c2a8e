// What can be wrong with the file itself: SQLite's own structure, and every row against its checksum.
#include "store/impl.h"

namespace ct::store {

Result<Store::Check> Store::check() const {
    if (!impl_->connection) return impl_->no_connection();
    Check check;
    {
        auto use = impl_->connection->prepare("PRAGMA quick_check(20)");
        if (!use) return fail(use.error());
        for (;;) {
            const auto row = use->step();
            if (!row) return fail(row.error());
            if (!*row) break;
            if (use->column_text(0) != "ok") check.faults.push_back(use->column_string(0));
        }
    }
    for (const crm::ModelDef& model : crm::models()) {
        auto read = impl_->records(model.model)
                        .each_living([&](crm::Record&&) { ++check.records; },
                                     [&](const Uuid& id) {
                                         check.faults.push_back(std::string(model.name) + " " + id.str() +
                                                                " was damaged on the disk");
                                     });
        if (!read) return fail(read.error());
    }
    return check;
}

}  // namespace ct::store
