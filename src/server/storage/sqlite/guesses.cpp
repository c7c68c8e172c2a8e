// What is held against who guesses passwords.
#include "server/storage/sqlite/sqlite_storage.h"

namespace ct::server::sqlite {

namespace {

Result<Guesses> read_guesses(Connection& connection, const std::string& key) {
    auto use = connection.prepare("SELECT failures, last_at, wait_ms FROM guess WHERE id = ?");
    if (!use) return fail(use.error());
    const auto row = use->text(key).step();
    if (!row) return fail(row.error());
    if (!*row) return Guesses{};
    return Guesses{use->column_integer(0), use->column_integer(1), use->column_integer(2)};
}

Result<void> write_guesses(Connection& connection, const std::string& key, const Guesses& guesses) {
    auto use = connection.prepare("REPLACE INTO guess(id, failures, last_at, wait_ms) VALUES(?, ?, ?, ?)");
    if (!use) return fail(use.error());
    return use->text(key).integer(guesses.failures).integer(guesses.last).integer(guesses.wait_ms).run();
}

}  // namespace

/// Where nothing changes (somebody is told to wait) nothing is written.
Result<void> SqliteStorage::change_guesses(std::span<const std::string> keys,
                                           const std::function<void(std::span<Guesses>)>& change) {
    return write([&](Connection& connection) -> Result<void> {
        std::vector<Guesses> before;
        for (const std::string& key : keys) {
            const auto found = read_guesses(connection, key);
            if (!found) return fail(found.error());
            before.push_back(*found);
        }
        std::vector<Guesses> after = before;
        change(after);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (after[i] == before[i]) continue;
            if (auto done = write_guesses(connection, keys[i], after[i]); !done) return done;
        }
        return {};
    });
}

Result<void> SqliteStorage::forget_guesses(UnixMs before) {
    return write([&](Connection& connection) -> Result<void> {
        auto use = connection.prepare("DELETE FROM guess WHERE last_at < ?");
        if (!use) return fail(use.error());
        return use->integer(before).run();
    });
}

}  // namespace ct::server::sqlite
