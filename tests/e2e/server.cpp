#include "server.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <fstream>
#include <iterator>
#include <thread>

namespace e2e {
namespace {

constexpr std::chrono::seconds kStartWithin{10};

[[nodiscard]] Arguments with_front(Arguments front, Arguments rest) {
    front.insert(front.end(), std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
    return front;
}

}  // namespace

Server::Server() : database_("file:" + (directory_ / "server.db").string()) {
    if (ct::test::kind() != ct::test::Kind::sqlite) {
        on_server_ = std::make_unique<ct::test::Database>();
        database_ = on_server_->url();
    }
    REQUIRE(command({"workspace", "add", "Workshop"}).exit_code == 0);
    const Ran user =
        command({"user", "add", "--email", kEmail, "--name", "Asha", "--role", "MANAGER"}, kPassword + "\n");
    INFO(user.err);
    REQUIRE(user.exit_code == 0);
}

Server::Server(const std::string& database) : database_(database) {}

Server::~Server() = default;

Ran Server::command(Arguments arguments, const std::string& input) const {
    arguments.insert(arguments.end(), {"--database-url", database_});
    return run(with_front({program("colortouchd")}, std::move(arguments)), input);
}

std::string Server::log() const {
    std::ifstream file(directory_ / "server.log");
    return {std::istreambuf_iterator<char>(file), {}};
}

void Server::start(const Arguments& more) {
    const auto deadline = std::chrono::steady_clock::now() + kStartWithin;
    for (;;) {
        // Into a file: nobody reads a pipe while it serves, and a full one would hold it up.
        Arguments launch{"/bin/sh",
                         "-c",
                         "exec \"$@\" 2>>\"$0\"",
                         (directory_ / "server.log").string(),
                         program("colortouchd"),
                         "serve",
                         "--listen",
                         "127.0.0.1:" + std::to_string(port_),
                         "--database-url",
                         database_,
                         "--files",
                         files().string()};
        launch.insert(launch.end(), more.begin(), more.end());
        process_ = std::make_unique<Process>(launch);
        const auto line = process_->first_line(kStartWithin);
        const std::string expected = "listening on 127.0.0.1:";
        if (line && line->starts_with(expected)) {
            port_ = std::stoi(line->substr(expected.size()));
            return;
        }
        // The port of before may be some connection's own for a moment.
        (void)process_->finish(std::chrono::milliseconds(0));
        process_.reset();
        INFO(log());
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

void Server::stop() {
    process_->send(SIGTERM);
    const Ran ended = process_->finish(std::chrono::seconds(10));
    process_.reset();
    INFO(log());
    CHECK(ended.exit_code == 0);
}

void Server::kill() {
    process_->send(SIGKILL);
    (void)process_->finish(std::chrono::seconds(10));
    process_.reset();
}

Arguments Laptop::command(Arguments arguments) const {
    return with_front({program("colortouchctl"), "--profile", profile_}, std::move(arguments));
}

Ran Laptop::ctl(Arguments arguments, const std::string& input) const {
    return run(command(std::move(arguments)), input);
}

nlohmann::json Laptop::json(Arguments arguments, int exit_code, const std::string& input) const {
    arguments.emplace_back("--json");
    const Ran ran = ctl(std::move(arguments), input);
    INFO(ran.out, ran.err);
    REQUIRE(ran.exit_code == exit_code);
    nlohmann::json value = nlohmann::json::parse(ran.out, nullptr, false);  // one value and nothing else, or it is none
    REQUIRE_FALSE(value.is_discarded());
    return value;
}

void Laptop::login(const Server& server) const {
    const auto answer = json({"login", "--server", server.url(), "--email", kEmail}, 0, kPassword + "\n");
    REQUIRE(answer["user"]["email"] == kEmail);
}

std::string Laptop::add(Arguments arguments) const {
    arguments.insert(arguments.begin(), "add");
    return json(std::move(arguments)).at("id").get<std::string>();
}

nlohmann::json Laptop::shown() const {
    nlohmann::json all = nlohmann::json::object();
    for (const char* model : {"lead", "note", "payment", "reminder"}) {
        for (nlohmann::json record : json({"list", model})) {
            record.erase("syncStatus");
            record.erase("lastSyncedAt");
            const std::string id = record["id"];
            REQUIRE_FALSE(all.contains(id));
            all[id] = std::move(record);
        }
    }
    return all;
}

}  // namespace e2e
