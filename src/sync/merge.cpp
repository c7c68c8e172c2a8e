#include "sync/merge.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/mutant.h"
#include "crm/validate.h"
#include "sync/stamp.h"

namespace ct::sync {

namespace {

using nlohmann::json;

/// How one proposed value of an operation stands to what is there.
enum class Fate { take, keep, lose, clash };

/// What `fate` is asked with: whether the values are equal, or can be joined.
enum class Likeness { equal, joins, differs };

/// The changes of an operation sorted by fate.
struct Sorted {
    crm::Changes taken;  // known fields to write
    json taken_extra = json::object();
    std::vector<std::string> touched;  // names of all taken fields: their origins move on
    std::vector<std::string> lost, clashing;
    crm::Changes lost_values, overrode;
    bool joined = false;  // something became what neither side had proposed
};

class Judge {
  public:
    Judge(const ServerRecord& now, const Operation& operation, const std::string& stamp, const Own& own)
        : now_(now), operation_(operation), stamp_(stamp), own_(own) {}

    /// Somebody else did this after the device had last seen the record.
    [[nodiscard]] bool concurrent(const FieldOrigin& origin) const {
        return origin.version > operation_.base && !own_(origin);
    }

    [[nodiscard]] bool any_concurrent() const {
        return concurrent(now_.deletion) || std::any_of(now_.origins.begin(), now_.origins.end(),
                                                        [&](const auto& o) { return concurrent(o.second); });
    }

    /// Of what others did meanwhile to these fields, or to the record where there are none: the version of the one with
    /// the latest stamp, which is the one that won where something did; or 0.
    [[nodiscard]] std::int64_t met(const std::vector<std::string>& names) const {
        const FieldOrigin* latest = concurrent(now_.deletion) ? &now_.deletion : nullptr;
        for (const auto& [name, origin] : now_.origins) {
            const bool asked = names.empty() || std::find(names.begin(), names.end(), name) != names.end();
            if (asked && concurrent(origin) && (latest == nullptr || origin.stamp > latest->stamp)) latest = &origin;
        }
        return latest == nullptr ? 0 : latest->version;
    }

    [[nodiscard]] Fate fate(const FieldOrigin* origin, Likeness likeness) const {
        if (origin == nullptr || !concurrent(*origin)) return Fate::take;
        // Two equal values are no conflict, but the later stamp is the one that anything older must beat (rule 4).
        if (likeness == Likeness::equal) return stamp_ > origin->stamp ? Fate::take : Fate::keep;
        if (likeness == Likeness::joins) return Fate::take;
        switch (operation_.policy) {
            case crm::Policy::force: return Fate::take;
            case crm::Policy::manual: return Fate::clash;
            case crm::Policy::lww: break;
        }
        return (stamp_ > origin->stamp) != CT_MUTANT(wrong_stamp_order) ? Fate::take : Fate::lose;
    }

    [[nodiscard]] Sorted sort() const {
        Sorted sorted;
        for (const auto& [field, value] : operation_.changes.fields) sort_field(sorted, field, value);
        sort_extra(sorted);
        return sorted;
    }

  private:
    void sort_field(Sorted& sorted, crm::FieldId field, const crm::Value& proposed) const {
        const std::string name{crm::def(operation_.model, field).name};
        const crm::ValueView there = now_.record.fields.get(field);
        const FieldOrigin* last = origin(name);
        const std::optional<crm::Value> joined = join(field, last, there, proposed);
        const crm::Value& value = joined ? *joined : proposed;
        const Likeness likeness = there == crm::view(value) ? Likeness::equal
                                  : joined                  ? Likeness::joins
                                                            : Likeness::differs;
        const Fate what = fate(last, likeness);
        if (what == Fate::take && likeness == Likeness::differs && last != nullptr && concurrent(*last)) {
            sorted.overrode.set(field, crm::own(there));
        }
        sorted.joined = sorted.joined || (joined && *joined != proposed);
        place(
            sorted, name, what, [&] { sorted.taken.set(field, value); },
            [&] { sorted.lost_values.set(field, proposed); });
    }

    /// Also over this device's own last edit: what that was joined with is not in this one yet. And where the device
    /// saw what never came to be here (an earlier edit of its own that was refused): its part alone is joined.
    [[nodiscard]] std::optional<crm::Value> join(crm::FieldId field, const FieldOrigin* last,
                                                 const crm::ValueView& there, const crm::Value& proposed) const {
        const crm::Value* seen = operation_.seen.find(field);
        const bool known = last == nullptr || last->version <= operation_.base;
        if (known && (seen == nullptr || crm::view(*seen) == there)) return std::nullopt;
        // Who forces decides over what is there, which is what they saw: lines and labels that came later are no part
        // of that decision. Without word of what was seen it replaces.
        const bool forces = operation_.policy == crm::Policy::force;
        if (seen == nullptr && (forces || last == nullptr || !concurrent(*last))) return std::nullopt;
        return merge_values(operation_.model, field, seen, there, proposed);
    }

    void sort_extra(Sorted& sorted) const {
        if (operation_.changes.extra.empty()) return;
        const json proposed = json::parse(operation_.changes.extra, nullptr, false);
        const json present =
            now_.record.extra.empty() ? json::object() : json::parse(now_.record.extra.view(), nullptr, false);
        if (!proposed.is_object()) return;
        json lost = json::object();
        for (const auto& item : proposed.items()) {
            const std::string& name = item.key();
            const json& value = item.value();
            const auto there = present.find(name);
            const bool equal = there == present.end() ? value.is_null() : *there == value;
            place(
                sorted, name, fate(origin(name), equal ? Likeness::equal : Likeness::differs),
                [&] { sorted.taken_extra[name] = value; }, [&] { lost[name] = value; });
        }
        if (!lost.empty()) sorted.lost_values.extra = lost.dump();
    }

    template <class Take, class Lose>
    static void place(Sorted& sorted, const std::string& name, Fate fate, Take&& take, Lose&& lose) {
        switch (fate) {
            case Fate::take:
                sorted.touched.push_back(name);
                take();
                break;
            case Fate::keep: break;
            case Fate::lose:
                sorted.lost.push_back(name);
                lose();
                break;
            case Fate::clash: sorted.clashing.push_back(name); break;
        }
    }

    [[nodiscard]] const FieldOrigin* origin(const std::string& name) const {
        const auto at = now_.origins.find(name);
        return at == now_.origins.end() ? nullptr : &at->second;
    }

    const ServerRecord& now_;
    const Operation& operation_;
    const std::string& stamp_;
    const Own& own_;
};

Decision rejected(Error error) {
    Decision decision;
    decision.verdict = Verdict::rejected;
    decision.error = std::move(error);
    return decision;
}

/// The stamp that the operation counts with. A device that saw a value and writes after it is later, whatever its clock
/// says. Who forces has decided over everything that is there.
std::string effective_stamp(const ServerRecord& now, const Operation& operation, const std::string& stamp) {
    std::string_view seen;
    const auto look = [&](const FieldOrigin& origin) {
        if (origin.version <= operation.base || operation.policy == crm::Policy::force)
            seen = std::max<std::string_view>(seen, origin.stamp);
    };
    look(now.deletion);
    for (const auto& [field, origin] : now.origins) look(origin);
    return later_stamp(stamp, seen);
}

/// A field's stamp never goes back, and never stays another device's (a join takes what is earlier, too): that one's
/// next edit would then pass for having seen this one.
void move_on(FieldOrigin& origin, const std::string& stamp, std::int64_t version) {
    origin.version = version;
    if (stamp_device(origin.stamp) == stamp_device(stamp))
        origin.stamp = std::max(origin.stamp, stamp);
    else
        origin.stamp = later_stamp(stamp, origin.stamp);
}

Decision unchanged(Verdict verdict, std::vector<std::string> fields) {
    Decision decision;
    decision.verdict = verdict;
    decision.tell_record = true;
    decision.fields = std::move(fields);
    return decision;
}

ServerRecord with_version(const ServerRecord& now, const std::string& stamp, std::int64_t version) {
    ServerRecord after = now;
    after.record.version = version;
    after.record.updated_at = std::max(after.record.updated_at, stamp_ms(stamp));
    return after;
}

Decision decide_remove(const ServerRecord& now, const Judge& judge, const Operation& operation,
                       const std::string& stamp, std::int64_t version) {
    if (!now.exists()) {
        return rejected({ErrorKind::not_found, "NOT_FOUND", "there is no such record", "recordId"});
    }
    if (now.record.deleted) {
        Decision decision;  // both wanted it gone
        decision.tell_record = true;
        decision.changes_record = stamp > now.deletion.stamp;
        if (!decision.changes_record) return decision;
        decision.after = with_version(now, stamp, version);
        move_on(decision.after.deletion, stamp, version);
        return decision;
    }
    std::vector<std::string> others;
    std::string latest;
    for (const auto& [name, origin] : now.origins) {
        if (!judge.concurrent(origin)) continue;
        others.push_back(name);
        latest = std::max(latest, origin.stamp);
    }
    if (judge.concurrent(now.deletion)) latest = std::max(latest, now.deletion.stamp);  // somebody brought it back
    if (!latest.empty() && operation.policy == crm::Policy::manual) return unchanged(Verdict::conflict, others);
    if (!latest.empty() && operation.policy == crm::Policy::lww && stamp < latest) {
        return unchanged(Verdict::superseded, others);
    }
    Decision decision;
    decision.verdict = latest.empty() ? Verdict::applied : Verdict::merged;
    decision.tell_record = !latest.empty();
    for (const std::string& name : others) {
        const auto field = crm::find_field(operation.model, name);
        if (field) decision.overrode.set(*field, crm::own(now.record.fields.get(*field)));
    }
    decision.changes_record = true;
    decision.after = with_version(now, stamp, version);
    decision.after.record.deleted = true;
    move_on(decision.after.deletion, stamp, version);
    return decision;
}

/// Whether an edit of a record that somebody deleted meanwhile brings it back; nothing when it does.
std::optional<Decision> refuse_revival(const ServerRecord& now, const Judge& judge, const Operation& operation,
                                       const std::string& stamp) {
    if (!now.record.deleted || !judge.concurrent(now.deletion)) return std::nullopt;
    if (operation.policy == crm::Policy::manual) return unchanged(Verdict::conflict, {"deleted"});
    if (operation.policy == crm::Policy::force || stamp > now.deletion.stamp) return std::nullopt;
    std::vector<std::string> names;
    for (const auto& change : operation.changes.fields) {
        names.emplace_back(crm::def(operation.model, change.first).name);
    }
    Decision decision = unchanged(Verdict::superseded, std::move(names));
    decision.lost = operation.changes;
    return decision;
}

/// Notes are append-only: bringing one back is fine, and so is moving it to the lead that its own was merged into;
/// changing what it says is not.
bool rewrites(const ServerRecord& now, const Operation& operation) {
    const auto parent = crm::def(operation.model).parent;
    return std::any_of(operation.changes.fields.begin(), operation.changes.fields.end(), [&](const auto& change) {
        if (parent && change.first == *parent) return false;
        return now.record.fields.get(change.first) != crm::view(change.second);
    });
}

Decision decide_write(const ServerRecord& now, const Judge& judge, const Operation& operation, const std::string& stamp,
                      std::int64_t version) {
    if (auto refused = refuse_revival(now, judge, operation, stamp)) return std::move(*refused);
    Sorted sorted = judge.sort();
    if (!sorted.clashing.empty()) return unchanged(Verdict::conflict, std::move(sorted.clashing));

    const bool others = (now.exists() && judge.any_concurrent()) || sorted.joined;
    Decision decision;
    decision.verdict = !sorted.lost.empty() ? Verdict::superseded : others ? Verdict::merged : Verdict::applied;
    // A tombstone comes without values: who brings back what others had changed before has not heard of that.
    const bool revives = now.exists() && now.record.deleted;
    decision.tell_record = decision.verdict != Verdict::applied || revives;
    decision.fields = std::move(sorted.lost);
    decision.lost = std::move(sorted.lost_values);
    decision.overrode = std::move(sorted.overrode);
    if (sorted.touched.empty() && !now.record.deleted && now.exists()) return decision;

    decision.changes_record = true;
    ServerRecord& after = decision.after = with_version(now, stamp, version);
    after.record.id = operation.record;
    after.record.model = operation.model;
    if (!now.exists()) after.record.created_at = stamp_ms(stamp);
    if (now.record.deleted) {
        after.record.deleted = false;
        if (now.exists()) move_on(after.deletion, stamp, version);
        decision.revived = judge.concurrent(now.deletion);
    }
    if (!sorted.taken_extra.empty()) sorted.taken.extra = sorted.taken_extra.dump();
    crm::apply(after.record, sorted.taken);
    for (const std::string& name : sorted.touched) move_on(after.origins[name], stamp, version);
    return decision;
}

}  // namespace

Decision decide(const ServerRecord& now, const Operation& operation, const std::string& clamped, std::int64_t version,
                const Own& own) {
    const std::string stamp = effective_stamp(now, operation, clamped);
    Operation canonical = operation;
    const bool creates = !now.exists() && operation.kind == OperationKind::create;
    if (!now.exists() && operation.kind == OperationKind::update) {
        return rejected({ErrorKind::not_found, "NOT_FOUND", "there is no such record", "recordId"});
    }
    if (operation.kind != OperationKind::remove) {
        const auto valid = creates ? crm::validate_new(operation.model, canonical.changes)
                                   : crm::validate(operation.model, canonical.changes);
        if (!valid) return rejected(valid.error());
        if (now.exists() && crm::def(operation.model).append_only && rewrites(now, canonical)) {
            return rejected({ErrorKind::invalid, "APPEND_ONLY", "what a note says is not changed afterwards", "text"});
        }
    }
    const Judge judge(now, canonical, stamp, own);
    Decision decision = operation.kind == OperationKind::remove ? decide_remove(now, judge, canonical, stamp, version)
                                                                : decide_write(now, judge, canonical, stamp, version);
    if (decision.verdict != Verdict::applied && decision.verdict != Verdict::rejected) {
        std::vector<std::string> names = decision.fields;
        for (const auto& [field, value] : decision.overrode.fields) {
            names.emplace_back(crm::def(operation.model, field).name);
        }
        decision.met = judge.met(names);
    }
    // What the device holds is its own operation over what it had seen; it must be told where that is not the truth.
    if (stamp != operation.stamp || canonical.changes != operation.changes) decision.tell_record = true;
    return decision;
}

}  // namespace ct::sync
