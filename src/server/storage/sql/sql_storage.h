// The server's data on a database server: one implementation over the shapes of connection.h and backend.h. Every
// statement takes a whole set, so that a request costs a few round trips however many records it is about.
#pragma once

#include <memory>
#include <string>
#include <type_traits>

#include "server/storage/sql/migrate.h"
#include "server/storage/sql/pool.h"
#include "server/storage/storage.h"

namespace ct::server::sql {

class SqlStorage final : public Storage, public Attachments {
  public:
    [[nodiscard]] static Result<std::unique_ptr<Storage>> open(std::unique_ptr<Backend> backend, Random& random,
                                                               IfMissing missing);

    /// Looks at no table but for the epoch, and changes nothing.
    [[nodiscard]] static Result<std::unique_ptr<Storage>> open_as_it_is(std::unique_ptr<Backend> backend);

    // Storage
    [[nodiscard]] std::string epoch() const override { return epoch_; }
    [[nodiscard]] Result<std::string> renew_epoch(Random& random) override;
    [[nodiscard]] Result<void> ready() override;
    [[nodiscard]] Result<std::vector<Trouble>> troubles(WorkspaceKey workspace, int most) override;
    [[nodiscard]] Result<std::unique_ptr<Changes>> listen() override { return backend_->listen(); }
    [[nodiscard]] Result<std::vector<AuditEntry>> audit(WorkspaceKey workspace, const AuditQuery& query) override;
    [[nodiscard]] PoolState pool() override { return pool_.state(); }
    [[nodiscard]] Result<std::unique_ptr<WriteTransaction>> begin_write(WorkspaceKey workspace) override;
    [[nodiscard]] Result<std::unique_ptr<ReadTransaction>> begin_read(WorkspaceKey workspace) override;
    [[nodiscard]] Result<void> note_pulled(WorkspaceKey workspace, std::string_view device, std::int64_t version,
                                           UnixMs now) override;
    [[nodiscard]] Result<void> note_waiting(WorkspaceKey workspace, std::string_view device, std::int64_t operations,
                                            UnixMs since, UnixMs now) override;
    [[nodiscard]] Result<std::vector<PulledTo>> pulled(WorkspaceKey workspace) override;
    [[nodiscard]] Result<std::int64_t> purge(WorkspaceKey workspace, std::int64_t up_to,
                                             UnixMs received_before) override;

    // Accounts
    [[nodiscard]] Result<Workspace> add_workspace(const std::string& id, const std::string& name, UnixMs now) override;
    [[nodiscard]] Result<std::vector<Workspace>> workspaces() override;
    [[nodiscard]] Result<void> add_user(const User& user, const By& by) override;
    [[nodiscard]] Result<std::vector<User>> users(WorkspaceKey workspace) override;
    [[nodiscard]] Result<std::vector<User>> find_users(std::string_view email, std::string_view workspace) override;
    [[nodiscard]] Result<void> set_password(const User& user, std::string_view keep_device, const By& by) override;
    [[nodiscard]] Result<void> set_disabled(const User& user, bool disabled, const By& by) override;
    [[nodiscard]] Result<void> set_role(const User& user, Role role, const By& by) override;
    [[nodiscard]] Result<void> add_session(const User& user, const NewSession& session) override;
    [[nodiscard]] Result<std::optional<Session>> session(const Sha256& token) override;
    [[nodiscard]] Result<void> touch_session(const Sha256& token, UnixMs now, UnixMs expires_at) override;
    [[nodiscard]] Result<bool> register_device(const Session& session, std::string_view device, UnixMs now) override;
    [[nodiscard]] Result<std::vector<Device>> devices(WorkspaceKey workspace) override;
    [[nodiscard]] Result<bool> end_session(WorkspaceKey workspace, std::string_view device, const By& by) override;
    [[nodiscard]] Result<std::vector<AccountEntry>> account_log(WorkspaceKey workspace, std::string_view user,
                                                                int most) override;
    [[nodiscard]] Result<void> change_guesses(std::span<const std::string> keys,
                                              const std::function<void(std::span<Guesses>)>& change) override;
    [[nodiscard]] Result<void> forget_guesses(UnixMs before) override;

    // Attachments
    [[nodiscard]] Attachments& attachments() override { return *this; }
    [[nodiscard]] Result<bool> sees_record(WorkspaceKey workspace, std::string_view model, std::string_view record,
                                           std::string_view owner) override;
    [[nodiscard]] Result<Added> add_attachment(WorkspaceKey workspace, const Attachment& attachment,
                                               std::int64_t open_max) override;
    [[nodiscard]] Result<std::optional<Attachment>> attachment(WorkspaceKey workspace, std::string_view id) override;
    [[nodiscard]] Result<std::vector<Attachment>> attachments_of(WorkspaceKey workspace, std::string_view model,
                                                                 std::string_view record) override;
    [[nodiscard]] Result<void> complete_attachment(WorkspaceKey workspace, std::string_view id, UnixMs now) override;
    [[nodiscard]] Result<std::int64_t> remove_attachment(WorkspaceKey workspace, const Attachment& attachment) override;

  private:
    explicit SqlStorage(std::unique_ptr<Backend> backend) : backend_(std::move(backend)), pool_(*backend_) {}

    [[nodiscard]] Result<void> read_epoch();
    /// One query outside of any transaction.
    [[nodiscard]] Result<std::unique_ptr<Rows>> look(const std::string& text,
                                                     std::initializer_list<Parameter> parameters);
    enum class Ending : std::uint8_t { keep, roll_back };
    /// One transaction around `work(Connection&)`, which gives Result<void>, or Result<Ending> where it may find that
    /// nothing is to be kept: that is no error.
    template <class Work>
    [[nodiscard]] Result<void> write(Work&& work);

    const std::unique_ptr<Backend> backend_;
    Pool pool_;
    std::string epoch_;
};

template <class Work>
Result<void> SqlStorage::write(Work&& work) {
    auto lease = pool_.take([](Connection& connection) { return connection.execute("BEGIN"); });
    if (!lease) return fail(lease.error());
    const auto worked = work(**lease);
    if (!worked) {
        (void)(*lease)->execute("ROLLBACK");
        return fail(worked.error());
    }
    if constexpr (std::is_same_v<decltype(worked), const Result<Ending>>) {
        if (*worked == Ending::roll_back) return (*lease)->execute("ROLLBACK");
    }
    return (*lease)->commit();
}

/// Where it does not matter how many rows it touched.
[[nodiscard]] inline Result<void> done(const Result<std::int64_t>& result) {
    if (!result) return fail(result.error());
    return {};
}

[[nodiscard]] Result<std::unique_ptr<WriteTransaction>> begin_write_transaction(Pool& pool, Backend& backend,
                                                                                WorkspaceKey workspace);
/// As ReadTransaction::authors.
[[nodiscard]] Result<std::vector<std::string>> authors(Connection& connection, const Backend& backend,
                                                       WorkspaceKey workspace, std::span<const Made> made);
[[nodiscard]] Result<std::unique_ptr<ReadTransaction>> begin_read_transaction(Pool& pool, Backend& backend,
                                                                              WorkspaceKey workspace);

}  // namespace ct::server::sql
