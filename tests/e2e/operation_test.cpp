// Running colortouchd: settings, backup beside a server that works, restore, stopping.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
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

TEST_CASE("other computers are not served in the clear unless that was said") {
    const TempDir directory;
    const std::string url = "file:" + (directory / "server.db").string();
    const auto serve = [&](Arguments more) {
        Arguments all{program("colortouchd"), "serve", "--database-url", url};
        all.insert(all.end(), more.begin(), more.end());
        return run(all);
    };
    for (const char* listen : {"0.0.0.0:0", "192.0.2.1:8787", "[::]:0"}) {
        CAPTURE(listen);
        const Ran refused = serve({"--listen", listen});
        CHECK(refused.exit_code == 1);
        CHECK(refused.err.find("plain-http") != std::string::npos);
    }
    const Ran told = serve({"--listen", "192.0.2.1:8787", "--plain-http"});  // nobody's address
    CHECK(told.exit_code == 1);
    CHECK(told.err.find("192.0.2.1") != std::string::npos);
    CHECK(told.err.find("plain-http") == std::string::npos);
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

TEST_CASE("certificate: one of our own making serves, and is trusted by those who were given it and by nobody else") {
    const TempDir directory;
    const std::string out = (directory / "tls").string();
    const Ran made = run({program("colortouchd"), "certificate", "--out", out, "--host", "localhost", "127.0.0.1"});
    CAPTURE(made.err);
    REQUIRE(made.exit_code == 0);
    CHECK(std::filesystem::status(out + "/key.pem").permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    CHECK(has(made, "SHA-256      "));
    CHECK(has(made, "caFile"));
    // What openssl says of it, where there is one to ask: the same fingerprint.
    const Ran shown = run({"/usr/bin/openssl", "x509", "-in", out + "/cert.pem", "-noout", "-fingerprint", "-sha256"});
    if (shown.exit_code == 0) {
        const std::string fingerprint = shown.out.substr(shown.out.find('=') + 1, 95);
        CHECK(has(made, fingerprint));
    }
    // What is there stays.
    CHECK(run({program("colortouchd"), "certificate", "--out", out, "--host", "localhost"}).exit_code == 1);
    const std::string elsewhere = (directory / "x").string();
    for (const char* host : {"", "two words", "a,DNS:b", "-x", "x/y"}) {
        CAPTURE(host);
        CHECK(run({program("colortouchd"), "certificate", "--out", elsewhere, "--host", host}).exit_code != 0);
    }
    CHECK_FALSE(std::filesystem::exists(elsewhere));

    Server server;
    server.start({"--tls-cert", out + "/cert.pem", "--tls-key", out + "/key.pem"});
    for (const char* host : {"localhost", "127.0.0.1"}) {
        CAPTURE(host);
        const std::string url = "https://" + std::string(host) + ":" + std::to_string(server.port());
        const Laptop laptop;
        const Ran stranger = laptop.ctl({"login", "--server", url, "--email", kEmail}, kPassword + "\n");
        CHECK(stranger.exit_code == 3);
        CHECK(stranger.err.find("certificate") != std::string::npos);
        const Laptop trusting;
        std::filesystem::create_directories(trusting.profile());
        std::ofstream(trusting.profile() + "/config.json") << "{\"caFile\": \"" << out << "/cert.pem\"}";
        CHECK(trusting.json({"login", "--server", url, "--email", kEmail}, 0, kPassword + "\n")["user"]["email"] ==
              kEmail);
        (void)trusting.add({"lead", "name=Asha"});
        CHECK(trusting.json({"sync"})["pushed"] == 1);
    }
    server.stop();
}

TEST_CASE("audit and devices: who changed what from where, and what waits on which laptop") {
    Server server;
    server.start();
    const Laptop laptop;
    laptop.login(server);
    const std::string lead = laptop.add({"lead", "name=Meera"});
    (void)laptop.json({"sync"});
    (void)laptop.json({"set", "lead", lead, "city=Pune"});
    (void)laptop.json({"sync"});
    const std::string payment = laptop.add({"payment", "leadId=" + lead, "amount=5"});
    (void)laptop.json({"sync", "--pull-only"});  // the payment stays there
    const Ran devices = server.command({"device", "list"});
    CHECK_MESSAGE(devices.out.find(", 1 wait there, the oldest since 20") != std::string::npos, devices.out);
    (void)laptop.json({"sync"});
    CHECK(server.command({"device", "list"}).out.find(", nothing waits there (said ") != std::string::npos);
    const Ran all = server.command({"audit"});
    CHECK(std::count(all.out.begin(), all.out.end(), '\n') == 3);
    CHECK(all.out.find("applied  UPDATE Lead " + lead + "  version 2  by Asha on ") != std::string::npos);
    CHECK(all.out.find("{\"city\":\"Pune\"}") != std::string::npos);
    CHECK(all.out.find("UPDATE") < all.out.find("\"Meera\""));  // the newest first
    const Ran one = server.command({"audit", "--record", payment, "--email", kEmail});
    CHECK(std::count(one.out.begin(), one.out.end(), '\n') == 1);
    CHECK(server.command({"audit", "--email", "nobody@example.com"}).exit_code == 1);
    CHECK(server.command({"user", "disable", "--email", kEmail}).exit_code == 0);
    CHECK(server.command({"user", "enable", "--email", kEmail}).exit_code == 0);
    const Ran accounts = server.command({"audit", "--accounts", "--email", kEmail});
    CHECK(std::count(accounts.out.begin(), accounts.out.end(), '\n') == 4);
    CHECK(accounts.out.find("  ENABLED  Asha  by the server's operator\n") != std::string::npos);
    CHECK(accounts.out.find("  SIGNED_IN  Asha  ") != std::string::npos);
    CHECK(server.command({"audit", "--accounts", "--record", payment}).exit_code == 2);
    CHECK(server.command({"user", "role", "--email", kEmail, "--role", "employee"}).exit_code == 0);
    CHECK(server.command({"user", "list"}).out.find("  EMPLOYEE  " + std::string(kEmail)) != std::string::npos);
    CHECK(server.command({"audit", "--accounts"}).out.find("  ROLE_CHANGED  Asha  EMPLOYEE  by the server's") !=
          std::string::npos);
    CHECK(server.command({"user", "role", "--email", kEmail}).exit_code == 2);
    CHECK(server.command({"user", "role", "--email", kEmail, "--role", "KING"}).exit_code == 2);
    CHECK(server.command({"user", "role", "--email", "nobody@example.com", "--role", "ADMIN"}).exit_code == 1);
    server.stop();
}

}  // namespace e2e
