// The server's data on a database server: one implementation over the shapes of connection.h and backend.h. Every
// statement takes a whole set, so that a request costs a few round trips however many records it is about.
#pragma once

#include <memory>
#include <string>

#include "server/storage/sql/migrate.h"
#include "server/storage/sql/pool.h"
#include "server/storage/storage.h"

namespace ct::server::sql {

class SqlStorage final : public Storage {
  public:
    [[nodiscard]] static Result<std::unique_ptr<Storage>> open(std::unique_ptr<Backend> backend, Random& random,
                                                               IfMissing missing);

    // Storage
    [[nodiscard]] std::string epoch() const override { return epoch_; }
    [[nodiscard]] Result<void> ready() override;
    [[nodiscard]] Result<std::unique_ptr<WriteTransaction>> begin_write(WorkspaceKey workspace) override;
    [[nodiscard]] Result<std::unique_ptr<ReadTransaction>> begin_read(WorkspaceKey workspace) override;

    // Accounts
    [[nodiscard]] Result<Workspace> add_workspace(const std::string& id, const std::string& name, UnixMs now) override;
    [[nodiscard]] Result<std::vector<Workspace>> workspaces() override;
    [[nodiscard]] Result<void> add_user(const User& user, UnixMs now) override;
    [[nodiscard]] Result<std::vector<User>> users(WorkspaceKey workspace) override;
    [[nodiscard]] Result<std::vector<User>> find_users(std::string_view email, std::string_view workspace) override;
    [[nodiscard]] Result<void> set_password(const User& user, std::string_view keep_device) override;
    [[nodiscard]] Result<void> set_disabled(const User& user, bool disabled) override;
    [[nodiscard]] Result<void> add_session(const User& user, const NewSession& session) override;
    [[nodiscard]] Result<std::optional<Session>> session(const Sha256& token) override;
    [[nodiscard]] Result<void> touch_session(const Sha256& token, UnixMs now, UnixMs expires_at) override;
    [[nodiscard]] Result<bool> register_device(const Session& session, std::string_view device, UnixMs now) override;
    [[nodiscard]] Result<std::vector<Device>> devices(WorkspaceKey workspace) override;
    [[nodiscard]] Result<bool> end_session(WorkspaceKey workspace, std::string_view device) override;

  private:
    explicit SqlStorage(std::unique_ptr<Backend> backend) : backend_(std::move(backend)), pool_(*backend_) {}

    /// One query outside of any transaction.
    [[nodiscard]] Result<std::unique_ptr<Rows>> look(const std::string& text,
                                                     std::initializer_list<Parameter> parameters);
    template <class Work>
    [[nodiscard]] Result<void> write(Work&& work);  ///< one transaction around `work(Connection&)`

    const std::unique_ptr<Backend> backend_;
    Pool pool_;
    std::string epoch_;
};

[[nodiscard]] Result<std::unique_ptr<WriteTransaction>> begin_write_transaction(Pool& pool, Backend& backend,
                                                                                WorkspaceKey workspace);
[[nodiscard]] Result<std::unique_ptr<ReadTransaction>> begin_read_transaction(Pool& pool, Backend& backend,
                                                                              WorkspaceKey workspace);

}  // namespace ct::server::sql
