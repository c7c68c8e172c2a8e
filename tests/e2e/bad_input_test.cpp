// Bad input of every kind: one line that says what and where, the right exit code, and nothing changed.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <thread>

#include "server.h"

using namespace e2e;
using nlohmann::json;

namespace {

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void execute(const std::filesystem::path& file, const char* sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
}

/// One line for people, and with --json one value for scripts that says the same.
void check_refused(const Laptop& laptop, const Arguments& arguments, int exit_code, const std::string& code,
                   const std::string& says, const std::string& input = {}) {
    CAPTURE(code);
    const Ran plain = laptop.ctl(arguments, input);
    CAPTURE(plain.err);
    CHECK(plain.exit_code == exit_code);
    CHECK(plain.out.empty());
    CHECK(std::count(plain.err.begin(), plain.err.end(), '\n') == 1);
    CHECK(plain.err.ends_with("\n"));
    CHECK(plain.err.find(says) != std::string::npos);
    const json error = laptop.json(arguments, exit_code, input);
    CHECK(error["error"]["code"] == code);
    CHECK(error["error"]["message"].get<std::string>().find(says) != std::string::npos);
    CHECK(error.size() == 1);
}

/// A hotel: whatever is asked, its page is the answer.
class LoginPage {
  public:
    explicit LoginPage(int port) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const int on = 1;
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(listener_, 16) == 0);
        thread_ = std::thread([this] { serve(); });
    }
    ~LoginPage() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }

  private:
    void serve() const {
        for (;;) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0) return;
            char request[65'536];
            (void)!::recv(socket, request, sizeof request, 0);
            const std::string page = "<html><body>Welcome to Hotel Paradise. Please sign in.</body></html>";
            const std::string answer =
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: " + std::to_string(page.size()) +
                "\r\nConnection: close\r\n\r\n" + page;
            (void)!::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
            ::close(socket);
        }
    }
    int listener_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("mistyped names and values change nothing") {
    const Laptop laptop;
    const std::string id = laptop.add({"lead", "name=Asha", "amount=100"});
    const std::string note = laptop.add({"note", "leadId=" + id, "text=hello"});
    const json shown = laptop.shown();
    const json queue = laptop.json({"queue", "list"});

    struct Row {
        Arguments arguments;
        const char* code;
        const char* says;
    };
    const Row rows[] = {
        {{"add", "leed", "name=x"}, "UNKNOWN_MODEL", "\"leed\" (did you mean \"Lead\"?); the models are Lead, Note"},
        {{"list", "things"}, "UNKNOWN_MODEL", "the models are Lead, Note, Payment, Reminder"},
        {{"add", "lead", "name=x", "fone=1"}, "UNKNOWN_FIELD", "\"fone\" (did you mean \"phone\"?)"},
        {{"set", "lead", id, "colour=red"}, "UNKNOWN_FIELD", "its fields are name, company"},
        {{"set", "lead", id, "createdAt=2026-01-01"}, "UNKNOWN_FIELD", "Lead.createdAt"},
        {{"set", "lead", id, "status=MAYBE"}, "INVALID_FIELD", "\"MAYBE\" is not one of PENDING, FOLLOW_UP"},
        {{"set", "lead", id, "amount=12.50"}, "INVALID_FIELD", "Lead.amount: \"12.50\" is not a whole number"},
        {{"set", "lead", id, "amount=99999999999999999999"}, "INVALID_FIELD", "too large"},
        {{"set", "lead", id, "amount=-1"}, "INVALID_FIELD", "Lead.amount"},
        {{"set", "lead", id, "phone=call me"}, "INVALID_FIELD", "Lead.phone: \"call me\" is not a phone number"},
        {{"set", "lead", id, "email=asha@"}, "INVALID_FIELD", "Lead.email: \"asha@\" is not an e-mail address"},
        {{"set", "lead", id, "enquiryDate=soon"}, "INVALID_FIELD", "Lead.enquiryDate"},
        {{"set", "lead", id, "phoneE164=+911234567890"}, "INVALID_FIELD", "computed from phone"},
        {{"set", "lead", id, "name="}, "MISSING_FIELD", "Lead.name: must not be empty"},
        {{"set", "lead", id, "name=\xff\xfe"}, "INVALID_FIELD", "Lead.name: not UTF-8 text"},
        {{"set", "lead", id, "na\xffme=x"}, "UNKNOWN_FIELD", "Lead has no field"},
        {{"set", "lead", id,
          "notes=a\x01"
          "b"},
         "INVALID_FIELD",
         "control characters"},
        {{"set", "lead", id, "name=a", "name=b"}, "USAGE", "given twice"},
        {{"set", "lead", id, "city"}, "USAGE", "\"city\" is not of the form field=value"},
        {{"set", "lead", id}, "USAGE", "FIELD=VALUE"},
        {{"set", "note", note, "text=other"}, "APPEND_ONLY", "Note"},
        {{"add", "lead", "city=Pune"}, "MISSING_FIELD", "Lead.name: is required"},
        {{"add", "payment", "amount=many"}, "INVALID_FIELD", "Payment.amount"},
        {{"add", "reminder", "title=x"}, "MISSING_FIELD", "Reminder.reminderDate"},
        {{"add", "payment", "amount=1", "leadId=someone"}, "INVALID_FIELD", "Payment.leadId"},
        {{"get", "lead", "12"}, "BAD_ID", "neither an id"},
        {{"get", "lead", "ffffffff"}, "NO_SUCH_RECORD", "no Lead"},
        {{"set", "payment", id, "amount=1"}, "NO_SUCH_RECORD", id.c_str()},
        {{"rm", "lead", "01a209d4-7a75-7b4d-9a8a-30e02e257f4c"}, "NO_SUCH_RECORD", "01a209d4"},
        {{"list", "lead", "--where", "colour=red"}, "UNKNOWN_FIELD", "\"colour\""},
        {{"list", "lead", "--where", "status=MAYBE"}, "INVALID_FIELD", "is not one of"},
        {{"list", "lead", "--where", "syncStatus=MAYBE"}, "INVALID_FIELD", "is not one of SYNCED, PENDING"},
        {{"list", "lead", "--sort", "nmae"}, "UNKNOWN_FIELD", "did you mean \"name\"?"},
        {{"list", "lead", "--limit", "few"}, "USAGE", "--limit"},
        {{"list", "lead", "--limit", "-3"}, "USAGE", "--limit"},
        {{"list", "lead", "--search", "\xff"}, "USAGE", "not UTF-8"},
        {{"sync", "--push-only", "--pull-only"}, "USAGE", "exclude each other"},
        {{"queue", "retry"}, "USAGE", "--all"},
        {{"queue", "discard", "ffffffff"}, "NO_SUCH_OPERATION", "no operation"},
        {{"queue"}, "USAGE", "subcommand"},
        {{"lsit", "lead"}, "USAGE", "\"lsit\" (did you mean \"list\"?)"},
        {{"list"}, "USAGE", "MODEL"},
        {{"list", "lead", "--colour"}, "USAGE", "--colour"},
        {{}, "USAGE", "subcommand"},
        {{"login"}, "USAGE", "--server"},
        {{"login", "--server", "nonsense", "--email", kEmail}, "BAD_URL", "\"nonsense\" is no server address"},
        {{"login", "--server", "http://a b", "--email", kEmail}, "BAD_URL", "no server address"},
        {{"login", "--server", "http://crm.example.com", "--email", kEmail}, "INSECURE_SERVER", "https"},
    };
    for (const Row& row : rows) check_refused(laptop, row.arguments, 2, row.code, row.says, kPassword + "\n");
    check_refused(laptop, {"login", "--server", "http://127.0.0.1:1", "--email", kEmail}, 2, "NO_PASSWORD",
                  "standard input");

    CHECK(laptop.shown() == shown);
    CHECK(laptop.json({"queue", "list"}) == queue);
}

TEST_CASE("a database that is not ours, damaged or newer is left as it is") {
    struct Row {
        const char* what;
        const char* code;
        void (*make)(const std::filesystem::path& file);
    };
    const Row rows[] = {
        {"a text file", "NOT_A_DATABASE",
         [](const std::filesystem::path& file) {
             std::ofstream(file) << std::string(5'000, 'x') << "my shopping list\n";
         }},
        {"another program's database", "NOT_OUR_DATABASE",
         [](const std::filesystem::path& file) {
             execute(file, "CREATE TABLE recipe (name TEXT); INSERT INTO recipe VALUES ('soup')");
         }},
        {"a newer version's", "DATABASE_NEWER",
         [](const std::filesystem::path& file) { execute(file, "PRAGMA user_version = 9999"); }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Laptop laptop;
        const std::filesystem::path file = std::filesystem::path(laptop.profile()) / "colortouch.db";
        if (std::string(row.code) == "DATABASE_NEWER") {
            (void)laptop.add({"lead", "name=Asha"});
        } else {
            std::filesystem::create_directories(laptop.profile());
        }
        row.make(file);
        const std::string before = bytes_of(file);
        REQUIRE_FALSE(before.empty());
        if (std::string(row.code) == "DATABASE_NEWER") {  // can be read, and is not touched
            CHECK(laptop.json({"list", "lead"}).size() == 1);
            check_refused(laptop, {"sync"}, 6, row.code, "colortouch.db");
        } else {
            check_refused(laptop, {"list", "lead"}, 6, row.code, "colortouch.db");
        }
        check_refused(laptop, {"add", "lead", "name=Ravi"}, 6, row.code, "colortouch.db");
        CHECK((bytes_of(file) == before));
    }
}

TEST_CASE("a directory that cannot be written") {
    const TempDir directory;
    const std::filesystem::path file = directory / "file";
    std::ofstream(file) << "a file";
    const Ran ran =
        run({program("colortouchctl"), "--profile", (file / "profile").string(), "--json", "add", "lead", "name=x"});
    CHECK(ran.exit_code == 6);
    CHECK(json::parse(ran.out)["error"]["code"] == "CANNOT_WRITE");
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    CHECK(bytes_of(file) == "a file");
    if (::geteuid() == 0) return;  // root may write everywhere: the rest would prove nothing
    const std::filesystem::path locked = directory / "locked";
    std::filesystem::create_directory(locked);
    std::filesystem::permissions(locked, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    CHECK(run({program("colortouchctl"), "--profile", locked.string(), "add", "lead", "name=x"}).exit_code == 6);
    std::filesystem::permissions(locked, std::filesystem::perms::owner_all);
}

TEST_CASE("two programs on one profile: the second says so, and goes on when the first is killed") {
    const Laptop laptop;
    (void)laptop.add({"lead", "name=Asha"});
    // It holds the profile while it waits for its password; the lock tells whose it is.
    Process first(laptop.command({"login", "--server", "http://127.0.0.1:1", "--email", kEmail}));
    const std::filesystem::path lock = std::filesystem::path(laptop.profile()) / "lock";
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (bytes_of(lock).find(std::to_string(first.pid())) == std::string::npos) {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
    }
    check_refused(laptop, {"list", "lead"}, 6, "PROFILE_IN_USE", "profile");
    check_refused(laptop, {"add", "lead", "name=Ravi"}, 6, "PROFILE_IN_USE", "profile");
    first.send(9);
    CHECK(first.finish(std::chrono::seconds(10)).signal == 9);
    CHECK(laptop.json({"list", "lead"}).size() == 1);
}

TEST_CASE("servers that are away, strange or unwilling leave the queue as it is") {
    Server server;
    server.start();
    const Laptop laptop;
    const Arguments login{"login", "--server", server.url(), "--email", kEmail};
    check_refused(laptop, {"sync"}, 5, "NO_SERVER", "No server");
    check_refused(laptop, login, 5, "UNAUTHENTICATED", "", "wrong\n");
    CHECK(laptop.json({"status"})["state"] == "signedOut");
    laptop.login(server);
    (void)laptop.add({"lead", "name=Asha"});
    const json queue = laptop.json({"queue", "list"});

    const Ran second = server.command({"serve", "--listen", "127.0.0.1:" + std::to_string(server.port())});
    CHECK(second.exit_code == 1);
    CHECK(std::count(second.err.begin(), second.err.end(), '\n') == 1);
    CHECK(second.err.find(std::to_string(server.port())) != std::string::npos);

    server.stop();
    check_refused(laptop, {"sync"}, 3, "SERVER_AWAY", "1 record is kept in the queue");
    const Laptop other;
    check_refused(other, login, 3, "OFFLINE", "", kPassword + "\n");
    {
        const LoginPage page(server.port());
        check_refused(laptop, {"sync"}, 3, "LOGIN_PAGE", "1 record is kept in the queue");
        CHECK(laptop.json({"status"})["state"] == "offline");
        check_refused(other, login, 3, "NOT_COLORTOUCH", "not", kPassword + "\n");
    }
    CHECK(laptop.json({"queue", "list"}) == queue);

    server.start();
    CHECK(laptop.json({"logout"})["pending"] == 1);
    check_refused(laptop, {"sync"}, 5, "UNAUTHENTICATED", "1 record is kept in the queue");
    CHECK(laptop.json({"login"}, 0, kPassword + "\n")["user"]["email"] == kEmail);  // server and e-mail are known
    CHECK(laptop.json({"sync"})["pushed"] == 1);
}
