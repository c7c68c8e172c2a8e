// What is held against who guesses passwords.
#include <algorithm>
#include <numeric>

#include "server/storage/sql/sql_storage.h"
#include "server/storage/sql/texts.h"

namespace ct::server::sql {

namespace {

constexpr int kTries = 3;

/// The row is there and locked from here to the end of the transaction.
Result<Guesses> locked(Connection& connection, const Backend& backend, std::string_view key) {
    const std::int64_t none = 0;
    if (auto made = done(connection.run(backend.insert(insert_guesses()), {key, none, none, none})); !made) {
        return fail(made.error());
    }
    auto rows = connection.query(text::kGuesses, {key});
    if (!rows) return fail(rows.error());
    if (!(*rows)->next()) return fail(ErrorKind::busy, "DATABASE_BUSY", "it was forgotten at this very moment");
    return Guesses{(*rows)->integer(0), (*rows)->integer(1), (*rows)->integer(2)};
}

/// Always in one order, so that two sign-ins do not wait for each other. Whether anything is to be kept.
Result<bool> change_locked(Connection& connection, const Backend& backend, std::span<const std::string> keys,
                           const std::function<void(std::span<Guesses>)>& change) {
    std::vector<std::size_t> order(keys.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
    std::vector<Guesses> before(keys.size());
    for (const std::size_t i : order) {
        const auto found = locked(connection, backend, keys[i]);
        if (!found) return fail(found.error());
        before[i] = *found;
    }
    std::vector<Guesses> after = before;
    change(after);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (after[i] == before[i]) continue;
        auto set = done(connection.run(
            text::kSetGuesses, {std::string_view(keys[i]), after[i].failures, after[i].last, after[i].wait_ms}));
        if (!set) return fail(set.error());
    }
    return after != before;
}

}  // namespace

Result<void> SqlStorage::change_guesses(std::span<const std::string> keys,
                                        const std::function<void(std::span<Guesses>)>& change) {
    for (int left = kTries;; --left) {
        auto changed = write([&](Connection& connection) -> Result<Ending> {
            const auto any = change_locked(connection, *backend_, keys, change);
            if (!any) return fail(any.error());
            // Who is told to wait must not cost a row and a flush for every try.
            return *any ? Ending::keep : Ending::roll_back;
        });
        if (changed || left == 1 || changed.error().kind != ErrorKind::busy) return changed;
    }
}

Result<void> SqlStorage::forget_guesses(UnixMs before) {
    return write([&](Connection& connection) { return done(connection.run(text::kForgetGuesses, {before})); });
}

}  // namespace ct::server::sql
