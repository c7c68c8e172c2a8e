// A server without sockets, on a clock that the test moves, and clients that the test drives by hand.
#pragma once

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/uuid.h"
#include "database/database.h"
#include "server/service.h"
#include "server/storage/storage.h"

namespace ct::server::test {

using nlohmann::json;

inline constexpr PasswordCost kCheap{1, 8 * 1'024};
inline constexpr const char* kPassword = "correct horse";
inline constexpr UnixMs kStart = 1'790'000'000'000;

class HandClock final : public Clock {
  public:
    [[nodiscard]] UnixMs now() const override { return now_; }
    [[nodiscard]] SteadyMs steady() const override { return now_ - kStart; }
    void move(UnixMs by) { now_ += by; }

  private:
    std::atomic<UnixMs> now_{kStart};
};

/// The server and its workspaces. Users have kPassword. Without a URL on a new database (for SQLite: in memory).
struct Site {
    explicit Site(const std::string& url = {}, ServiceOptions options = {});

    [[nodiscard]] Workspace add_workspace(const std::string& name);
    User add_user(const std::string& email, Role role);
    User add_user(const std::string& email, Role role, const Workspace& workspace);

    [[nodiscard]] http::Response ask(const std::string& method, const std::string& path, const std::string& body = {},
                                     const std::string& token = {}) const;
    [[nodiscard]] http::Response login(const std::string& email, const std::string& password, const std::string& device,
                                       const std::string& workspace = {}) const;
    [[nodiscard]] std::string new_id() { return ids.next().str(); }

    HandClock clock;
    SeededRandom random{2'026};
    UuidGenerator ids{clock, random};  // the test's own thread only
    std::unique_ptr<ct::test::Database> own_database;
    std::unique_ptr<Storage> storage;
    std::unique_ptr<Service> service;
    Workspace workspace;  // the one that tests use unless they say otherwise
};

/// A signed-in device. One thread.
class Laptop {
  public:
    Laptop(Site& site, const std::string& email, const std::string& workspace = {});
    Laptop(const Laptop&) = delete;
    Laptop& operator=(const Laptop&) = delete;

    // Operations as JSON, stamped now. `more` replaces or adds members.
    [[nodiscard]] json create(const std::string& model, const std::string& record, json data, const json& more = {});
    [[nodiscard]] json update(const std::string& model, const std::string& record, std::int64_t base, json data,
                              const json& more = {});
    [[nodiscard]] json remove(const std::string& model, const std::string& record, std::int64_t base,
                              const json& more = {});

    /// Pushes as the next of this device's sequence; must be answered with 200. The answer's body.
    json push(const std::vector<json>& operations);
    /// Pushes one operation; its result.
    json push_one(const json& operation);
    [[nodiscard]] json push_body(const std::vector<json>& operations, std::int64_t at) const;
    [[nodiscard]] http::Response post(const std::string& path, const json& body) const;

    /// A new lead of this name; its id.
    std::string add_lead(const std::string& name, json more = json::object());
    [[nodiscard]] std::string new_id() { return ids_.next().str(); }

    /// Pulls from where it stands, and goes on from there the next time. `more` adds members.
    json pull(const json& more = {});
    /// All pages to the end, joined: the groups of all of them.
    json pull_all(const json& more = {});

    [[nodiscard]] std::string stamp(UnixMs ahead = 0);

    Site& site;
    std::string device, token, epoch, user;
    std::int64_t sequence = 0;
    json cursor;  // null before the first pull

  private:
    [[nodiscard]] json operation(const char* kind, const std::string& model, const std::string& record,
                                 std::int64_t base, const json& more);
    SeededRandom random_;
    UuidGenerator ids_;
    std::uint16_t counter_ = 0;
};

[[nodiscard]] json parsed(const http::Response& response);
/// The response is a problem of this status and code; its body.
json check_problem(const http::Response& response, int status, const std::string& code);

/// A row of a pull with its fields by name; "version" and, for what is gone, "gone" ("deleted" or "revoked") added.
struct Row {
    std::string model, id;
    json fields;
};
[[nodiscard]] std::vector<Row> rows(const json& page);
/// The only row of the page.
[[nodiscard]] Row only_row(const json& page);

}  // namespace ct::server::test
