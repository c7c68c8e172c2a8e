// The server's data in one SQLite file: one connection writes, a few read (WAL). Other processes (`user add` beside a
// running `serve`) are safe: every write takes the file's own lock before it reads the counter.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/storage/sqlite/schema.h"
#include "server/storage/storage.h"

namespace ct::server::sqlite {

class SqliteStorage;

/// A reading connection on loan. In memory there is one connection only, and the loan holds its lock.
class Loan {
  public:
    Loan(SqliteStorage& storage, std::unique_ptr<Connection> reader);
    Loan(std::unique_lock<std::mutex> lock, Connection& shared);
    Loan(Loan&&) = default;
    Loan& operator=(Loan&&) = delete;
    ~Loan();
    Connection& operator*() { return shared_ != nullptr ? *shared_ : *reader_; }
    Connection* operator->() { return &**this; }

  private:
    SqliteStorage* storage_ = nullptr;
    std::unique_ptr<Connection> reader_;
    std::unique_lock<std::mutex> lock_;
    Connection* shared_ = nullptr;
};

class SqliteStorage final : public Storage, public Attachments {
  public:
    [[nodiscard]] static Result<std::unique_ptr<Storage>> open(const std::string& path, Random& random);

    // Storage
    [[nodiscard]] std::string epoch() const override { return epoch_; }
    [[nodiscard]] Result<std::string> renew_epoch(Random& random) override;
    [[nodiscard]] Result<void> ready() override;
    [[nodiscard]] Result<std::vector<Trouble>> troubles(WorkspaceKey workspace, int most) override;
    [[nodiscard]] Result<std::vector<AuditEntry>> audit(WorkspaceKey workspace, const AuditQuery& query) override;
    [[nodiscard]] PoolState pool() override;
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
    friend class Loan;
    SqliteStorage(std::string path, std::unique_ptr<Connection> writer);

    [[nodiscard]] Result<Loan> reader();
    /// The writer, locked; opened anew after an I/O error, since what such a connection holds is in doubt.
    [[nodiscard]] Result<Connection*> writer(std::unique_lock<std::mutex>& lock);
    template <class Work>
    [[nodiscard]] Result<void> write(Work&& work);  ///< one transaction around `work(Connection&)`
    void give_back(std::unique_ptr<Connection> reader);

    const std::string path_;
    const bool in_memory_;
    std::string epoch_;

    std::mutex write_mutex_;
    std::unique_ptr<Connection> writer_;  // guarded by write_mutex_

    std::mutex pool_mutex_;
    std::condition_variable reader_free_;
    std::vector<std::unique_ptr<Connection>> idle_;  // guarded by pool_mutex_
    int readers_ = 0;                                // guarded by pool_mutex_: idle and on loan
    int readers_waiting_ = 0;                        // guarded by pool_mutex_: requests without one
};

template <class Work>
Result<void> SqliteStorage::write(Work&& work) {
    std::unique_lock<std::mutex> lock;
    auto connection = writer(lock);
    if (!connection) return fail(connection.error());
    if (auto begun = (*connection)->run("BEGIN IMMEDIATE"); !begun) return begun;
    Result<void> done = work(**connection);
    if (done) done = (*connection)->run("COMMIT");
    if (!done) (void)(*connection)->run("ROLLBACK");
    return done;
}

[[nodiscard]] Result<std::unique_ptr<WriteTransaction>> begin_write_transaction(std::unique_lock<std::mutex> lock,
                                                                                Connection& connection,
                                                                                WorkspaceKey workspace);
[[nodiscard]] Result<std::unique_ptr<ReadTransaction>> begin_read_transaction(Loan loan, WorkspaceKey workspace);

}  // namespace ct::server::sqlite
