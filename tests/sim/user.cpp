// What the person in front of a laptop does: edits as people make them, and decisions.
#include <algorithm>

#include "client/merge_leads.h"
#include "crm/tables.h"
#include "sim/laptop.h"
#include "sync/stamp.h"

namespace ct::sim {

namespace {

using client::Edit;
using crm::Model;
using sync::OperationKind;
using sync::QueueState;

template <std::size_t N>
std::string pick(Random& random, const std::array<std::string_view, N>& from) {
    return std::string(from[random.below(N)]);
}

constexpr std::array<std::string_view, 6> kNames{"Asha Rao", "Žofie Nováková", "李小龙", "Олег Иванов",
                                                 "منى",      "O'Neill \"Bo\""};
constexpr std::array<std::string_view, 4> kCities{"Pune", "Đà Nẵng", "São Paulo", ""};
constexpr std::array<std::string_view, 4> kStatuses{"PENDING", "FOLLOW_UP", "CONVERTED", "REJECTED"};
constexpr std::array<std::string_view, 3> kMethods{"CASH", "UPI", "CARD"};
constexpr std::array<std::string_view, 3> kPaid{"PENDING", "COMPLETED", "FAILED"};
constexpr std::array<std::string_view, 5> kLabels{"big", "fair", "old", "vip", "zone 3"};

std::string digits(Random& random, std::uint64_t below) { return std::to_string(random.below(below)); }

/// Adds a label or takes one away, as a person does who looks at the present ones.
std::string relabelled(Random& random, std::string_view present) {
    std::vector<std::string> labels;
    for (const std::string_view label : kLabels) {
        const bool there =
            ("\n" + std::string(present) + "\n").find("\n" + std::string(label) + "\n") != std::string::npos;
        if (there != (random.below(4) == 0)) labels.emplace_back(label);
    }
    std::string text;
    for (const std::string& label : labels) text += (text.empty() ? "" : "\n") + label;
    return text;
}

constexpr std::size_t kAskedFor = 50;  // removals (store/brake.cpp)

/// A line more, or one changed.
std::string rewritten(Random& random, std::string_view present) {
    const std::string line = "line " + digits(random, 1'000);
    if (present.empty()) return line;
    if (random.below(3) == 0) return line + "\n" + std::string(present);
    if (random.below(3) == 0) return std::string(present.substr(0, present.find('\n'))) + ", " + line;
    return std::string(present) + "\n" + line;
}

}  // namespace

/// Text of the second workspace can be told from the first's, wherever it turns up.
std::string Laptop::marked(std::string text) const {
    return text.empty() || seat_.workspace == 0 ? text : text + " (of the others)";
}

const crm::Record* Laptop::any_record(Random& random, Model model) const {
    std::vector<const crm::Record*> some;
    for (const auto& [id, record] : shown(model)) {
        const bool nonsense = model == Model::lead && !record.fields.has(crm::field_id(Model::lead, "name"));
        if (!nonsense && !client::merged_away(record)) some.push_back(&record);
    }
    return some.empty() ? nullptr : some[random.below(some.size())];
}

std::vector<std::pair<Model, Uuid>> Laptop::children_of(const Uuid& lead) const {
    std::vector<std::pair<Model, Uuid>> children;
    for (const crm::ModelDef& model : crm::models()) {
        if (!model.parent) continue;
        for (const auto& [id, record] : shown(model.model)) {
            if (record.fields.text(*model.parent) == lead.str()) children.emplace_back(model.model, id);
        }
    }
    return children;
}

crm::Changes Laptop::random_changes(Random& random, Model model, bool create) {
    crm::Changes changes;
    const auto set = [&](std::string_view name, crm::Value value) {
        changes.set(crm::field(model, name), std::move(value));
    };
    const auto maybe = [&] { return random.below(3) == 0; };
    if (model == Model::lead) {
        if (create || maybe()) set("name", marked(pick(random, kNames) + " " + digits(random, 100)));
        if (maybe()) set("city", marked(pick(random, kCities)));
        if (maybe()) set("status", pick(random, kStatuses));
        if (maybe()) set("amount", static_cast<std::int64_t>(random.below(1'000'000)));
        if (maybe()) set("phone", "+9198765" + std::to_string(10'000 + random.below(90'000)));
        if (create && seat_.sees_all && random.below(4) == 0 && seat_.workspace == 0)
            set("ownerId", office().user_ids.at(random.below(2) == 0 ? "agent2@example.org" : "agent3@example.org"));
        if (changes.empty()) set("email", "a" + digits(random, 100) + "@example.org");
        return changes;
    }
    if (create) {
        if (const auto* lead = any_record(random, Model::lead)) set("leadId", lead->id.str());
    }
    if (model == Model::payment) {
        if (create || maybe()) set("amount", static_cast<std::int64_t>(random.below(100'000)));
        if (maybe()) set("status", pick(random, kPaid));
        if (maybe() || changes.empty()) set("method", pick(random, kMethods));
    } else if (model == Model::reminder) {
        if (create || maybe()) set("title", marked("Call " + digits(random, 100)));
        if (create) set("reminderDate", clock_.now());
        if (maybe() || changes.empty()) set("isCompleted", random.below(2) == 0);
    } else {
        set("text", marked("Said " + digits(random, 100)));
    }
    return changes;
}

std::optional<Edit> Laptop::random_edit(Random& random) {
    Edit edit;
    edit.model = static_cast<Model>(random.below(crm::kModelCount));
    if (random.below(2) == 0) edit.model = Model::lead;
    const crm::Record* existing = any_record(random, edit.model);
    if (random.below(10) < 3 || existing == nullptr || crm::def(edit.model).append_only) {
        const bool needs_lead = edit.model == Model::note || (edit.model != Model::lead && !seat_.sees_all);
        if (needs_lead && any_record(random, Model::lead) == nullptr) edit.model = Model::lead;
        edit.kind = OperationKind::create;
        edit.record = replica_->new_id();
        edit.changes = random_changes(random, edit.model, true);
        return edit;
    }
    edit.record = existing->id;
    edit.changes = random_changes(random, edit.model, false);
    if (edit.model != Model::lead) return edit;
    const auto text = [&](std::string_view field) { return existing->fields.text(crm::field(edit.model, field)); };
    if (random.below(4) == 0)
        edit.changes.set(crm::field_id(Model::lead, "labels"), relabelled(random, text("labels")));
    if (random.below(4) == 0) edit.changes.set(crm::field_id(Model::lead, "notes"), rewritten(random, text("notes")));
    return edit;
}

/// One save: what the program says afterwards is what must hold.
void Laptop::save(std::vector<Edit> edits) {
    if (edits.empty()) return;
    const std::vector<Edit> as_made = edits;
    world_.trace([&] {
        std::string text = name() + " saves";
        for (const Edit& edit : edits) {
            text += " " + std::string(sync::name(edit.kind)) + " " + std::string(crm::name(edit.model)) + " " +
                    edit.record.str() + " " + as_json(edit.model, edit.changes).dump();
        }
        return text;
    });
    const auto committed = replica_->commit(edits);
    if (committed) show(committed->visible);
    const bool alive = !disk_.dead();
    if (committed && alive) {
        ledger_.saved(as_made);
        for (const auto& [model, id] : committed->visible.removed) ledger_.forget(id);
        for (const Edit& edit : as_made) {  // read your writes
            const auto stored = store_->get(edit.model, edit.record);
            const bool gone = stored && (!*stored || (*stored)->deleted);
            bool seen = stored.has_value() && gone == (edit.kind == OperationKind::remove);
            for (const auto& [field, value] : edit.changes.fields) {
                const bool empty = crm::absent(crm::view(value)) || value == crm::Value{std::string{}};
                seen = seen && (*stored)->fields.get(field) == (empty ? crm::ValueView{} : crm::view(value));
            }
            if (!seen)
                world_.broken("causality: " + name() + " does not see what it just saved of " + edit.record.str());
        }
    } else if (!alive || disk_.flush_failed()) {
        ledger_.perhaps(as_made);
    } else if (committed.error().kind != ErrorKind::disk) {
        world_.broken("an edit was refused: " + committed.error().code + " " + committed.error().message);
    } else {
        for (const Edit& edit : as_made) {  // refused before it was called saved: nothing of it is there
            if (edit.kind != OperationKind::create) continue;
            const auto stored = store_->get(edit.model, edit.record);
            if (stored && *stored && !(*stored)->deleted && !shown(edit.model).contains(edit.record))
                world_.broken("rule 3: " + name() + " refused an edit and kept it: " + edit.record.str());
        }
    }
    observe();
}

void Laptop::edit(Random& random, std::size_t count) {
    std::vector<Edit> edits;
    for (std::size_t tries = 0; edits.size() < count && tries < 4 * count; ++tries) {
        auto one = random_edit(random);
        const bool twice = one && std::any_of(edits.begin(), edits.end(),
                                              [&](const Edit& other) { return other.record == one->record; });
        if (one && !twice) edits.push_back(std::move(*one));
    }
    save(std::move(edits));
}

/// Many saves at once, each for itself, as the import of a file makes them.
void Laptop::import(Random& random) {
    std::vector<client::Commit> saves;
    const std::size_t count = 5 + random.below(15);
    for (std::size_t i = 0; i < count; ++i) {
        Edit edit;
        edit.kind = OperationKind::create;
        edit.model = Model::lead;
        edit.record = replica_->new_id();
        edit.changes = random_changes(random, edit.model, true);
        saves.push_back({++tickets_, {edit}});
        saving_[tickets_] = {std::move(edit)};
    }
    replica_->commit(saves);
    if (!running()) return;
    observe();
}

void Laptop::remove(Random& random) {
    const auto model = static_cast<Model>(random.below(crm::kModelCount));
    const crm::Record* record = any_record(random, model);
    if (record == nullptr) return;
    Edit edit;
    edit.kind = OperationKind::remove;
    edit.model = model;
    edit.record = record->id;
    save({edit});
}

/// Out of the trash: what is deleted is created again.
void Laptop::restore(Random& random) {
    for (const auto& [id, promise] : ledger_.promises()) {
        if (!promise.removed || random.below(2) == 0) continue;
        const auto stored = store_->get(promise.model, id);
        if (!stored || !*stored || !(*stored)->deleted) continue;
        if (crm::def(promise.model).append_only) continue;
        Edit edit;
        edit.kind = OperationKind::create;
        edit.model = promise.model;
        edit.record = id;
        edit.changes = random_changes(random, promise.model, true);
        return save({edit});
    }
}

void Laptop::merge(Random& random) {
    const crm::Record *survivor = any_record(random, Model::lead), *other = any_record(random, Model::lead);
    if (survivor == nullptr || survivor == other) return;
    auto edits = client::merge_edits(*survivor, *other, children_of(other->id));
    if (edits) save(std::move(*edits));
}

void Laptop::unmerge(Random& random) {
    for (const auto& [id, record] : shown(Model::lead)) {
        if (!client::merged_away(record) || random.below(2) == 0) continue;
        const auto survivor = Uuid::parse(record.fields.text(crm::field_id(Model::lead, "mergedInto")));
        auto edits = client::unmerge_edits(record, survivor ? children_of(*survivor) : decltype(children_of(id)){});
        if (edits) save(std::move(*edits));
        return;
    }
}

void Laptop::hand_over(Random& random) {
    const crm::Record* lead = any_record(random, Model::lead);
    if (lead == nullptr || !seat_.sees_all || seat_.workspace != 0) return;
    constexpr std::array<std::string_view, 3> kTo{"agent2@example.org", "agent3@example.org", "agent1@example.org"};
    Edit edit;
    edit.model = Model::lead;
    edit.record = lead->id;
    edit.changes.set(crm::field_id(Model::lead, "ownerId"), office().user_ids.at(pick(random, kTo)));
    save({edit});
}

void Laptop::foreign_field(Random& random) {
    const crm::Record* lead = any_record(random, Model::lead);
    if (lead == nullptr) return;
    Edit edit;
    edit.model = Model::lead;
    edit.record = lead->id;
    edit.changes.extra = random.below(2) == 0 ? "{\"shoeSize\":" + digits(random, 50) + "}"
                                              : "{\"motto\":\"" + marked("ever on " + digits(random, 9)) + "\"}";
    save({edit});
}

void Laptop::nonsense(Random&) {
    sync::Operation operation;
    operation.id = replica_->new_id();
    operation.kind = OperationKind::create;
    operation.model = Model::lead;
    operation.record = replica_->new_id();
    operation.stamp = sync::format_stamp(clock_.now(), 0, store_->state().device_id);
    operation.changes.set(crm::field_id(Model::lead, "city"), marked("a lead without a name"));
    const auto committed = store_->commit(std::vector{operation}, "");
    if (committed) show(committed->visible);
    tell(sync::event::QueueChanged{store_->queue().sendable, true});
}

// ---- decisions

/// What is decided about an operation is decided about its record: earlier promises hold no more.
void Laptop::given_up(const sync::QueuedOperation& queued) {
    ledger_.forget(queued.operation.record);
    if (queued.operation.group.nil()) return;
    for (const auto& other : queue()) {
        if (other.operation.group == queued.operation.group) ledger_.forget(other.operation.record);
    }
}

void Laptop::decide(Random& random, bool all) {
    const auto open = store_->conflicts();
    if (!open) return observe();
    for (const store::Conflict& conflict : *open) {
        if (!all && random.below(3) == 0) continue;
        store::Resolution resolution;
        resolution.otherwise = random.below(2) == 0 ? store::Side::mine : store::Side::theirs;
        for (const store::ConflictField& field : conflict.fields) {
            if (random.below(3) == 0) resolution.fields.push_back({field.field, store::Side::theirs});
        }
        given_up(conflict.queued);
        const auto decided = replica_->resolve(conflict.queued.operation.id, resolution);
        if (decided) show(*decided);
        world_.trace([&] {
            return name() + " decides " + conflict.queued.operation.id.str() + ": " +
                   (decided ? "done" : decided.error().code);
        });
    }
    observe();
}

void Laptop::retry(Random& random) {
    for (const auto& queued : queue()) {
        if (queued.state != QueueState::error || random.below(2) == 0) continue;
        given_up(queued);
        const auto visible = replica_->retry(queued.operation.id);
        if (visible) show(*visible);
    }
    observe();
}

void Laptop::discard(Random& random, bool all) {
    for (const auto& queued : queue()) {
        if (queued.state != QueueState::error) continue;
        if (!all && random.below(2) == 0) continue;
        given_up(queued);
        for (const Uuid& child : children_promised(queued.operation.record)) ledger_.forget(child);
        const auto visible = replica_->discard(queued.operation.id);  // it may be gone with another of its group
        if (visible) show(*visible);
    }
    observe();
}

/// Records whose creation waits for this one.
std::vector<Uuid> Laptop::children_promised(const Uuid& record) {
    std::vector<Uuid> children;
    const std::string parent = nlohmann::json(record.str()).dump();
    for (const auto& [id, promise] : ledger_.promises()) {
        const auto at = promise.fields.find("leadId");
        if (at != promise.fields.end() && at->second.contains(parent)) children.push_back(id);
    }
    return children;
}

void Laptop::take_back(Random& random) {
    const auto decisions = store_->decisions(10);
    if (!decisions || decisions->empty()) return observe();
    const store::AuditRow& decision = (*decisions)[random.below(decisions->size())];
    const auto stored = store_->get(decision.model, decision.record);
    if (!stored || !*stored || (*stored)->deleted) return;
    const auto committed = replica_->take_back(decision);
    if (committed) show(committed->visible);
    ledger_.forget(decision.record);
    observe();
}

/// Most of the leads, each for itself; where there are too few for anybody to be asked, more are imported.
void Laptop::sweep(Random& random) {
    std::vector<client::Commit> saves;
    for (const auto& [id, record] : shown(Model::lead)) {
        if (random.below(10) == 0) continue;
        Edit edit;
        edit.kind = OperationKind::remove;
        edit.record = id;
        saves.push_back({++tickets_, {edit}});
    }
    if (saves.size() <= kAskedFor) return import(random);
    for (const client::Commit& save : saves) saving_[save.ticket] = save.edits;
    replica_->commit(saves);
    if (!running()) return;
    observe();
}

void Laptop::answer(bool allowed) {
    if (replica_->engine().pull_held()) replica_->decide_removals(allowed);
    observe();
}

bool Laptop::waits_for_a_person() const {
    return running() && (store_->queue().operations > 0 || replica_->engine().pull_held());
}

void Laptop::decide_everything(Random& random) {
    if (!running()) return;
    answer(true);
    if (!running()) return;
    decide(random, true);
    if (!running()) return;
    const auto waiting = queue();
    const bool again = random.below(2) == 0;
    if (again && ++retries_ < 3)
        retry(random);
    else
        discard(random, true);
}

}  // namespace ct::sim
