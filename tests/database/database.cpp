#include "database/database.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace ct::test {

namespace {

[[noreturn]] void give_up(const std::string& why) { throw std::runtime_error("test database: " + why); }

}  // namespace

Kind kind() {
    const char* const wanted = std::getenv("CT_TEST_DATABASE");
    const std::string name = wanted == nullptr ? "sqlite" : wanted;
    if (name == "sqlite") return Kind::sqlite;
    if (name == "postgres") return Kind::postgres;
    if (name == "mysql") return Kind::mysql;
    give_up("CT_TEST_DATABASE is " + name);
}

Cluster& Cluster::shared() {
    static Cluster cluster(kind());
    return cluster;
}

Cluster::Cluster(Kind kind) {
    std::array<int, 2> in{}, out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) give_up("no pipe");
    pid_ = ::fork();
    if (pid_ < 0) give_up("no process");
    if (pid_ == 0) {
        ::dup2(in[0], STDIN_FILENO);
        ::dup2(out[1], STDOUT_FILENO);
        ::execl(CT_CLUSTER_SCRIPT, CT_CLUSTER_SCRIPT, kind == Kind::postgres ? "postgres" : "mysql",
                std::getenv("CT_TEST_DURABLE") != nullptr ? "--durable" : static_cast<char*>(nullptr),
                static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    to_ = in[1];
    from_ = out[0];
    const std::string line = read_line();
    if (!line.starts_with("ready ")) give_up("the server did not start: " + line);
    directory_ = line.substr(6);
}

Cluster::~Cluster() {
    ::close(to_);
    ::waitpid(pid_, nullptr, 0);
    ::close(from_);
}

std::string Cluster::read_line() {
    std::string line;
    char c = 0;
    for (;;) {
        const ssize_t got = ::read(from_, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || c == '\n') return line;
        line.push_back(c);
    }
}

void Cluster::tell(const std::string& command, const std::string& answer) {
    std::string line = command + "\n";
    ::signal(SIGPIPE, SIG_IGN);
    if (::write(to_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) give_up("the cluster is gone");
    const std::string said = read_line();
    if (!said.starts_with(answer)) give_up(command + ": " + said);
}

Database::Database() {
    static std::atomic<int> count{0};
    name_ = "test" + std::to_string(++count);
    switch (kind()) {
        case Kind::sqlite: {
            std::string pattern = (std::filesystem::temp_directory_path() / "colortouch-server-XXXXXX").string();
            if (::mkdtemp(pattern.data()) == nullptr) give_up("no directory");
            name_ = pattern;
            url_ = "file:" + name_ + "/server.db";
            return;
        }
        case Kind::postgres: Cluster::shared().sql("CREATE SCHEMA " + name_); break;
        case Kind::mysql: Cluster::shared().sql("CREATE DATABASE " + name_ + " CHARACTER SET latin1"); break;
    }
    url_ = url_by(kind() == Kind::mysql ? Cluster::shared().directory() + "/socket" : Cluster::shared().directory());
}

std::string Database::url_by(const std::string& socket) const {
    // On PostgreSQL a schema will do for a database, and is there in a tenth of the time.
    if (kind() == Kind::postgres)
        return "postgresql://colortouch@/postgres?host=" + socket + "&options=-csearch_path%3D" + name_;
    return "mysql://root@localhost/" + name_ + "?socket=" + socket;
}

Database::~Database() {
    if (kind() == Kind::sqlite) {
        std::error_code ignored;
        std::filesystem::remove_all(name_, ignored);
        return;
    }
    try {
        Cluster::shared().sql((kind() == Kind::mysql ? "DROP DATABASE " : "DROP SCHEMA ") + name_ +
                              (kind() == Kind::mysql ? "" : " CASCADE"));
    } catch (const std::exception&) {  // it goes with its server
    }
}

}  // namespace ct::test
