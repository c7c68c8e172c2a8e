#include "server/push.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/mutant.h"
#include "crm/json_codec.h"
#include "crm/tables.h"
#include "server/aliases.h"
#include "server/batch.h"
#include "server/seen.h"
#include "sync/stamp.h"

namespace ct::server {

using nlohmann::json;
using sync::Operation;
using sync::OperationKind;
using sync::Verdict;

namespace {

/// What one operation of the request came to.
struct Outcome {
    Verdict verdict = Verdict::applied;
    std::int64_t version = 0;
    std::string result;  // the element of `results` as JSON; empty: applied, with the version and no more
    std::string lost;
    bool settled = false;
    bool fresh = false;    // decided here and now: to be logged
    bool again = false;    // after an earlier attempt that was rejected
    std::int64_t met = 0;  // see sync::Decision
    std::string met_record, met_device;
};

std::string changes_json(const Operation& operation) {
    if (operation.kind == OperationKind::remove) return {};
    std::string text;
    crm::JsonWriter json(text);
    crm::write_changes(json, operation.model, operation.changes);
    return text;
}

std::uint64_t content_of(const Operation& operation, const std::string& data) {
    std::string all(name(operation.kind));
    all.append("\n").append(crm::name(operation.model)).append("\n").append(operation.record.str());
    all.append("\n").append(std::to_string(operation.base)).append("\n").append(operation.stamp);
    all.append("\n").append(crm::name(operation.policy)).append("\n").append(operation.group.str());
    all.append("\n").append(data);
    return checksum64(all);
}

void write_error(crm::JsonWriter& json, const Error& error) {
    json.raw(",\"error\":{\"code\":");
    json.string(error.code);
    if (!error.field.empty()) {
        json.raw(",\"field\":");
        json.string(error.field);
    }
    json.raw(",\"message\":");
    json.string(error.message);
    json.raw("}");
}

/// An element of `results`; `record` is null where the device needs no telling.
std::string result_json(const Uuid& id, Verdict verdict, std::int64_t version, const crm::Record* record,
                        const sync::Decision& decision, const Error& error) {
    const std::vector<std::string>& fields = decision.fields;
    std::string text = "{\"id\":\"" + id.str() + "\",\"status\":\"";
    text.append(name(verdict)).append("\"");
    crm::JsonWriter json(text);
    text.append(",\"version\":").append(std::to_string(version));
    if (record != nullptr) text.append(",\"record\":").append(sync::encode_record(*record));
    for (std::size_t i = 0; i < fields.size(); ++i) {
        json.raw(i == 0 ? ",\"fields\":[" : ",");
        json.string(fields[i]);
    }
    if (!fields.empty()) json.raw("]");
    if (record != nullptr && !decision.overrode.fields.empty()) {
        json.raw(",\"overrode\":");
        crm::write_changes(json, record->model, decision.overrode);
    }
    if (decision.revived) json.raw(",\"revived\":true");
    if (verdict == Verdict::rejected) write_error(json, error);
    json.raw("}");
    return text;
}

/// The version of a rejection that is not logged: it must read the same whenever the operation is sent again.
constexpr std::int64_t kNone = 0;

/// `version`: the workspace's, by then.
Outcome rejected(const Operation& operation, const Error& error, std::int64_t version) {
    Outcome outcome;
    outcome.verdict = Verdict::rejected;
    outcome.result = result_json(operation.id, Verdict::rejected, version, nullptr, {}, error);
    outcome.settled = true;
    return outcome;
}

Outcome from_receipt(const Receipt& receipt) {
    Outcome outcome;
    outcome.verdict = receipt.verdict;
    outcome.version = receipt.version;
    outcome.result = receipt.result;
    outcome.settled = true;
    return outcome;
}

Error id_reused() {
    return {ErrorKind::invalid, "ID_REUSED", "an operation of that id with other content was received before", "id"};
}

/// The parent that the operation names, when it names one.
std::optional<Uuid> named_parent(const Operation& operation) {
    const auto parent = crm::def(operation.model).parent;
    const crm::Value* value = parent ? operation.changes.find(*parent) : nullptr;
    const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
    return text == nullptr ? std::nullopt : Uuid::parse(*text);
}

/// One run over one request.
class Run {
  public:
    Run(const Session& session, const sync::PushRequest& request, WriteTransaction& transaction, UnixMs now)
        : session_(session),
          request_(request),
          transaction_(transaction),
          now_(now),
          batch_(transaction, session.user, session.device),
          outcomes_(request.operations.size()) {}

    /// The device's numbering: a gap and a fork refuse the whole request.
    [[nodiscard]] tl::expected<void, Refusal> check_sequence();
    [[nodiscard]] tl::expected<void, Refusal> check_groups() const;
    [[nodiscard]] Result<void> settle_known();
    [[nodiscard]] Result<void> judge_new();
    [[nodiscard]] Result<void> write();
    [[nodiscard]] std::string answer(const std::string& epoch) const;
    void count_verdicts(Metrics& metrics) const {
        for (const Outcome& outcome : outcomes_) metrics.operation(outcome.verdict);
    }
    [[nodiscard]] bool changed_anything() const { return batch_.version() != transaction_.version(); }

  private:
    [[nodiscard]] std::size_t count() const { return request_.operations.size(); }
    [[nodiscard]] const Operation& operation(std::size_t i) const { return request_.operations[i]; }
    [[nodiscard]] const Error* fault(std::size_t i) const {
        return request_.faults.empty() || !request_.faults[i] ? nullptr : &*request_.faults[i];
    }
    void settle_repeats();
    void settle_seen(std::size_t i, const Receipt& receipt);
    void note_later(std::size_t i);
    void judge_group(std::size_t begin, std::size_t end);
    [[nodiscard]] Result<void> name_others();
    [[nodiscard]] Outcome judge(std::size_t i);
    [[nodiscard]] std::optional<Error> refusal(const Operation& operation) const;
    [[nodiscard]] std::optional<Operation> amended(const Operation& original) const;
    [[nodiscard]] Outcome take(const Operation& original, const Operation& operation);

    const Session& session_;
    const sync::PushRequest& request_;
    WriteTransaction& transaction_;
    const UnixMs now_;
    Batch batch_;
    std::int64_t next_sequence_ = 0;
    std::size_t overlap_ = 0;  // operations whose sequence numbers are already used
    std::vector<Outcome> outcomes_;
    std::vector<std::string> data_;
    std::vector<std::uint64_t> contents_;
    std::set<RecordKey> later_;  // records that changed after the first result that is repeated here
    Result<void> trouble_;       // of the database, in the middle of judging
};

tl::expected<void, Refusal> Run::check_sequence() {
    const auto next = transaction_.next_sequence(session_.device);
    if (!next) return refuse(next.error());
    next_sequence_ = *next;
    if (request_.sequence > next_sequence_) {
        return refuse(409, "SEQUENCE_GAP", "operations before these are missing",
                      json_member("expected", next_sequence_));
    }
    overlap_ = std::min(count(), static_cast<std::size_t>(next_sequence_ - request_.sequence));
    if (overlap_ == 0) return {};
    const auto sent =
        transaction_.sent(session_.device, request_.sequence, request_.sequence + static_cast<std::int64_t>(overlap_));
    if (!sent) return refuse(sent.error());
    const bool same = std::equal(sent->begin(), sent->end(), request_.operations.begin(),
                                 request_.operations.begin() + static_cast<std::ptrdiff_t>(overlap_),
                                 [](const Uuid& id, const Operation& now) { return id == now.id; });
    if (!same) {
        return refuse(409, "DEVICE_FORKED", "this device has already sent other operations under these numbers");
    }
    return {};
}

tl::expected<void, Refusal> Run::check_groups() const {
    std::set<Uuid> ended;
    for (std::size_t i = 0; i < count(); ++i) {
        const Uuid& group = operation(i).group;
        if (i > 0 && group != operation(i - 1).group) ended.insert(operation(i - 1).group);
        if (!group.nil() && ended.contains(group)) {
            return refuse(400, "MALFORMED", "operations[" + std::to_string(i) + "].group: a group must stand together");
        }
    }
    return {};
}

void Run::settle_seen(std::size_t i, const Receipt& receipt) {
    if (receipt.content != contents_[i] || fault(i) != nullptr) {
        outcomes_[i] = rejected(operation(i), id_reused(), kNone);
    } else if ((i < overlap_ || receipt.verdict != Verdict::rejected) && !CT_MUTANT(ignore_receipts)) {
        outcomes_[i] = from_receipt(receipt);
    } else {
        // Rejected then, and sent anew under a new number: what it lacked (its parent, say) may be there now.
        outcomes_[i].again = true;
    }
}

/// Known operations answer with their first result.
Result<void> Run::settle_known() {
    std::vector<Uuid> ids;
    for (std::size_t i = 0; i < count(); ++i) {
        ids.push_back(operation(i).id);
        data_.push_back(changes_json(operation(i)));
        contents_.push_back(content_of(operation(i), data_.back()));
    }
    const auto receipts = transaction_.receipts(ids);
    if (!receipts) return fail(receipts.error());
    for (std::size_t i = 0; i < count(); ++i) {
        if (const auto at = receipts->find(ids[i]); at != receipts->end()) settle_seen(i, at->second);
    }
    return {};
}

/// An id that stands in this request twice: the later one answers as the first did.
void Run::settle_repeats() {
    std::map<Uuid, std::size_t> firsts;
    for (std::size_t i = 0; i < count(); ++i) {
        const auto [first, is_first] = firsts.emplace(operation(i).id, i);
        if (is_first) continue;
        const bool same = contents_[i] == contents_[first->second];
        outcomes_[i] = same ? outcomes_[first->second] : rejected(operation(i), id_reused(), kNone);
        outcomes_[i].fresh = false;
    }
}

Result<void> Run::judge_new() {
    std::vector<RecordKey> keys;
    std::set<Uuid> ids;
    for (std::size_t i = 0; i < count(); ++i) {
        if (!ids.insert(operation(i).id).second) outcomes_[i].settled = true;  // a repeat: see settle_repeats
        if (fault(i) != nullptr) continue;
        keys.push_back({operation(i).model, operation(i).record});
        if (outcomes_[i].settled) continue;
        if (const auto parent = named_parent(operation(i))) keys.push_back({crm::Model::lead, *parent});
    }
    if (auto loaded = batch_.load(keys); !loaded) return loaded;
    if (auto loaded = load_survivors(batch_, std::move(keys)); !loaded) return loaded;
    for (std::size_t begin = 0; begin < count();) {
        std::size_t end = begin + 1;
        const Uuid& group = operation(begin).group;
        while (!group.nil() && end < count() && operation(end).group == group) ++end;
        judge_group(begin, end);
        begin = end;
    }
    if (auto named = name_others(); !named) return named;
    settle_repeats();
    for (std::size_t i = 0; i < count(); ++i) note_later(i);
    return trouble_;
}

/// Says in each result whose change the operation met, for people to know whom to ask.
Result<void> Run::name_others() {
    std::vector<Made> made;
    std::vector<Outcome*> told;
    for (std::size_t i = 0; i < count(); ++i) {
        Outcome& outcome = outcomes_[i];
        if (!outcome.fresh || outcome.met == 0 || outcome.verdict == Verdict::rejected) continue;
        made.push_back({outcome.met_record, outcome.met_device, outcome.met});
        told.push_back(&outcome);
    }
    const auto users = transaction_.authors(made);
    if (!users) return fail(users.error());
    for (std::size_t i = 0; i < told.size(); ++i) {
        if ((*users)[i].empty()) continue;
        told[i]->result.pop_back();
        told[i]->result += ",\"by\":\"" + (*users)[i] + "\"}";
    }
    return {};
}

/// A first result was right when it was given; a device that hears it only now must be told what became of the record
/// since, because its own changes do not come back to it with a pull.
void Run::note_later(std::size_t i) {
    const Outcome& outcome = outcomes_[i];
    const RecordKey key{operation(i).model, operation(i).record};
    if (outcome.fresh || !outcome.settled || outcome.verdict == Verdict::rejected || !batch_.visible(key)) return;
    if (batch_.find(key).server.record.version > outcome.version) later_.insert(key);
}

/// All or none. The operation that spoils a group keeps its own verdict, the others say whose company it was.
void Run::judge_group(std::size_t begin, std::size_t end) {
    const bool grouped = !operation(begin).group.nil();
    if (grouped) batch_.begin_group();
    bool spoilt = false;
    std::vector<std::size_t> judged;
    for (std::size_t i = begin; i < end; ++i) {
        if (!outcomes_[i].settled) {
            const bool again = outcomes_[i].again;
            outcomes_[i] = judge(i);
            outcomes_[i].again = again;
            judged.push_back(i);
        }
        const Verdict verdict = outcomes_[i].verdict;
        spoilt = spoilt || verdict == Verdict::rejected || verdict == Verdict::conflict;
    }
    if (!grouped) return;
    batch_.end_group(!spoilt || CT_MUTANT(half_group));
    if (!spoilt) return;
    for (const std::size_t i : judged) {
        const Verdict verdict = outcomes_[i].verdict;
        if (verdict == Verdict::rejected || verdict == Verdict::conflict) continue;
        const bool again = outcomes_[i].again;
        outcomes_[i] = rejected(
            operation(i),
            {ErrorKind::invalid, "GROUP_FAILED", "another operation of the same group could not be applied", {}},
            batch_.version());
        outcomes_[i].fresh = true;
        outcomes_[i].again = again;
    }
}

/// Permission and parents. To an EMPLOYEE, what they may not see is as if it were not there, and says so alike.
std::optional<Error> Run::refusal(const Operation& operation) const {
    const RecordKey key{operation.model, operation.record};
    const bool exists = batch_.find(key).server.exists();
    if (!batch_.sees_all() && (exists ? !batch_.visible(key) : operation.kind != OperationKind::create)) {
        return Error{ErrorKind::denied, "FORBIDDEN", "there is no such record, or it is not yours to change",
                     "recordId"};
    }
    const auto parent = named_parent(operation);
    if (parent && !batch_.visible({crm::Model::lead, *parent})) {
        const auto field = crm::def(operation.model).fields[*crm::def(operation.model).parent].name;
        return Error{ErrorKind::invalid, "MISSING_PARENT", "the lead that it belongs to is not there",
                     std::string(field)};
    }
    return std::nullopt;
}

/// The operation as it is taken, where that is not as it was sent: an EMPLOYEE's new lead is theirs, or they would lose
/// sight of it at once; what is for a merged lead lands on the one that it was merged into.
std::optional<Operation> Run::amended(const Operation& original) const {
    constexpr crm::FieldId kOwner = crm::field_id(crm::Model::lead, "ownerId");
    const bool creates = original.kind == OperationKind::create && original.model == crm::Model::lead &&
                         !batch_.find({original.model, original.record}).server.exists();
    const crm::Value* owner = original.changes.find(kOwner);
    if (creates && !batch_.sees_all() && (owner == nullptr || crm::absent(crm::view(*owner)))) {
        Operation owned = original;
        owned.changes.set(kOwner, session_.user.id);
        return owned;
    }
    return landing(batch_, original, session_.device);
}

Outcome Run::judge(std::size_t i) {
    const Operation& original = operation(i);
    if (const Error* error = fault(i)) return rejected(original, *error, kNone);  // found anew each time: not logged
    Outcome outcome;
    if (const auto error = refusal(original)) {
        outcome = rejected(original, *error, batch_.certain_version());
    } else {
        std::optional<Operation> other = amended(original);
        if (original.base > batch_.version()) {
            // Nobody can have seen a version that there never was: it is of another incarnation of this database, or a
            // mistake. As it stands, all that others changed would look seen and be overwritten without a word. Cut to
            // the newest version it would say the same; with 0 the device has seen nothing, so that stamps and
            // conflicts decide, and it is told the record.
            if (!other) other = original;
            other->base = 0;
        }
        outcome = take(original, other ? *other : original);
    }
    outcome.fresh = true;
    outcome.settled = true;
    return outcome;
}

Outcome Run::take(const Operation& original, const Operation& operation) {
    const RecordKey key{operation.model, operation.record};
    const bool elsewhere = operation.record != original.record;
    const StoredRecord& now = batch_.find(key);
    const std::string stamp = sync::clamp_stamp(operation.stamp, now_);
    // Made under an id that another laptop went by, too: what that one did meanwhile looks like this device's own. So
    // does what an edit of a merged lead did to its survivor, which the device hears of by its next pull only.
    const bool renamed =
        sync::stamp_device(operation.stamp) != session_.device && now.server.record.version > operation.base;
    const bool untold = std::any_of(now.pushers.upper_bound(operation.base), now.pushers.end(),
                                    [&](const auto& pusher) { return pusher.second != session_.device; });
    Operation complete = operation;
    if (auto filled = fill_seen(transaction_, now.server, session_.device, complete); !filled) trouble_ = filled;
    const sync::Own own = [&](const sync::FieldOrigin& origin) { return pushed_by(now, origin, session_.device); };
    sync::Decision decision = sync::decide(now.server, complete, stamp, batch_.next_version(), own);
    if (decision.verdict == Verdict::rejected) return rejected(original, decision.error, batch_.certain_version());

    Outcome outcome;
    outcome.verdict = decision.verdict;
    if (&operation != &original && outcome.verdict == Verdict::applied) outcome.verdict = Verdict::merged;
    if (!decision.lost.empty()) {
        crm::JsonWriter json(outcome.lost);
        crm::write_changes(json, operation.model, decision.lost);
    }
    if (const auto pusher = now.pushers.find(decision.met); pusher != now.pushers.end()) {
        outcome.met = decision.met;
        outcome.met_record = operation.record.str();
        outcome.met_device = pusher->second;
    }
    if (decision.changes_record) batch_.accept(key, std::move(decision.after), !elsewhere);
    // The device hears of the record that it edited; what landed elsewhere comes with its next pull.
    const crm::Record& record = batch_.find({original.model, original.record}).server.record;
    outcome.version = record.version;
    const bool tell = decision.tell_record || renamed || untold || outcome.verdict != Verdict::applied;
    if (tell) outcome.result = result_json(original.id, outcome.verdict, outcome.version, &record, decision, {});
    return outcome;
}

Result<void> Run::write() {
    if (auto saved = batch_.save(); !saved) return saved;
    std::vector<LogEntry> entries;
    std::vector<Uuid> sent;
    for (std::size_t i = 0; i < count(); ++i) {
        if (i >= overlap_) sent.push_back(operation(i).id);
        if (!outcomes_[i].fresh) continue;
        LogEntry& entry = entries.emplace_back();
        entry.operation = &operation(i);
        entry.data = data_[i];
        entry.content = contents_[i];
        entry.user = session_.user.id;
        entry.device = session_.device;
        entry.sequence = request_.sequence + static_cast<std::int64_t>(i);
        entry.verdict = outcomes_[i].verdict;
        entry.version = outcomes_[i].version;
        entry.result = outcomes_[i].result;
        entry.lost = outcomes_[i].lost;
        entry.again = outcomes_[i].again;
    }
    if (auto logged = transaction_.log(entries, now_); !logged) return logged;
    if (auto marked = transaction_.mark_sent(session_.device, next_sequence_, sent); !marked) return marked;
    if (CT_MUTANT(ack_before_commit) && operation(0).id.bytes[15] % 8 == 0) return {};
    return transaction_.commit(batch_.version(), session_.device,
                               next_sequence_ + static_cast<std::int64_t>(sent.size()), now_);
}

std::string Run::answer(const std::string& epoch) const {
    std::string text;
    text.reserve(count() * 80 + 256);
    crm::JsonWriter json(text);
    json.raw("{\"epoch\":");
    json.string(epoch);
    json.raw(",\"sequence\":");
    json.number(request_.sequence);
    json.raw(",\"version\":");
    json.number(batch_.version());
    json.raw(",\"serverTime\":");
    json.instant(now_);
    for (auto at = later_.begin(); at != later_.end(); ++at) {
        json.raw(at == later_.begin() ? ",\"later\":[" : ",");
        json.raw(sync::encode_record(batch_.find(*at).server.record));
    }
    json.raw(later_.empty() ? ",\"results\":[" : "],\"results\":[");
    for (std::size_t i = 0; i < count(); ++i) {
        if (i > 0) json.raw(",");
        const Outcome& outcome = outcomes_[i];
        if (!outcome.result.empty())
            json.raw(outcome.result);
        else
            json.raw(result_json(operation(i).id, outcome.verdict, outcome.version, nullptr, {}, {}));
    }
    json.raw("]}");
    return text;
}

}  // namespace

Answer Push::run(const Session& session, const sync::PushRequest& request) {
    const std::string epoch = storage_.epoch();
    if (!request.epoch.empty() && request.epoch != epoch) {
        return refuse(409, "EPOCH_CHANGED", "the server's database is another one than before",
                      json_member("epoch", epoch));
    }
    auto transaction = storage_.begin_write(session.user.workspace.key);
    if (!transaction) return refuse(transaction.error());
    Run run(session, request, **transaction, clock_.now());
    if (auto checked = run.check_groups(); !checked) return tl::unexpected(checked.error());
    if (auto checked = run.check_sequence(); !checked) return tl::unexpected(checked.error());
    if (request.operations.empty()) return run.answer(epoch);
    if (auto done = run.settle_known(); !done) return refuse(done.error());
    if (auto done = run.judge_new(); !done) return refuse(done.error());
    if (auto done = run.write(); !done) return refuse(done.error());
    const bool changed = run.changed_anything();
    transaction->reset();  // the next push may begin before this answer is written out
    if (changed) bells_.ring(session.user.workspace.key);
    run.count_verdicts(metrics_);
    return run.answer(epoch);
}

}  // namespace ct::server
