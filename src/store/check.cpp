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

Result<std::int64_t> Store::check_journal() const {
    if (impl_->journal.path().empty()) return 0;
    const std::string& path = impl_->journal.path();
    auto content = Result<JournalContent>(JournalContent{});
    if (impl_->disk.exists(path)) {
        const auto file = impl_->disk.open(path);
        if (!file) return fail(file.error());
        const auto bytes = (*file)->read();
        if (!bytes) return fail(bytes.error());
        content = read_journal(*bytes);
    }
    if (!content) return fail(content.error());
    const auto held = static_cast<std::int64_t>(content->queue.size());
    if (content->damaged > 0)
        return fail(ErrorKind::corrupt, "JOURNAL_DAMAGED", path + " cannot be read in all places");
    if (held != queue().operations) {
        return fail(ErrorKind::corrupt, "JOURNAL_DAMAGED",
                    path + " holds " + std::to_string(held) + " unsent operations, the queue " +
                        std::to_string(queue().operations));
    }
    return held;
}

}  // namespace ct::store
