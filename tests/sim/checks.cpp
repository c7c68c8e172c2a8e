#include "sim/checks.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "sim/laptop.h"
#include "sim/rows.h"
#include "sim/world.h"
#include "store/queue_table.h"
#include "store/record_table.h"
#include "sync/stamp.h"

namespace ct::sim {

namespace {

using crm::Model;
using nlohmann::json;
using sync::QueuedOperation;
using sync::QueueState;

std::string text_of(const crm::ValueView& value) {
    if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "1" : "0";
    return {};
}

bool failed(const QueuedOperation& queued) {
    return queued.state == QueueState::error || queued.state == QueueState::conflict;
}

/// A person decided for an edit of a record that a rebuilt database has not: the server, which had deleted it, sends
/// no tombstones from the start on. A part of a record is not shown; the answer to the edit brings all of it.
bool of_unknown_record(const QueuedOperation& queued) {
    return queued.operation.kind == sync::OperationKind::update && queued.operation.base == 0 &&
           queued.operation.policy == crm::Policy::force;
}

std::string name_of(const crm::Record& record) { return std::string(crm::name(record.model)) + " " + record.id.str(); }

// ---- one laptop

/// Rule 1: the server's record as last heard of, with the own unsettled operations on it.
/// `connection`: to the laptop's file, opened when it is first needed.
std::string check_rebase(Laptop& laptop, Model model, const std::vector<QueuedOperation>& queue,
                         std::unique_ptr<sqlite::Connection>& connection) {
    std::map<Uuid, std::vector<QueuedOperation>> unsettled;
    for (const auto& queued : queue) {
        if (queued.operation.model == model) unsettled[queued.operation.record].push_back(queued);
    }
    if (unsettled.empty()) return {};
    if (!connection) {
        auto opened = sqlite::Connection::open(laptop.file(), true);
        if (!opened) return "the laptop's database cannot be read";
        connection = std::move(*opened);
    }
    store::RecordTable shadows(*connection, model, true);
    for (const auto& [id, operations] : unsettled) {
        const auto shown = laptop.store().get(model, id);
        const auto server = shadows.get(id);
        if (!shown || !server) return "a row of " + laptop.name() + " cannot be read";
        const bool refused = std::any_of(operations.begin(), operations.end(), failed);
        const bool stuck = std::all_of(operations.begin(), operations.end(), [&](const QueuedOperation& queued) {
            return failed(queued) || queued.state == QueueState::sent ||
                   (refused && queued.state == QueueState::parked);
        });
        if (!*shown && (stuck || laptop.lacks_records)) continue;  // stuck: revoked, in error, behind that or under way
        if (!*shown && !*server && std::all_of(operations.begin(), operations.end(), of_unknown_record)) continue;
        if (!*shown) return "rule 1: " + laptop.name() + " has edits of a record that it does not have: " + id.str();
        crm::Record base;
        base.id = id;
        base.model = model;
        base.deleted = true;
        if (*server) base = **server;
        const crm::Record expected = sync::replay(base, operations);
        if (expected.fields == (*shown)->fields && expected.deleted == (*shown)->deleted) continue;
        return "rule 1: " + laptop.name() + ": " + name_of(expected) + (expected.deleted ? " (deleted)" : "") +
               " should become " + as_json(model, crm::difference(**shown, expected)).dump() + laptop.describe();
    }
    return {};
}

/// Waiting and being sent look alike in the window: events do not tell of a batch that leaves.
crm::SyncStatus mark_of(crm::SyncStatus status) {
    return status == crm::SyncStatus::syncing ? crm::SyncStatus::pending : status;
}

/// What the window shows, by events alone, is what the store holds.
std::string check_window(Laptop& laptop, Model model) {
    if (laptop.loads()) return {};
    std::string what;
    std::size_t count = 0;
    const auto loaded = laptop.store().load(model, 100, [&](std::vector<crm::Record>&& some) {
        for (const crm::Record& record : some) {
            ++count;
            const auto at = laptop.shown(model).find(record.id);
            if (!what.empty()) continue;
            if (at == laptop.shown(model).end())
                what = "is not shown";
            else if (at->second.fields != record.fields || at->second.version != record.version)
                what = "is shown otherwise than it is stored";
            else if (mark_of(at->second.sync_status) != mark_of(record.sync_status))
                what = "is shown as " + std::string(crm::name(at->second.sync_status)) + " and is " +
                       std::string(crm::name(record.sync_status));
            if (!what.empty()) what = "window: " + laptop.name() + ": " + name_of(record) + " " + what;
        }
    });
    if (!loaded) return laptop.name() + " cannot load: " + loaded.error().message;
    if (what.empty() && count != laptop.shown(model).size())
        what = "window: " + laptop.name() + " shows a " + std::string(crm::name(model)) + " that is not stored";
    return what.empty() ? what : what + laptop.describe();
}

std::string check_queue(Laptop& laptop, const std::vector<QueuedOperation>& queue) {
    const store::QueueSummary& summary = laptop.store().queue();
    std::int64_t sendable = 0;
    for (const auto& queued : queue) {
        if (queued.state == QueueState::queued || queued.state == QueueState::sent) ++sendable;
        const bool judged = failed(queued) || !queued.error_code.empty();
        if (queued.retry_count > 0 && !judged) return "rule 6: a transport failure cost a retry" + laptop.describe();
        if (queued.error_code == "ID_REUSED" && !laptop.was_restored)
            return "rule 7: an operation that was sent was altered" + laptop.describe();
    }
    if (summary.operations != static_cast<std::int64_t>(queue.size()) || summary.sendable != sendable)
        return "the count of the queue is wrong: " + std::to_string(summary.operations) + ", " +
               std::to_string(summary.sendable) + " sendable" + laptop.describe();
    if (!queue.empty() && laptop.replica().engine().reason().empty())
        return "edits wait and no reason is given" + laptop.describe();
    return {};
}

// ---- the world

/// Rule 2: everyone shows exactly what the server holds for its user.
std::string check_convergence(World& world, Reader& server, Laptop& laptop, Model model) {
    const crm::ModelDef& def = crm::def(model);
    std::string sql = "SELECT id, version, deleted, created_at, updated_at, owner_id, extra";
    for (const crm::FieldDef& field : def.fields) sql += ", \"" + std::string(field.name) + "\"";
    sql += " FROM \"" + std::string(def.table) + "\" WHERE workspace_id=" + world.workspace_id(laptop.seat().workspace);
    std::size_t visible = 0;
    for (const Row& row : server.rows(sql)) {
        const bool sees = laptop.seat().sees_all || row[5] == laptop.user_id();
        if (row[2] == "1" || !sees) continue;
        ++visible;
        const std::string where = "rule 2: " + laptop.name() + ", " + std::string(def.name) + " " + row[0];
        const auto at = laptop.shown(model).find(*Uuid::parse(row[0]));
        if (at == laptop.shown(model).end())
            return where + " is missing (version " + row[1] + ")" + laptop.describe() + history(world, row[0]);
        const crm::Record& mine = at->second;
        std::string differs;
        const auto compare = [&](std::string_view what, const std::string& here, const std::string& there) {
            if (here != there) differs += " " + std::string(what) + " is \"" + here + "\", not \"" + there + "\"";
        };
        for (std::size_t i = 0; i < def.fields.size(); ++i)
            compare(def.fields[i].name, text_of(mine.fields.get(static_cast<crm::FieldId>(i))), row[7 + i]);
        compare("version", std::to_string(mine.version), row[1]);
        compare("created", std::to_string(mine.created_at), row[3]);
        compare("updated", std::to_string(mine.updated_at), row[4]);
        const json extra = mine.extra.empty() ? json::object() : json::parse(mine.extra.view());
        if (extra != (row[6].empty() ? json::object() : json::parse(row[6])))
            compare("extra", mine.extra.str(), row[6]);
        if (!differs.empty()) return where + differs + history(world, row[0]);
    }
    if (visible == laptop.shown(model).size()) return {};
    for (const auto& [id, record] : laptop.shown(model)) {
        const auto found = server.rows("SELECT deleted, owner_id FROM \"" + std::string(def.table) +
                                       "\" WHERE workspace_id=" + world.workspace_id(laptop.seat().workspace) +
                                       " AND id='" + id.str() + "'");
        const bool there =
            !found.empty() && found[0][0] == "0" && (laptop.seat().sees_all || found[0][1] == laptop.user_id());
        if (!there)
            return "rule 2: " + laptop.name() + ": " + name_of(record) + " should be gone" + history(world, id.str());
    }
    return "rule 2: " + laptop.name() + " shows another number of records than there are";
}

/// Rule 3: what was reported saved was received, whoever joined it with what.
std::string check_promises(World& world, Reader& server) {
    std::map<std::string, std::map<std::string, std::set<std::string>>> received;  // record, field: JSON texts
    std::set<std::string> removed;
    for (const Row& row : server.rows("SELECT record_id, data, operation FROM operation_log")) {
        if (row[2] == "DELETE") removed.insert(row[0]);
        if (row[1].empty()) continue;
        const json data = json::parse(row[1]);
        for (const auto& item : data.items()) received[row[0]][item.key()].insert(item.value().dump());
    }
    for (const auto& laptop : world.laptops()) {
        for (const auto& [id, promise] : laptop->ledger().promises()) {
            const auto& fields = received[id.str()];
            for (const auto& [field, accepted] : promise.fields) {
                const auto at = fields.find(field);
                const bool found = at != fields.end() && std::any_of(accepted.begin(), accepted.end(), [&](auto& text) {
                                       return at->second.contains(text);
                                   });
                if (!found)
                    return "rule 3: " + laptop->name() + " saved " + field + " of " + id.str() + " as " +
                           (accepted.empty() ? "?" : *accepted.begin()) + ", and it is nowhere" +
                           history(world, id.str());
            }
        }
    }
    return {};
}

/// Rule 3 where the server forgot: the laptops have healed it, and no record is gone that nobody deleted.
std::string check_healed(World& world, Reader& server) {
    std::set<std::string> there;
    for (const crm::ModelDef& model : crm::models()) {
        for (const Row& row : server.rows("SELECT id FROM \"" + std::string(model.table) + "\"")) {
            there.insert(row[0]);
        }
    }
    for (const auto& laptop : world.laptops()) {
        for (const auto& [id, promise] : laptop->ledger().promises()) {
            if (promise.created && !there.contains(id.str()))
                return "rule 3: the restored server was never given back " + id.str() + history(world, id.str());
        }
    }
    return {};
}

struct Winner {
    std::string stamp;
    json value;
};

/// Records whose fields are not decided by stamps alone: somebody decided, merged, or had a clock in the future.
std::set<std::string> decided_otherwise(Reader& server) {
    std::set<std::string> records;
    for (const Row& row : server.rows("SELECT record_id, policy, stamp, received_at, data FROM operation_log")) {
        const bool ahead = sync::stamp_ms(row[2]) > std::stoll(row[3]) + sync::kStampAheadMaxMs;
        const bool merges = row[4].find("mergedInto") != std::string::npos;
        if (row[1] == "force" || ahead || merges) records.insert(row[0]);
        if (!merges) continue;
        const json into = json::parse(row[4])["mergedInto"];  // what is for the one lands on the other
        if (into.is_string()) records.insert(into.get<std::string>());
    }
    for (const Row& row : server.rows("SELECT id FROM lead WHERE \"mergedInto\" IS NOT NULL")) records.insert(row[0]);
    return records;
}

/// The server gives an employee's lead its owner, and what hangs on a merged lead its survivor.
bool decided_by_stamp(const crm::FieldDef& field) {
    return field.merge == crm::Merge::replace && !field.derived() && field.type != crm::FieldType::instant &&
           field.name != "ownerId" && field.name != "leadId";
}

/// Rule 4, for fields that are replaced: among the operations accepted for it, the largest stamp wins.
std::string check_largest_stamp(World& world, Reader& server, const crm::ModelDef& model,
                                const std::set<std::string>& skip) {
    std::map<std::pair<std::string, std::string>, Winner> winners;  // by record and field
    for (const Row& row :
         server.rows("SELECT record_id, stamp, data, lost FROM operation_log WHERE model='" + std::string(model.name) +
                     "' AND verdict IN ('applied','merged','superseded') AND data IS NOT NULL")) {
        if (skip.contains(row[0])) continue;
        const json data = json::parse(row[2]), lost = row[3].empty() ? json::object() : json::parse(row[3]);
        for (const auto& item : data.items()) {
            if (lost.contains(item.key())) continue;
            Winner& winner = winners[{row[0], item.key()}];
            if (row[1] > winner.stamp) winner = {row[1], item.value()};
        }
    }
    std::string columns;
    for (const crm::FieldDef& field : model.fields) columns += ", \"" + std::string(field.name) + "\"";
    for (const Row& row :
         server.rows("SELECT id" + columns + " FROM \"" + std::string(model.table) + "\" WHERE deleted=0")) {
        for (std::size_t i = 0; i < model.fields.size(); ++i) {
            const auto at = winners.find({row[0], std::string(model.fields[i].name)});
            if (!decided_by_stamp(model.fields[i]) || at == winners.end()) continue;
            const json& value = at->second.value;
            const std::string expected = value.is_string()    ? value.get<std::string>()
                                         : value.is_null()    ? ""
                                         : value.is_boolean() ? (value.get<bool>() ? "1" : "0")
                                                              : value.dump();
            if (expected == row[1 + i]) continue;
            return "rule 4: " + at->first.second + " of " + row[0] + " is \"" + row[1 + i] +
                   "\", the largest stamp says \"" + expected + "\"" + history(world, row[0]);
        }
    }
    return {};
}

/// Each accepted operation took the next version, once.
std::string check_versions(World& world, Reader& server) {
    const auto doubled = server.rows(
        "SELECT workspace_id, version, count(*), min(record_id) FROM operation_log WHERE verdict "
        "IN ('applied') AND result IS NULL GROUP BY 1, 2 HAVING count(*) > 1");
    if (doubled.empty()) return {};
    return "version " + doubled[0][1] + " was given to " + doubled[0][2] + " operations" +
           history(world, doubled[0][3]);
}

std::string check_workspaces(Reader& server) {
    for (const crm::ModelDef& model : crm::models()) {
        std::string any;
        for (const crm::FieldDef& field : model.fields)
            any += (any.empty() ? "\"" : " OR \"") + std::string(field.name) + "\" LIKE '%(of the others)%'";
        const auto found =
            server.rows("SELECT id FROM \"" + std::string(model.table) + "\" WHERE workspace_id=1 AND (" + any + ")");
        if (!found.empty()) return "workspaces: the first holds what is of the second: " + found[0][0];
    }
    return {};
}

}  // namespace

std::string check_laptop(World& world, Laptop& laptop) {
    (void)world;
    if (!laptop.running()) return {};
    const sync::Engine& engine = laptop.replica().engine();
    if (!engine.invariant()) return laptop.name() + ": the engine waits for nothing: " + engine.reason();
    const auto queue = laptop.queue();
    if (std::string what = check_queue(laptop, queue); !what.empty()) return what;
    std::unique_ptr<sqlite::Connection> connection;
    for (const crm::ModelDef& model : crm::models()) {
        if (std::string what = check_rebase(laptop, model.model, queue, connection); !what.empty()) return what;
        if (std::string what = check_window(laptop, model.model); !what.empty()) return what;
    }
    return laptop.check_monotonic();
}

std::string check_held_back(Laptop& laptop) {
    if (!laptop.running()) return laptop.name() + " does not run";
    const auto queue = laptop.queue();
    std::set<Uuid> stuck;  // records and groups behind which others may wait
    const auto add = [&stuck](const QueuedOperation& queued) {
        stuck.insert(queued.operation.record);
        if (!queued.operation.group.nil()) stuck.insert(queued.operation.group);
    };
    for (const auto& queued : queue) {
        if (failed(queued)) add(queued);
    }
    for (std::size_t before = 0; before != stuck.size();) {
        before = stuck.size();
        for (const auto& queued : queue) {
            if (queued.state != QueueState::parked) continue;
            const auto parent = store::QueueTable::parent_of(queued.operation);
            const bool waits = stuck.contains(queued.operation.record) || stuck.contains(parent) ||
                               (!queued.operation.group.nil() && stuck.contains(queued.operation.group));
            if (waits) add(queued);
        }
    }
    for (const auto& queued : queue) {
        if (queued.state != QueueState::parked || stuck.contains(queued.operation.record)) continue;
        return "rule 5: " + laptop.name() + " holds back " + queued.operation.id.str() + ", and nothing is in its way" +
               laptop.describe();
    }
    return {};
}

std::string check_world(World& world) {
    Reader server(world.server_file());
    for (auto& laptop : world.laptops()) {
        for (const crm::ModelDef& model : crm::models()) {
            if (std::string what = check_convergence(world, server, *laptop, model.model); !what.empty()) return what;
        }
    }
    if (std::string what = world.server_restores > 0 ? check_healed(world, server) : check_promises(world, server);
        !what.empty())
        return what;
    if (world.server_restores == 0) {
        if (std::string what = check_versions(world, server); !what.empty()) return what;
    }
    if (world.server_restores == 0 && !world.copies_about) {
        const auto skip = decided_otherwise(server);
        for (const crm::ModelDef& model : crm::models()) {
            if (std::string what = check_largest_stamp(world, server, model, skip); !what.empty()) return what;
        }
    }
    return check_workspaces(server);
}

std::string history(World& world, const std::string& record) {
    Reader server(world.server_file());
    std::string text;
    for (const Row& row :
         server.rows("SELECT id, operation, verdict, version, base, stamp, policy, data, lost, received_at FROM "
                     "operation_log WHERE record_id='" +
                     record + "' ORDER BY received_at, version")) {
        text += "\n   ";
        for (const std::string& column : row) text += " " + (column.empty() ? "-" : column);
    }
    return text;
}

}  // namespace ct::sim
