// Databases to test against. CT_TEST_DATABASE chooses the kind: sqlite (default), postgres or mysql. For the last two a
// private server is started, once per process; where that fails, so does every test that asks for a database.
#pragma once

#include <memory>
#include <string>

namespace ct::test {

enum class Kind { sqlite, postgres, mysql };
[[nodiscard]] Kind kind();

/// A database server of our own. Throws std::runtime_error where it does not do what it is told.
class Cluster {
  public:
    /// The process's own, started when it is first asked for.
    [[nodiscard]] static Cluster& shared();
    explicit Cluster(Kind kind);
    ~Cluster();
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    [[nodiscard]] const std::string& directory() const { return directory_; }
    void sql(const std::string& text) { tell("sql " + text, "done"); }
    void kill() { tell("kill", "killed"); }  ///< -9
    void start() { tell("start", "ready"); }

  private:
    void tell(const std::string& command, const std::string& answer);
    [[nodiscard]] std::string read_line();
    int to_ = -1, from_ = -1, pid_ = -1;
    std::string directory_;
};

/// An empty database, gone with this object.
class Database {
  public:
    Database();
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    [[nodiscard]] const std::string& url() const { return url_; }
    /// The same by way of another socket (a directory for postgres, a socket for mysql).
    [[nodiscard]] std::string url_by(const std::string& socket) const;
    [[nodiscard]] const std::string& name() const { return name_; }

  private:
    std::string name_, url_;
};

}  // namespace ct::test
