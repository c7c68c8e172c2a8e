#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "crm/json_codec.h"
#include "crm/tables.h"
#include "sim/world.h"
#include "store/record_table.h"
#include "sync/stamp.h"

namespace ct::sim {

namespace {

using client::Edit;
using crm::Model;
using sync::OperationKind;

constexpr std::int64_t kSkewMaxMs = 3 * 60'000;

template <std::size_t N>
std::string pick(Random& random, const std::array<std::string_view, N>& from) {
    return std::string(from[random.below(N)]);
}

constexpr std::array<std::string_view, 6> kNames{"Asha Rao", "Žofie Nováková", "李小龙", "Олег Иванов",
                                                 "منى",      "O'Neill \"Bo\""};
constexpr std::array<std::string_view, 4> kCities{"Pune", "Đà Nẵng", "São Paulo", ""};

}  // namespace

Laptop::Laptop(World& world, int number, const std::string& directory)
    : world_(world),
      number_(number),
      directory_(directory),
      clock_(world.now_, static_cast<std::int64_t>(world.random().below(2 * kSkewMaxMs)) - kSkewMaxMs),
      random_(world.random().next()) {
    REQUIRE(make_directories(directory_));
}

Laptop::~Laptop() { crash(); }

void Laptop::start() {
    ++incarnation_;
    auto store = store::Store::open(directory_ + "/colortouch.db", clock_, random_, disk_);
    REQUIRE_MESSAGE(store.has_value(), (store ? "" : store.error().message));
    store_ = std::move(*store);
    client::ReplicaOptions options;
    options.tuning.batch_operations_max = 7;  // small, so that a few edits already take several of everything
    options.tuning.pull_first_limit = 3;
    options.tuning.pull_limit = 5;
    replica_ =
        std::make_unique<client::Replica>(*store_, client::Secrets(directory_ + "/token"), clock_, random_, options,
                                          client::ReplicaPorts{[this](client::NetJob job) { send(std::move(job)); },
                                                               [this] { ++incarnation_; }, [](client::Event) {}});
    replica_->start();
    arm_timer();
}

void Laptop::crash() {
    ++incarnation_;
    ++armed_;
    armed_for_ = -1;
    replica_.reset();
    store_.reset();
}

void Laptop::sign_in(const std::string& email) {
    REQUIRE(replica_->sign_in({"http://127.0.0.1:8787", email, "password of " + email, ""}));
}

void Laptop::tell(sync::Event event) {
    replica_->tell(std::move(event));
    world_.observe(*this);
}

void Laptop::send(client::NetJob job) { world_.exchange(*this, std::move(job)); }

void Laptop::arm_timer() {
    const auto due = replica_ ? replica_->due() : std::nullopt;
    if (!due) {
        ++armed_;
        armed_for_ = -1;
        return;
    }
    if (armed_for_ == *due) return;
    armed_for_ = *due;
    world_.at(*due, [this, timer = ++armed_] {
        if (timer != armed_ || !running()) return;
        armed_for_ = -1;
        tell(sync::event::TimerFired{});
    });
}

// ---- edits

std::optional<Uuid> Laptop::any_record(Model model) {
    std::vector<Uuid> ids;
    for (const auto& [id, record] : records(model)) {
        const bool nonsense = model == Model::lead && !record.fields.has(crm::field_id(Model::lead, "name"));
        if (!nonsense) ids.push_back(id);
    }
    if (ids.empty()) return std::nullopt;
    return ids[random_.below(ids.size())];
}

crm::Changes Laptop::random_changes(Model model, bool create) {
    crm::Changes changes;
    const auto set = [&](std::string_view name, crm::Value value) {
        changes.set(crm::field(model, name), std::move(value));
    };
    const auto maybe = [&] { return random_.below(3) == 0; };
    if (model == Model::lead) {
        if (create || maybe()) set("name", pick(random_, kNames) + " " + std::to_string(random_.below(100)));
        if (maybe()) set("city", pick(random_, kCities));
        if (maybe()) set("status", pick(random_, std::array<std::string_view, 3>{"PENDING", "FOLLOW_UP", "CONVERTED"}));
        if (maybe()) set("amount", static_cast<std::int64_t>(random_.below(1'000'000)));
        if (maybe()) set("phone", "+9198765" + std::to_string(10'000 + random_.below(90'000)));
        if (changes.empty()) set("email", "a" + std::to_string(random_.below(100)) + "@example.org");
        return changes;
    }
    const auto lead = any_record(Model::lead);
    if (create && lead) set("leadId", lead->str());
    if (model == Model::payment) {
        if (create || maybe()) set("amount", static_cast<std::int64_t>(random_.below(100'000)));
        if (maybe() || changes.empty())
            set("method", pick(random_, std::array<std::string_view, 3>{"CASH", "UPI", "CARD"}));
    } else if (model == Model::reminder) {
        if (create || maybe()) set("title", "Call " + std::to_string(random_.below(100)));
        if (create) set("reminderDate", clock_.now());
        if (maybe() || changes.empty()) set("isCompleted", random_.below(2) == 0);
    } else {
        set("text", "Said " + std::to_string(random_.below(100)));
    }
    return changes;
}

std::optional<Edit> Laptop::random_edit() {
    Edit edit;
    edit.model = static_cast<Model>(random_.below(crm::kModelCount));
    if (random_.below(2) == 0) edit.model = Model::lead;
    const std::uint64_t dice = random_.below(10);
    const auto existing = any_record(edit.model);
    if (dice < 3 || !existing) {
        edit.kind = OperationKind::create;
        edit.record = replica_->new_id();
        if (edit.model == Model::note && !any_record(Model::lead)) return std::nullopt;  // a note is on a lead
    } else {
        edit.kind = dice < 4 ? OperationKind::remove : OperationKind::update;
        if (crm::def(edit.model).append_only && edit.kind == OperationKind::update) return std::nullopt;
        edit.record = *existing;
    }
    if (edit.kind != OperationKind::remove)
        edit.changes = random_changes(edit.model, edit.kind == OperationKind::create);
    return edit;
}

Result<store::Committed> Laptop::save(const std::vector<Edit>& edits) {
    auto committed = replica_->commit(edits);
    if (committed) {
        for (const auto& [model, id] : committed->visible.removed) {  // created and deleted before anyone saw it
            for (const Uuid& operation : saved_of_record_[id]) saved_.erase(operation);
        }
        for (const auto& queued : queue()) {
            saved_.insert(queued.operation.id);
            saved_of_record_[queued.operation.record].insert(queued.operation.id);
        }
    }
    world_.observe(*this);
    return committed;
}

void Laptop::edit_at_random() {
    std::vector<Edit> edits;
    const std::size_t wanted = random_.below(5) == 0 ? 2 + random_.below(3) : 1;
    while (edits.size() < wanted) {
        auto edit = random_edit();
        const bool twice = edit && std::any_of(edits.begin(), edits.end(),
                                               [&](const Edit& other) { return other.record == edit->record; });
        if (edit && !twice)
            edits.push_back(std::move(*edit));
        else if (random_.below(8) == 0)
            break;
    }
    if (edits.empty()) return;
    const auto committed = save(edits);
    if (!committed && world_.failure.empty()) world_.failure = "an edit was refused: " + committed.error().message;
}

void Laptop::save_nonsense() {
    sync::Operation operation;
    operation.id = replica_->new_id();
    operation.kind = OperationKind::create;
    operation.model = Model::lead;
    operation.record = replica_->new_id();
    operation.stamp = sync::format_stamp(clock_.now(), 0, store_->state().device_id);
    operation.changes.set(crm::field_id(Model::lead, "city"), std::string("a lead without a name"));
    REQUIRE(store_->commit(std::vector{operation}, ""));
    tell(sync::event::QueueChanged{store_->queue().sendable, true});
}

void Laptop::discard_refused() {
    for (const auto& queued : queue()) {
        const bool refused = queued.state == sync::QueueState::error || queued.state == sync::QueueState::conflict;
        if (!refused) continue;
        saved_.erase(queued.operation.id);
        for (const Uuid& operation : saved_of_record_[queued.operation.record]) saved_.erase(operation);
        (void)replica_->discard(queued.operation.id);  // it may be gone with another of its group
    }
    world_.observe(*this);
}

// ---- checks

std::map<Uuid, crm::Record> Laptop::records(Model model) {
    std::map<Uuid, crm::Record> all;
    REQUIRE(store_->load(model, 100, [&](std::vector<crm::Record>&& some) {
        for (crm::Record& record : some) all.emplace(record.id, std::move(record));
    }));
    return all;
}

std::vector<sync::QueuedOperation> Laptop::queue() {
    auto listed = store_->list_queue(100'000);
    REQUIRE(listed);
    return std::move(*listed);
}

std::string Laptop::check_rebase(Model model) {
    auto connection = sqlite::Connection::open(directory_ + "/colortouch.db", true);
    REQUIRE(connection);
    store::RecordTable shadows(**connection, model, true);
    std::map<Uuid, std::vector<sync::QueuedOperation>> unsettled;
    for (auto& queued : queue()) {
        if (queued.operation.model == model) unsettled[queued.operation.record].push_back(std::move(queued));
    }
    for (const auto& [id, operations] : unsettled) {
        const auto shown = store_->get(model, id);
        const auto server = shadows.get(id);
        if (!shown || !server) return "a row cannot be read";
        if (!*shown) continue;  // revoked, with operations in error
        crm::Record base;
        base.id = id;
        base.model = model;
        base.deleted = true;
        if (*server) base = **server;
        const crm::Record expected = sync::replay(base, operations);
        if (expected.fields != (*shown)->fields || expected.deleted != (*shown)->deleted) {
            std::string text = "rule 1: laptop " + std::to_string(number_) + ": " + std::string(crm::name(model)) +
                               " " + id.str() + (expected.deleted ? " (deleted)" : "") + " should become ";
            crm::JsonWriter json(text);
            crm::write_changes(json, model, crm::difference(**shown, expected));
            return text + describe();
        }
    }
    return {};
}

std::string Laptop::describe() {
    std::string text = "\nlaptop " + std::to_string(number_) + ": " + replica_->engine().reason();
    for (const auto& queued : queue()) {
        const sync::Operation& operation = queued.operation;
        text += "\n  " + std::string(name(operation.kind)) + " " + std::string(crm::name(operation.model)) + " " +
                operation.record.str() + " base " + std::to_string(operation.base) + " " +
                std::string(name(queued.state)) + " #" + std::to_string(queued.sequence) +
                (operation.group.nil() ? "" : " group " + operation.group.str()) + " " + queued.error_code + " ";
        crm::JsonWriter json(text);
        crm::write_changes(json, operation.model, operation.changes);
    }
    return text;
}

std::string Laptop::check() {
    if (!running()) return {};
    if (!replica_->engine().invariant()) return "the engine waits for nothing: " + replica_->engine().reason();
    for (const auto& queued : queue()) {
        const bool judged = queued.state == sync::QueueState::error || queued.state == sync::QueueState::conflict ||
                            !queued.error_code.empty();
        if (queued.retry_count > 0 && !judged) return "rule 6: a transport failure cost a retry";
        if (queued.error_code == "ID_REUSED") return "rule 7: an operation that was sent was altered";
    }
    for (const crm::ModelDef& model : crm::models()) {
        if (std::string broken = check_rebase(model.model); !broken.empty()) return broken;
    }
    return {};
}

}  // namespace ct::sim
