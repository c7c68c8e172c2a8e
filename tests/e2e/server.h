// colortouchd as a process, and the laptops of its users.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "database/database.h"
#include "process.h"

namespace e2e {

inline const std::string kEmail = "asha@example.com";
inline const std::string kPassword = "correct horse battery staple";

/// A server with a database of its own (of the kind that CT_TEST_DATABASE names), one workspace and one user who sees
/// all of it.
class Server {
  public:
    Server();
    explicit Server(const std::string& database);  ///< one more on the database of another
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// On a free port the first time, on the same one afterwards. `more`: further flags.
    void start(const Arguments& more = {});
    void stop();  ///< as its owner would: SIGTERM, and it must end by itself with 0
    void kill();  ///< kill -9
    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] pid_t pid() const { return process_->pid(); }
    [[nodiscard]] std::string log() const;  ///< all that it has logged
    [[nodiscard]] std::filesystem::path directory() const { return directory_ / "."; }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] const std::string& database() const { return database_; }
    [[nodiscard]] std::filesystem::path files() const { return directory_ / "server.db.files"; }
    /// Runs one of colortouchd's commands on its database.
    [[nodiscard]] Ran command(Arguments arguments, const std::string& input = {}) const;

  private:
    TempDir directory_;
    std::unique_ptr<ct::test::Database> on_server_;  // null: a file in the directory
    std::string database_;
    int port_ = 0;
    std::unique_ptr<Process> process_;
};

/// A profile of colortouchctl.
class Laptop {
  public:
    Laptop() : profile_((directory_ / "profile").string()) {}
    [[nodiscard]] const std::string& profile() const { return profile_; }
    [[nodiscard]] Arguments command(Arguments arguments) const;
    [[nodiscard]] Ran ctl(Arguments arguments, const std::string& input = {}) const;
    /// The one JSON value of a command that must end with `exit_code`.
    [[nodiscard]] nlohmann::json json(Arguments arguments, int exit_code = 0, const std::string& input = {}) const;
    void login(const Server& server) const;
    [[nodiscard]] std::string add(Arguments arguments) const;  ///< the id
    /// All records of all models without what is each laptop's own matter, by id.
    [[nodiscard]] nlohmann::json shown() const;

  private:
    TempDir directory_;
    std::string profile_;
};

}  // namespace e2e
