#include "cli/names.h"

#include <algorithm>
#include <numeric>

#include "base/utf8.h"
#include "crm/tables.h"
#include "crm/validate.h"

namespace ct::cli {
namespace {

// Shorter pieces of an id are guesses, and the first ten digits of one are a time that its neighbours share.
constexpr std::size_t kPieceMin = 6;
// How many of the ids that a piece fits are shown.
constexpr std::size_t kMatchesShown = 3;

constexpr std::pair<std::string_view, SystemColumn> kSystemColumns[] = {
    {"id", SystemColumn::id},
    {"syncStatus", SystemColumn::sync_status},
    {"createdAt", SystemColumn::created_at},
    {"updatedAt", SystemColumn::updated_at},
    {"version", SystemColumn::version},
};

[[nodiscard]] std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

/// Insertions, removals, replacements and swaps of neighbours from one to the other (optimal string alignment).
[[nodiscard]] std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);  // the row two above
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before.swap(above);
        above.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = a[i - 1] == b[j - 1];
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0U : 1U)});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
    }
    return row[b.size()];
}

[[nodiscard]] std::vector<std::string_view> field_names(crm::Model model, bool with_derived) {
    std::vector<std::string_view> names;
    for (const crm::FieldDef& field : crm::def(model).fields) {
        if (with_derived || !field.derived()) names.push_back(field.name);
    }
    return names;
}

[[nodiscard]] Failure unknown_field(crm::Model model, std::string_view typed, std::span<const std::string_view> known) {
    return fail(ErrorKind::invalid, "UNKNOWN_FIELD",
                std::string(crm::name(model)) + " has no field " + quote(typed) + did_you_mean(typed, known) +
                    "; its fields are " + listed(known));
}

}  // namespace

std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known) {
    const std::string wanted = lower(typed.substr(0, 64));
    std::string_view best;
    std::size_t best_distance = 1 + std::clamp<std::size_t>(wanted.size() / 2, 1, 3);
    for (const std::string_view name : known) {
        const std::string candidate = lower(name);
        const bool begun = wanted.size() > 1 && candidate.starts_with(wanted);
        if (const std::size_t far = begun ? 0 : distance(wanted, candidate); far < best_distance) {
            best = name;
            best_distance = far;
        }
    }
    return best.empty() ? std::string() : " (did you mean " + quote(best) + "?)";
}

std::string listed(std::span<const std::string_view> names) {
    std::string out;
    for (const std::string_view name : names) {
        if (!out.empty()) out += ", ";
        out += name;
    }
    return out;
}

Result<crm::Model> known_model(std::string_view typed) {
    if (const auto model = crm::find_model_loose(typed)) return *model;
    std::vector<std::string_view> names;
    for (const crm::ModelDef& model : crm::models()) names.push_back(model.name);
    return fail(ErrorKind::invalid, "UNKNOWN_MODEL",
                "there is no model " + quote(typed) + did_you_mean(typed, names) + "; the models are " + listed(names));
}

Result<crm::FieldId> known_field(crm::Model model, std::string_view typed) {
    if (const auto field = crm::find_field(model, typed)) return *field;
    if (crm::is_system_name(typed)) {
        return fail(
            ErrorKind::invalid, "UNKNOWN_FIELD",
            std::string(crm::name(model)) + "." + std::string(typed) + " is kept by the program and cannot be set");
    }
    return unknown_field(model, typed, field_names(model, false));
}

Result<Column> known_column(crm::Model model, std::string_view typed) {
    if (const auto field = crm::find_field(model, typed)) return Column(*field);
    std::vector<std::string_view> known = field_names(model, true);
    for (const auto& [name, column] : kSystemColumns) {
        if (name == typed) return Column(column);
        known.push_back(name);
    }
    return unknown_field(model, typed, known);
}

Result<Assignment> split_assignment(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) {
        return fail(ErrorKind::invalid, "USAGE", quote(text) + " is not of the form field=value");
    }
    return Assignment{text.substr(0, equals), text.substr(equals + 1)};
}

Result<std::vector<GivenField>> parse_assignments(crm::Model model, std::span<const std::string> texts) {
    std::vector<GivenField> given;
    for (const std::string& text : texts) {
        const auto assignment = split_assignment(text);
        if (!assignment) return fail(assignment.error());
        const auto field = known_field(model, assignment->name);
        if (!field) return fail(field.error());
        const bool twice =
            std::any_of(given.begin(), given.end(), [&](const GivenField& one) { return one.field == *field; });
        if (twice) {
            return fail(ErrorKind::invalid, "USAGE", "the field " + quote(assignment->name) + " is given twice");
        }
        given.push_back({*field, assignment->value});
    }
    return given;
}

Result<Uuid> choose_id(std::span<const Uuid> ids, std::string_view typed, std::string_view what,
                       std::string_view code_when_none) {
    if (const auto whole = Uuid::parse(typed)) {
        if (std::find(ids.begin(), ids.end(), *whole) != ids.end()) return *whole;
        return fail(ErrorKind::not_found, code_when_none, "there is no " + std::string(what) + " " + whole->str());
    }
    const std::string piece = lower(typed);
    const bool usable = piece.size() >= kPieceMin && piece.find_first_not_of("0123456789abcdef-") == std::string::npos;
    if (!usable) {
        return fail(ErrorKind::invalid, "BAD_ID",
                    quote(typed) +
                        " is neither an id (36 characters, a UUID) nor the beginning or end of one (at least " +
                        std::to_string(kPieceMin) + " characters)");
    }
    std::vector<std::string> matches;
    for (const Uuid& id : ids) {
        std::string text = id.str();
        if (text.starts_with(piece) || text.ends_with(piece)) matches.push_back(std::move(text));
    }
    if (matches.size() == 1) return *Uuid::parse(matches.front());
    if (matches.empty()) {
        return fail(ErrorKind::not_found, code_when_none,
                    "there is no " + std::string(what) + " whose id begins or ends with " + quote(typed));
    }
    std::string some;
    for (std::size_t i = 0; i < std::min(matches.size(), kMatchesShown); ++i) some += (i == 0 ? "" : ", ") + matches[i];
    return fail(ErrorKind::invalid, "AMBIGUOUS_ID",
                quote(typed) + " fits " + std::to_string(matches.size()) + " ids: " + some +
                    (matches.size() > kMatchesShown ? ", …" : ""));
}

Result<Uuid> find_id(const store::Store& store, crm::Model model, std::string_view typed) {
    const std::string what = std::string(crm::name(model));
    if (const auto whole = Uuid::parse(typed)) {  // the trash too, and without reading the whole table
        const auto found = store.get(model, *whole);
        if (!found) return fail(found.error());
        if (*found) return *whole;
        return fail(ErrorKind::not_found, "NO_SUCH_RECORD", "there is no " + what + " " + whole->str());
    }
    std::vector<Uuid> ids;
    const auto loaded = store.load(model, 1'000, [&](std::vector<crm::Record>&& records) {
        for (const crm::Record& record : records) ids.push_back(record.id);
    });
    if (!loaded) return fail(loaded.error());
    return choose_id(ids, typed, what, "NO_SUCH_RECORD");
}

}  // namespace ct::cli
