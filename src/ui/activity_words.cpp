// What a row of the audit trail says to people, and how it is taken back.
#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>
#include <utility>

#include "crm/tables.h"
#include "ui/actions.h"
#include "ui/activity.h"
#include "ui/format.h"
#include "ui/people.h"

namespace ct::ui {
namespace {

using crm::Model;
using store::AuditRow;
using sync::OperationKind;

struct Verb {
    std::string_view what;
    const char* words;  ///< between who did it and the record; null: `sentence` is whole
    const char* sentence = nullptr;
};
/// Names of ours for what the trail tells by what it leaves out.
constexpr std::string_view kDeletionWon = "DELETION_WON", kDeletionWonOverOurs = "DELETION_WON_OVER_OURS",
                           kDeletionLost = "DELETION_LOST", kDeletionLostToOurs = "DELETION_LOST_TO_OURS";
constexpr std::array kVerbs{
    Verb{"CREATE", "added"},
    Verb{"UPDATE", "changed"},
    Verb{"DELETE", "deleted"},
    Verb{"RESTORE", "restored"},
    Verb{"PULLED", "changed"},
    Verb{"PULLED_CREATE", "added"},
    Verb{"PULLED_DELETE", "deleted"},
    Verb{"MENDED", "mended what the server had refused of"},
    Verb{"DISCARDED", "discarded the unsent change of"},
    Verb{"RESOLVED", "decided the conflict of"},
    Verb{"RESOLVED_THEIRS", "decided for the others' change of"},
    Verb{"OFFERED_BACK", "offered to the restored server again:"},
    Verb{"MERGED", nullptr, "Your change was joined with another of"},
    Verb{"SUPERSEDED", nullptr, "A later change won over yours of"},
    Verb{"OVERRODE", nullptr, "Your later change won over another of"},
    Verb{kDeletionWon, nullptr, "Your later deletion won over a change of"},
    Verb{kDeletionWonOverOurs, nullptr, "A later deletion won over your change of"},
    Verb{kDeletionLost, nullptr, "A later change won over your deletion of"},
    Verb{kDeletionLostToOurs, nullptr, "Your later change won over a deletion of"},
    Verb{"CONFLICT", nullptr, "A decision is asked for:"},
    Verb{"REJECTED", nullptr, "The server refused your change of"},
};

bool from_elsewhere(const AuditRow& row) { return row.what.starts_with("PULLED"); }
std::string_view happening_of(const AuditRow& row) {
    if (store::deletion_lost(row)) return row.what == "OVERRODE" ? kDeletionLostToOurs : kDeletionLost;
    if (store::deletion_won(row)) return row.what == "OVERRODE" ? kDeletionWon : kDeletionWonOverOurs;
    return row.what;
}

/// Null: it has none.
const Verb* verb_of(const AuditRow& row) {
    const std::string_view what = happening_of(row);
    const auto verb = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& one) { return one.what == what; });
    return verb == kVerbs.end() ? nullptr : &*verb;
}

bool is_update(const AuditRow& row) { return row.what == "UPDATE" || row.what == "PULLED" || row.what == "MENDED"; }
bool is_create(const AuditRow& row) {
    return row.what == "CREATE" || row.what == "PULLED_CREATE" || row.what == "RESTORE";
}

std::string who(const Desk& desk, const AuditRow& row) {
    if (from_elsewhere(row)) {
        if (!row.user.empty() && row.user == my_id(desk.state)) return "You, on another device,";
        return desk.state.people().find(row.user) == nullptr ? "Somebody else" : person_text(desk.state, row.user);
    }
    const bool me = row.user.empty() || row.user == desk.state.sync().user_id || desk.state.sync().user_id.empty();
    if (me) return "You";
    return desk.state.people().find(row.user) == nullptr ? "Another user of this laptop"
                                                         : person_text(desk.state, row.user);
}

std::string quoted_title(const Desk& desk, const AuditRow& row) {
    const crm::Record record = record_of(desk, row);
    std::string name(crm::def(row.model).name);
    name.front() = static_cast<char>(name.front() - 'A' + 'a');
    const bool named = row.model == Model::payment ? record.fields.has(crm::field_id(Model::payment, "amount"))
                                                   : !record.fields.text(crm::def(row.model).title).empty();
    std::string of = lead_of(desk.state, record);
    if (!of.empty()) of = (row.model == Model::payment ? " from " : " for ") + of;
    if (!named) return "a " + name + of;
    if (row.model == Model::lead) return title_of(record);
    if (row.model == Model::payment) return "a payment of " + title_of(record) + of;
    return "the " + name + " “" + title_of(record) + "”" + of;
}

std::string value_words(const Desk& desk, const crm::Record& record, crm::FieldId field, const crm::Value& value) {
    const crm::FieldDef& def = crm::def(record.model, field);
    if (def.target == Model::lead) {
        const auto* text = std::get_if<std::string>(&value);
        const auto id = text != nullptr ? Uuid::parse(*text) : std::nullopt;
        const crm::Record* lead = id ? desk.state.find(Model::lead, *id) : nullptr;
        if (lead != nullptr) return crm::title(*lead);
    }
    const auto currency = crm::tables::find(crm::def(record.model).fields, "currency");
    return field_text(desk.state, record.model, field, crm::view(value),
                      currency ? record.fields.text(*currency) : std::string_view{});
}

/// What the edit would have to put back now.
crm::Changes still_standing(const crm::Record& record, const AuditRow& row) {
    crm::Changes back;
    for (const auto& [field, value] : row.after.fields) {
        const crm::Value* before = row.before.find(field);
        if (before != nullptr && crm::own(record.fields.get(field)) == value && *before != value)
            back.set(field, *before);
    }
    return back;
}

}  // namespace

crm::Record record_of(const Desk& desk, const AuditRow& row) {
    if (const crm::Record* there = desk.state.find(row.model, row.record)) return *there;
    crm::Record made;
    made.id = row.record;
    made.model = row.model;
    crm::apply(made, row.whole);
    crm::apply(made, row.before);
    crm::apply(made, row.after);
    return made;
}

bool is_delete(const AuditRow& row) { return row.what == "DELETE" || row.what == "PULLED_DELETE"; }

std::string sentence_of(const Desk& desk, const AuditRow& row) {
    const Verb* const verb = verb_of(row);
    const std::string title = quoted_title(desk, row);
    if (verb == nullptr) return words_of_choice(row.what) + ": " + title;
    if (verb->words == nullptr) return std::string(verb->sentence) + " " + title;
    return who(desk, row) + " " + verb->words + " " + title;
}

std::vector<std::string> details_of(const Desk& desk, const AuditRow& row) {
    std::vector<std::string> details;
    const crm::Record record = record_of(desk, row);
    if (is_delete(row) || is_create(row)) return details;
    const bool lost = row.what == "SUPERSEDED" || row.what == "OVERRODE";
    if (!row.other.empty()) details.push_back("It met a change by " + other_text(desk.state, row.other));
    const auto& fields = row.after.fields.empty() ? row.before.fields : row.after.fields;
    for (const auto& [field, value] : fields) {
        const crm::FieldDef& def = crm::def(row.model, field);
        if (def.derived()) continue;
        const crm::Value* before = row.before.find(field);
        std::string words = std::string(def.label) + ": ";
        if (before != nullptr && !row.after.empty())
            words += value_words(desk, record, field, *before) + (lost ? " gave way to " : " → ");
        words += value_words(desk, record, field, value);
        details.push_back(std::move(words));
    }
    return details;
}

bool can_take_back(const Desk& desk, const AuditRow& row) {
    const crm::Record* there = desk.state.find(row.model, row.record);
    if (is_update(row)) return there != nullptr && !still_standing(*there, row).empty();
    if (is_create(row)) return there != nullptr;
    if (is_delete(row)) return there == nullptr && !row.before.fields.empty();
    return (row.what == "SUPERSEDED" || row.what == "OVERRODE") && can_turn_round(desk, row);
}

namespace {

/// Of a row that can be.
client::Edit edit_taking_back(const Desk& desk, const AuditRow& row) {
    client::Edit edit{OperationKind::update, row.model, row.record, {}};
    if (is_create(row)) edit.kind = OperationKind::remove;
    if (is_delete(row)) {
        edit.kind = OperationKind::create;
        edit.changes = row.before;
    }
    if (is_update(row)) edit.changes = still_standing(*desk.state.find(row.model, row.record), row);
    return edit;
}

constexpr std::size_t kLookedAt = 20, kNamed = 3;
constexpr std::size_t kLong = 50;  // rows: then it may have been saved in parts
constexpr UnixMs kApart_ms = 200, kPartsApart_ms = 3'000;

}  // namespace

bool same_go(const TrailLine& line, const AuditRow& next) {
    const AuditRow& last = line.more.empty() ? line.row : line.more.back();
    if (next.what != last.what || next.model != last.model || next.user != last.user || next.record == last.record)
        return false;
    if (last.at - next.at > (line.more.size() < kLong ? kApart_ms : kPartsApart_ms)) return false;
    if (is_create(next) || is_delete(next)) return true;
    return is_update(next) && next.after == last.after;
}

std::string sentence_of_many(const Desk& desk, const TrailLine& line) {
    const Verb* const verb = verb_of(line.row);
    return who(desk, line.row) + " " + (verb == nullptr ? "changed" : verb->words) + " " +
           count_of(line.row.model, line.more.size() + 1);
}

std::vector<std::string> details_of_many(const Desk& desk, const TrailLine& line) {
    std::vector<std::string> details;
    const AuditRow& row = line.row;
    if (is_update(row)) {
        const crm::Record record = record_of(desk, row);
        for (const auto& [field, value] : row.after.fields) {
            const crm::FieldDef& def = crm::def(row.model, field);
            if (!def.derived())
                details.push_back(std::string(def.label) + ": " + value_words(desk, record, field, value));
        }
        return details;
    }
    std::string names = quoted_title(desk, row);
    for (std::size_t i = 0; i < std::min(line.more.size(), kNamed - 1); ++i)
        names += ", " + quoted_title(desk, line.more[i]);
    if (line.more.size() >= kNamed)
        names += " and " + count_text(std::ssize(line.more) + 1 - static_cast<std::int64_t>(kNamed), "more", "more");
    return {names};
}

bool can_take_back_many(const Desk& desk, const TrailLine& line) {
    if (can_take_back(desk, line.row)) return true;
    const auto end = line.more.begin() + static_cast<std::ptrdiff_t>(std::min(line.more.size(), kLookedAt));
    return std::any_of(line.more.begin(), end, [&](const AuditRow& row) { return can_take_back(desk, row); });
}

void take_back_many(Desk& desk, const std::vector<AuditRow>& rows) {
    if (rows.empty()) return;
    auto by_record = std::make_shared<std::unordered_map<Uuid, AuditRow>>();
    client::Editor::Many many;
    for (const AuditRow& row : rows) {
        if (by_record->emplace(row.record, row).second) many.records.push_back(row.record);
    }
    many.edit = [&desk, by_record](const Uuid& id) -> Result<std::optional<client::Edit>> {
        const AuditRow& row = by_record->at(id);
        if (!can_take_back(desk, row)) return std::nullopt;
        return edit_taking_back(desk, row);
    };
    const Model model = rows.front().model;
    many.label = [model](std::size_t count) { return "Take back changes of " + count_of(model, count); };
    const bool restores = is_delete(rows.front());
    many.done = told_at_end(desk, [model, restores](std::size_t count) {
        return (restores ? "Restored: " : "Taken back: ") + count_of(model, count);
    });
    desk.editor.apply_each(std::move(many));
}

void take_back(Desk& desk, const AuditRow& row) {
    if (!can_take_back(desk, row)) return;
    if (row.what == "SUPERSEDED" || row.what == "OVERRODE") return turn_round(desk, row);
    client::Edit edit = edit_taking_back(desk, row);
    const std::string title = quoted_title(desk, row);
    if (!desk.accepted(desk.editor.apply({std::move(edit)}, "Take back a change of " + title))) return;
    offer_undo(desk, is_create(row)   ? "Taken back: " + title + " is deleted"
                     : is_delete(row) ? "Restored: " + title
                                      : "Put back as it was: " + title);
}

}  // namespace ct::ui
