// Running colortouchd: settings, backup beside a server that works, restore, stopping.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "server.h"

namespace e2e {
namespace {

/// Set for the processes that are started meanwhile.
class Variable {
  public:
    Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
    ~Variable() { ::unsetenv(name_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    const char* name_;
};

bool has(const Ran& ran, const std::string& line) { return ran.out.find(line) != std::string::npos; }

}  // namespace

TEST_CASE(
    "settings: flags before environment before file; secrets are not printed; what is wrong is told with its place") {
    const TempDir directory;
    const std::string file = (directory / "colortouchd.conf").string();
    std::ofstream(file) << "# ours\nlisten = \"127.0.0.1:1001\"\ntls-cert = \"/c.pem\"\ntls-key = \"/k.pem\"\n"
                        << "metrics-token = \"hush\"\ntrusted-proxies = [\"10.0.0.1\", \"10.0.0.2\"]\n";
    const auto print = [&](Arguments more) {
        Arguments all{program("colortouchd"), "serve", "--print-config"};
        all.insert(all.end(), more.begin(), more.end());
        return run(all);
    };
    const Ran preset = print({});
    CHECK(preset.exit_code == 0);
    CHECK(has(preset, "listen = \"127.0.0.1:8787\""));
    CHECK(has(print({"--config", file}), "listen = \"127.0.0.1:1001\""));
    {
        const Variable listen("COLORTOUCH_LISTEN", "127.0.0.1:1002");
        const Variable database("DATABASE_URL", "postgresql://me:hush@db/book");
        const Ran both = print({"--config", file});
        CHECK(has(both, "listen = \"127.0.0.1:1002\""));
        CHECK(has(both, "database-url = \"postgresql://me:***@db/book\""));
        CHECK(has(both, "trusted-proxies = \"10.0.0.1,10.0.0.2\""));
        CHECK(has(both, "tls-key = \"/k.pem\""));
        CHECK_FALSE(has(both, "hush"));
        CHECK(has(print({"--config", file, "--listen", "127.0.0.1:1003"}), "listen = \"127.0.0.1:1003\""));
        CHECK(run({program("colortouchd"), "--print-config"}).exit_code == 0);
    }
    const Variable wrong("COLORTOUCH_LISTEN", "nowhere");
    const Ran refused = print({});
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find("COLORTOUCH_LISTEN") != std::string::npos);
    std::ofstream(file) << "lisen = \"127.0.0.1:1001\"\n";
    const Ran unknown = run({program("colortouchd"), "serve", "--config", file});
    CHECK(unknown.exit_code == 2);
    CHECK(unknown.err.find("lisen") != std::string::npos);
}

TEST_CASE("backup beside a running server; restore only when it is stopped, and the laptop brings back what is newer") {
    Server server;
    server.start();
    const Laptop laptop;
    laptop.login(server);
    const std::string kept = laptop.add({"Lead", "name=Kept"});
    CHECK(laptop.ctl({"sync"}).exit_code == 0);
    const TempDir directory;
    const std::string backup = (directory / "backup.db").string();
    const Ran copied = server.command({"backup", backup});
    CHECK(copied.exit_code == 0);
    const std::string later = laptop.add({"Lead", "name=Later"});
    CHECK(laptop.ctl({"sync"}).exit_code == 0);
    CHECK(server.command({"backup", backup}).exit_code == 1);  // never over a file

    const Ran refused = server.command({"restore", backup});
    CHECK(refused.exit_code == 1);
    CHECK(refused.err.find("in use") != std::string::npos);
    CHECK(laptop.ctl({"sync"}).exit_code == 0);
    server.stop();
    CHECK(server.command({"restore", backup}).exit_code == 0);
    server.start();
    for (int i = 0; i < 3; ++i) (void)laptop.ctl({"sync"});
    const Laptop fresh;
    fresh.login(server);
    CHECK(fresh.ctl({"sync"}).exit_code == 0);
    const nlohmann::json seen = fresh.shown();
    CHECK(seen.contains(kept));
    CHECK(seen.contains(later));
    server.stop();
}

TEST_CASE("stopping ends long polls and connections at rest, and what is half sent, within ten seconds") {
    Server server;
    server.start();
    const Laptop laptop;
    laptop.login(server);
    std::vector<std::unique_ptr<Process>> slow;
    const std::string address = "/dev/tcp/127.0.0.1/" + std::to_string(server.port());
    for (const char* text :
         {"GET /api/he", "", "POST /api/sync/push HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 99\\r\\n\\r\\n{"}) {
        const std::string script =
            "exec 3<>" + address + "; printf '" + text + "' >&3; echo sent; cat <&3 >/dev/null; exec sleep 60";
        slow.push_back(std::make_unique<Process>(Arguments{"/bin/bash", "-c", script}));
        CHECK(slow.back()->first_line(std::chrono::seconds(5)) == "sent");
    }
    const auto begin = std::chrono::steady_clock::now();
    server.stop();
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

}  // namespace e2e
