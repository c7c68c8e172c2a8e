// A server and its clients in one process, without weather: each request is answered at once. For tests that look at
// one exchange closely; tests of what the weather does are the world's (world.h).
#pragma once

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "client/replica.h"
#include "crm/tables.h"
#include "server/accounts.h"
#include "server/service.h"
#include "server/storage/backup.h"

namespace ct::calm {

class OfficeClock final : public Clock {
  public:
    [[nodiscard]] UnixMs now() const override { return 1'795'000'000'000 + at; }
    [[nodiscard]] SteadyMs steady() const override { return at; }
    SteadyMs at = 0;
};

class Office {
  public:
    Office() {
        std::string name = (std::filesystem::temp_directory_path() / "ct-office-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        directory = name;
        begin();
        auto made = server::create_workspace(*storage, clock, random, "Office");
        REQUIRE(made);
        workspace = *made;
    }
    ~Office() {
        service.reset();
        storage.reset();
        std::error_code ignored;
        std::filesystem::remove_all(directory, ignored);
    }
    Office(const Office&) = delete;
    Office& operator=(const Office&) = delete;

    std::string add_user(const std::string& email, server::Role role) {
        server::Passwords passwords({1, 8 * 1'024});
        auto user = server::create_user(*storage, clock, random, passwords, workspace,
                                        {email, "Agent", "a good password", role});
        REQUIRE(user);
        return user->id;
    }
    void begin() {
        auto opened = server::open_storage(database(), random);
        REQUIRE(opened);
        storage = std::move(*opened);
        server::ServiceOptions options;
        options.password_cost = {1, 8 * 1'024};
        service = std::make_unique<server::Service>(*storage, clock, random, options);
    }
    [[nodiscard]] std::string database() const { return "file:" + directory + "/server.db"; }
    void back_up() const { REQUIRE(server::back_up(database(), directory + "/backup")); }
    /// As it was then, and another incarnation.
    void restore() {
        service.reset();
        storage.reset();
        const auto restored = server::restore(database(), directory + "/backup", clock, random);
        REQUIRE_MESSAGE(restored.has_value(), (restored ? "" : restored.error().message));
        begin();
    }
    /// SQL on the server's file, behind its back.
    void meddle(const std::string& sql) const { run_sql(directory + "/server.db", sql); }

    static void run_sql(const std::string& file, const std::string& sql) {
        sqlite3* database = nullptr;
        REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
        sqlite3_busy_timeout(database, 5'000);
        char* message = nullptr;
        const int code = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message);
        CHECK_MESSAGE(code == SQLITE_OK, (message ? message : ""));
        sqlite3_free(message);
        sqlite3_close(database);
    }

    OfficeClock clock;
    SeededRandom random{7};
    std::string directory;
    std::unique_ptr<server::Storage> storage;
    std::unique_ptr<server::Service> service;
    server::Workspace workspace;
    std::uint64_t seats = 0;  // each has chance of its own, or they would be one device
};

/// One client, signed in. Its files outlive `close`.
class Seat {
  public:
    Seat(Office& the_office, const std::string& name, const std::string& email, sync::Tuning with = {},
         sync::Witness* hears = nullptr)
        : office(the_office),
          witness(hears),
          random(11 + the_office.seats++),
          directory(the_office.directory + "/" + name),
          tuning(with) {
        std::filesystem::create_directory(directory);
        open();
        REQUIRE(replica->sign_in({"http://127.0.0.1:8787", email, "a good password", ""}));
        drain();
        REQUIRE(replica->signed_in());
    }

    void open() {
        auto opened = store::Store::open(file(), office.clock, random);
        REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message));
        store = std::move(*opened);
        client::ReplicaOptions options;
        options.tuning = tuning;
        options.witness = witness;
        replica = std::make_unique<client::Replica>(
            *store, client::Secrets(directory + "/token"), office.clock, random, options,
            client::ReplicaPorts{[this](client::NetJob job) { jobs.push_back(std::move(job)); },
                                 [this] { jobs.clear(); }, [this](client::Event event) { take(std::move(event)); }});
        replica->start();
    }
    void close() {
        jobs.clear();
        replica.reset();
        store.reset();
    }
    [[nodiscard]] std::string file() const { return directory + "/colortouch.db"; }

    void drain() {
        while (!jobs.empty()) {
            const client::NetJob job = std::move(jobs.front());
            jobs.pop_front();
            if (before_request) before_request(job);
            net::HttpOutcome outcome;
            outcome.response = office.service->handle(job.request);
            requests.push_back(job.request.path + " " + job.request.body);
            answers.push_back(outcome.response.body);
            if (lose_answers) {
                outcome = {};
                outcome.failure = net::NetFailure::timeout;
                outcome.detail = "the answer was lost";
            }
            client::NetAnswer answer = client::read_answer(job, outcome);
            answer.wall_at_answer = office.clock.now();
            replica->on_answer(std::move(answer));
        }
    }
    /// A whole round; its row of history.
    client::SyncFinished sync(const sync::event::SyncAsked& asked = {}) {
        office.clock.at += 1'000;
        finished.reset();
        replica->tell(asked);
        drain();
        REQUIRE(finished.has_value());
        return *finished;
    }
    Uuid add(crm::Model model, crm::Changes changes) {
        client::Edit edit;
        edit.kind = sync::OperationKind::create;
        edit.model = model;
        edit.record = replica->new_id();
        edit.changes = std::move(changes);
        const Uuid id = edit.record;
        save({edit});
        return id;
    }
    Uuid add_lead(const std::string& name, const std::string& owner = {}) {
        crm::Changes changes;
        changes.set(crm::field_id(crm::Model::lead, "name"), name);
        if (!owner.empty()) changes.set(crm::field_id(crm::Model::lead, "ownerId"), owner);
        return add(crm::Model::lead, std::move(changes));
    }
    Uuid add_note(const Uuid& lead, const std::string& text) {
        crm::Changes changes;
        changes.set(crm::field_id(crm::Model::note, "leadId"), lead.str());
        changes.set(crm::field_id(crm::Model::note, "text"), text);
        return add(crm::Model::note, std::move(changes));
    }
    void set(const Uuid& lead, std::string_view field, crm::Value value) {
        client::Edit edit;
        edit.model = crm::Model::lead;
        edit.record = lead;
        edit.changes.set(crm::field(crm::Model::lead, field), std::move(value));
        save({edit});
    }
    void remove(const std::vector<Uuid>& leads) {
        for (const Uuid& lead : leads) {
            client::Edit edit;
            edit.kind = sync::OperationKind::remove;
            edit.model = crm::Model::lead;
            edit.record = lead;
            save({edit});
        }
    }
    void save(const std::vector<client::Edit>& edits) {
        office.clock.at += 10;
        const auto committed = replica->commit(edits);
        REQUIRE_MESSAGE(committed.has_value(), (committed ? "" : committed.error().message));
    }
    /// A field of a record that is shown; "none" when there is no such record, "deleted" when it is.
    [[nodiscard]] std::string text(const Uuid& id, std::string_view field = "name",
                                   crm::Model model = crm::Model::lead) const {
        const auto record = store->get(model, id);
        if (!record || !*record) return record ? "none" : record.error().code;
        if ((*record)->deleted) return "deleted";
        return std::string((*record)->fields.text(crm::field(model, field)));
    }
    [[nodiscard]] std::int64_t count(crm::Model model = crm::Model::lead) const { return store->count(model).value(); }
    /// Requests to that address since the last call, their bodies.
    std::vector<std::string> asked(const std::string& path) {
        std::vector<std::string> found;
        for (const std::string& request : std::exchange(requests, {})) {
            if (request.starts_with(path + " ")) found.push_back(request.substr(path.size() + 1));
        }
        return found;
    }

    Office& office;
    sync::Witness* const witness;
    SeededRandom random;
    const std::string directory;
    sync::Tuning tuning;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<client::Replica> replica;
    std::deque<client::NetJob> jobs;
    std::vector<std::string> requests, answers;
    std::function<void(const client::NetJob&)> before_request;
    bool lose_answers = false;
    std::optional<client::SyncFinished> finished;
    client::SyncView view;

  private:
    void take(client::Event event) {
        if (auto* ended = std::get_if<client::SyncFinished>(&event)) finished = std::move(*ended);
        if (auto* changed = std::get_if<client::SyncChanged>(&event)) view = std::move(changed->view);
    }
};

}  // namespace ct::calm
