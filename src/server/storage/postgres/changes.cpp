#include "server/storage/postgres/changes.h"

#include <charconv>

#include "base/wait_readable.h"
#include "server/storage/postgres/connection.h"

namespace ct::server::postgres {

namespace {

struct FreeNotice {
    void operator()(PGnotify* notice) const { PQfreemem(notice); }
};
using Notice = std::unique_ptr<PGnotify, FreeNotice>;

/// "7 1234"; what is not so shaped is nobody's.
Changes::Change read_change(std::string_view text) {
    Changes::Change change;
    const char* const end = text.data() + text.size();
    const auto [after, wrong] = std::from_chars(text.data(), end, change.workspace);
    if (wrong == std::errc() && after != end) std::from_chars(after + 1, end, change.version);
    return change;
}

class PostgresChanges final : public Changes {
  public:
    explicit PostgresChanges(std::unique_ptr<PostgresConnection> connection) : connection_(std::move(connection)) {}

    [[nodiscard]] Result<std::vector<Change>> wait(std::chrono::milliseconds at_most) override {
        PGconn* const raw = connection_->raw();
        auto came = taken(raw);
        if (!came || !came->empty()) return came;
        (void)wait_readable(PQsocket(raw), at_most);
        return taken(raw);
    }

  private:
    [[nodiscard]] Result<std::vector<Change>> taken(PGconn* raw) {
        if (PQconsumeInput(raw) == 0) {
            return fail(ErrorKind::disk, "DATABASE_LOST", "the connection that listens for changes is lost");
        }
        std::vector<Change> came;
        while (const Notice notice{PQnotifies(raw)}) came.push_back(read_change(notice->extra));
        return came;
    }

    const std::unique_ptr<PostgresConnection> connection_;
};

}  // namespace

Result<std::unique_ptr<Changes>> listen(const std::string& url, const std::string& place) {
    auto connection = PostgresConnection::connect(url, place);
    if (!connection) return fail(connection.error());
    if (auto begun = (*connection)->execute("LISTEN " + std::string(kChannel)); !begun) return fail(begun.error());
    return std::make_unique<PostgresChanges>(std::move(*connection));
}

}  // namespace ct::server::postgres
