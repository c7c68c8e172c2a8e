#include "client/import.h"

#include <algorithm>
#include <unordered_map>

#include "base/utf8.h"
#include "client/merge_leads.h"
#include "crm/csv.h"
#include "crm/tables.h"
#include "crm/validate.h"

namespace ct::client {
namespace {

using crm::FieldId;
using crm::Model;
using crm::Record;
using sync::OperationKind;

// Rows of one transaction: enough that the flush of the disk does not count, few enough to be over in a moment.
constexpr std::size_t kChunk = 1'000;

constexpr FieldId kName = crm::field_id(Model::lead, "name");
constexpr FieldId kCompany = crm::field_id(Model::lead, "company");
constexpr FieldId kPhone = crm::field_id(Model::lead, "phone");
constexpr FieldId kEmail = crm::field_id(Model::lead, "email");

class Importer {
  public:
    Importer(ImportOptions options, ImportDoors doors, crm::CsvColumns columns)
        : options_(std::move(options)), doors_(std::move(doors)), columns_(std::move(columns)) {}

    /// Some of the leads that are there; false when all are known.
    Result<bool> know_leads() {
        if (all_known_ || options_.model != Model::lead || options_.on_duplicate == OnDuplicate::create) return false;
        const auto part = doors_.load_part(Model::lead, known_down_to_);
        if (!part) return fail(part.error());
        if (part->damaged > 0) return fail(store::rows_damaged(part->damaged));
        for (const Record& record : part->records) {
            if (merged_away(record)) continue;
            const auto text = [&](FieldId field) { return record.fields.text(field); };
            // The oldest of several that are alike comes last, and counts.
            for (std::string& key :
                 likeness_keys(text(kName), text(kCompany), text(kPhone), text(kEmail), options_.default_country))
                known_.insert_or_assign(std::move(key), record.id);
        }
        known_down_to_ = part->next;
        all_known_ = !part->next;
        return true;
    }

    Result<void> take(std::span<const std::string> in_file, std::int64_t line) {
        const auto mended = options_.mended.find(line);
        const std::span<const std::string> cells =
            mended == options_.mended.end() ? in_file : std::span<const std::string>(mended->second);
        if (crm::CsvColumns::blank(cells)) return {};
        ++rows_;
        if (auto planned = plan(cells, line); !planned) {
            if (planned.error().kind != ErrorKind::invalid) return planned;  // of the disk, not of the row
            report_.rejected.push_back(
                {line, planned.error().message, {cells.begin(), cells.end()}, planned.error().field});
        }
        return {};
    }
    /// A row that cannot be read, unless somebody has typed it anew.
    Result<void> take_unreadable(std::int64_t line, std::string reason) {
        if (options_.mended.contains(line)) return take({}, line);
        ++rows_;
        report_.rejected.push_back({line, std::move(reason)});
        return {};
    }
    [[nodiscard]] bool full() const { return edits_.size() >= kChunk; }
    [[nodiscard]] std::int64_t rows() const { return rows_; }

    Result<void> flush() {
        if (edits_.empty()) return {};
        std::vector<OperationKind> kinds;
        for (const Edit& edit : edits_) kinds.push_back(edit.kind);
        std::vector<std::optional<Error>> errors(edits_.size());
        if (!options_.dry_run) {
            auto saved = doors_.commit(std::exchange(edits_, {}));
            if (!saved) return fail(saved.error());
            errors = *std::move(saved);
        } else {
            for (const Edit& edit : edits_) {
                if (auto remembered = remember(edit); !remembered) return remembered;
            }
        }
        for (std::size_t i = 0; i < kinds.size(); ++i) {
            if (errors[i]) {
                report_.rejected.push_back({lines_[i], errors[i]->message});
            } else {
                ++(kinds[i] == OperationKind::create ? report_.created : report_.updated);
            }
        }
        edits_.clear();
        lines_.clear();
        at_.clear();
        if (doors_.progress) doors_.progress(rows_);
        return {};
    }

    [[nodiscard]] std::int64_t saved() const { return report_.created + report_.updated; }
    [[nodiscard]] ImportReport report() {
        std::stable_sort(report_.rejected.begin(), report_.rejected.end(),
                         [](const RejectedRow& a, const RejectedRow& b) { return a.line < b.line; });
        report_.ignored_columns = columns_.ignored();
        return std::move(report_);
    }

  private:
    void know(const std::vector<std::string>& keys, const Uuid& id) {
        for (const std::string& key : keys) known_.try_emplace(key, id);
    }

    /// A trial saves nothing, so that later rows ask here what earlier ones made.
    Result<void> remember(const Edit& edit) {
        auto record = current(edit.record);
        if (!record) return fail(record.error());
        if (*record) planned_.insert_or_assign(edit.record, **std::move(record));
        return {};
    }

    /// The record as it is with what this import has made of it and not yet saved.
    [[nodiscard]] Result<std::optional<Record>> current(const Uuid& id) {
        const auto trial = planned_.find(id);
        auto record = trial == planned_.end() ? doors_.get(options_.model, id) : std::optional<Record>(trial->second);
        const auto waiting = at_.find(id);
        if (!record || waiting == at_.end()) return record;
        if (!*record) {
            record->emplace().id = id;
            (*record)->model = options_.model;
        }
        crm::apply(**record, edits_[waiting->second].changes);
        return record;
    }

    [[nodiscard]] std::vector<std::string> keys_of(std::span<const std::string> cells) const {
        if (options_.model != Model::lead) return {};
        const auto cell = [&](FieldId field) { return columns_.cell(cells, field); };
        return likeness_keys(cell(kName), cell(kCompany), cell(kPhone), cell(kEmail), options_.default_country);
    }

    /// The id that the row names itself, or that of the lead that it seems to be; nil when it is new.
    struct Match {
        Uuid named;
        std::optional<Record> record;
    };
    [[nodiscard]] Result<Match> match(std::span<const std::string> cells, const std::vector<std::string>& keys) {
        Match match;
        if (const std::string_view typed = columns_.id(cells); !typed.empty()) {
            const auto id = Uuid::parse(typed);
            if (!id)
                return fail(ErrorKind::invalid, "BAD_ID", "id: " + quote(typed) + " is no id (36 characters, a UUID)");
            match.named = *id;
            auto record = current(*id);
            if (!record) return fail(record.error());
            match.record = *std::move(record);
            return match;  // an id that is not known here is another record, however alike the two are
        }
        for (const std::string& key : keys) {
            const auto known = known_.find(key);
            if (known == known_.end()) continue;
            auto record = current(known->second);
            if (!record) return fail(record.error());
            match.record = *std::move(record);
            if (match.record) return match;
        }
        return match;
    }

    [[nodiscard]] Result<void> check_references(const crm::Changes& changes) {
        for (const auto& [field, value] : changes.fields) {
            const crm::FieldDef& known = crm::def(options_.model, field);
            const auto* const text = std::get_if<std::string>(&value);
            if (!known.target || text == nullptr || *text == good_reference_) continue;
            const auto id = Uuid::parse(*text);
            auto target = id ? doors_.get(*known.target, *id) : Result<std::optional<Record>>(std::nullopt);
            if (!target) return fail(target.error());
            const bool in_this_file =
                *known.target == options_.model && id && (at_.contains(*id) || planned_.contains(*id));
            if (!in_this_file && (!*target || (*target)->deleted)) {
                return fail(
                    ErrorKind::invalid, "MISSING_PARENT",
                    std::string(known.name) + ": there is no " + std::string(crm::name(*known.target)) + " " + *text);
            }
            good_reference_ = *text;
        }
        return {};
    }

    /// A name stands in a thousand rows and is asked about once.
    [[nodiscard]] const Result<std::string>& person(std::string_view typed) {
        const auto [at, first] = people_.try_emplace(std::string(typed), std::string());
        if (first) at->second = doors_.person(typed);
        return at->second;
    }

    /// The row with ids in place of people's names: itself, where it names nobody.
    [[nodiscard]] Result<std::span<const std::string>> with_people(std::span<const std::string> cells) {
        bool copied = false;
        const auto& fields = crm::def(options_.model).fields;
        for (std::size_t i = 0; doors_.person && i < fields.size(); ++i) {
            if (!fields[i].names_person()) continue;
            const auto column = columns_.column(static_cast<FieldId>(i));
            if (!column || *column >= cells.size()) continue;
            const std::string_view typed = columns_.cell(cells, static_cast<FieldId>(i));
            if (typed.empty() || Uuid::parse(typed)) continue;
            const Result<std::string>& id = person(typed);
            if (!id) {
                const Error& why = id.error();
                return fail({ErrorKind::invalid, why.code, std::string(fields[i].label) + ": " + why.message,
                             std::string(fields[i].name)});
            }
            if (!std::exchange(copied, true)) named_.assign(cells.begin(), cells.end());
            named_[*column] = *id;
        }
        return copied ? std::span<const std::string>(named_) : cells;
    }

    /// Adds the edit that the row asks for, or counts it as skipped.
    [[nodiscard]] Result<void> plan(std::span<const std::string> cells, std::int64_t line) {
        const std::vector<std::string> keys = keys_of(cells);
        auto found = match(cells, keys);
        if (!found) return fail(found.error());
        const bool create = !found->record || options_.on_duplicate == OnDuplicate::create;
        std::optional<Edit> edit;
        if (create || options_.on_duplicate == OnDuplicate::update) {
            const auto named = with_people(cells);
            if (!named) return fail(named.error());
            auto wanted = create ? creation(*named, *found) : change(*named, *found->record);
            if (!wanted) return fail(wanted.error());
            edit = *std::move(wanted);
        }
        if (!edit) {
            ++report_.skipped;
            return {};
        }
        if (auto well = check_references(edit->changes); !well) return well;
        if (options_.on_duplicate != OnDuplicate::create) know(keys, edit->record);
        add(*std::move(edit), line);
        return {};
    }

    void add(Edit edit, std::int64_t line) {
        const auto [at, first] = at_.try_emplace(edit.record, edits_.size());
        if (!first) {  // two rows of one record: one edit
            for (auto& [field, value] : edit.changes.fields) edits_[at->second].changes.set(field, std::move(value));
            ++report_.updated;
            return;
        }
        lines_.push_back(line);
        edits_.push_back(std::move(edit));
    }

    [[nodiscard]] Result<std::optional<Edit>> creation(std::span<const std::string> cells, const Match& found) {
        auto changes = columns_.changes(cells, nullptr, options_.currency);
        if (!changes) return fail(changes.error());
        complete_currency(*changes);
        crm::complete_phones(options_.model, *changes, options_.default_country);
        if (auto valid = crm::validate_new(options_.model, *changes); !valid) return fail(valid.error());
        const bool own_id = !found.named.nil() && !(found.record && found.record->id == found.named);
        return Edit{OperationKind::create, options_.model, own_id ? found.named : doors_.new_id(), *std::move(changes)};
    }

    [[nodiscard]] Result<std::optional<Edit>> change(std::span<const std::string> cells, const Record& existing) {
        if (existing.deleted) {
            return fail(ErrorKind::invalid, "IN_TRASH",
                        "the " + std::string(crm::name(options_.model)) + " " + existing.id.str() + " is in the trash");
        }
        auto changes = columns_.changes(cells, &existing, options_.currency);
        if (!changes) return fail(changes.error());
        crm::complete_phones(options_.model, *changes, options_.default_country);
        if (changes->empty()) return std::nullopt;
        if (crm::def(options_.model).append_only) {
            return fail(ErrorKind::invalid, "APPEND_ONLY",
                        "a " + std::string(crm::name(options_.model)) + " cannot be changed, and this row differs");
        }
        if (auto valid = crm::validate(options_.model, *changes); !valid) return fail(valid.error());
        return Edit{OperationKind::update, options_.model, existing.id, *std::move(changes)};
    }

    /// Amounts were read in this currency, so the record must have it.
    void complete_currency(crm::Changes& changes) const {
        const auto field = crm::currency_field(options_.model);
        if (field && changes.find(*field) == nullptr) changes.set(*field, options_.currency);
    }

    const ImportOptions options_;
    const ImportDoors doors_;
    const crm::CsvColumns columns_;
    std::unordered_map<std::string, Uuid> known_;
    std::optional<std::int64_t> known_down_to_;
    bool all_known_ = false;
    std::unordered_map<Uuid, Record> planned_;                     // of a trial
    std::unordered_map<Uuid, std::size_t> at_;                     // record -> its place in edits_
    std::vector<Edit> edits_;                                      // not yet saved
    std::vector<std::int64_t> lines_;                              // theirs
    std::unordered_map<std::string, Result<std::string>> people_;  // as they are typed -> their ids
    std::vector<std::string> named_;                               // the row at hand, by with_people
    std::string good_reference_;                                   // rows of one lead stand together, mostly
    std::int64_t rows_ = 0;
    ImportReport report_;
};

[[nodiscard]] Error midway(Error error, std::int64_t saved) {
    if (saved > 0) {
        error.message +=
            "; " + std::to_string(saved) + " rows went in before: import the file again, and it goes on behind them";
    }
    return error;
}

}  // namespace

// The first letter keeps the kinds apart.
std::vector<std::string> likeness_keys(std::string_view name, std::string_view company, std::string_view phone,
                                       std::string_view email, std::string_view country) {
    std::vector<std::string> keys;
    if (std::string number = crm::phone_e164(phone, country); !number.empty()) keys.push_back("p" + number);
    if (!email.empty()) keys.push_back("e" + fold(email));
    if (!name.empty() && !company.empty()) keys.push_back("n" + fold(name) + "\n" + fold(company));
    return keys;
}

struct ImportRun::Impl {
    Impl(const crm::CsvReader& at, Importer made) : reader(at), importer(std::move(made)) {}
    crm::CsvReader reader;
    std::vector<std::string> cells;
    Importer importer;
};

ImportRun::ImportRun(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ImportRun::~ImportRun() = default;

Result<std::unique_ptr<ImportRun>> ImportRun::begin(std::string_view text, ImportOptions options, ImportDoors doors) {
    crm::CsvReader reader(text);
    std::vector<std::string> cells;
    const auto first = reader.next(cells);
    if (!first) {
        Error error = first.error();
        error.message = "line " + std::to_string(reader.line()) + ": " + error.message;
        return fail(std::move(error));
    }
    if (!*first)
        return fail(ErrorKind::invalid, "EMPTY_FILE", "the file is empty; its first line must name the columns");
    auto columns = crm::CsvColumns::find(options.model, cells, options.map);
    if (!columns) return fail(columns.error());
    return std::unique_ptr<ImportRun>(new ImportRun(
        std::make_unique<Impl>(reader, Importer(std::move(options), std::move(doors), *std::move(columns)))));
}

Result<bool> ImportRun::step() {
    Importer& importer = impl_->importer;
    if (const auto learned = importer.know_leads(); !learned || *learned) return learned;
    const std::int64_t until = importer.rows() + static_cast<std::int64_t>(kChunk);
    bool more_rows = true;
    while (more_rows && !importer.full() && importer.rows() < until) {
        const auto more = impl_->reader.next(impl_->cells);
        more_rows = !more || *more;
        if (!more_rows) break;
        const std::int64_t line = impl_->reader.line();
        auto taken = more ? importer.take(impl_->cells, line) : importer.take_unreadable(line, more.error().message);
        if (!taken) return fail(midway(taken.error(), importer.saved()));
    }
    if (auto saved = importer.flush(); !saved) return fail(midway(saved.error(), importer.saved()));
    return more_rows;
}

std::int64_t ImportRun::rows() const { return impl_->importer.rows(); }
ImportReport ImportRun::report() { return impl_->importer.report(); }

Result<ImportReport> import_csv(std::string_view text, const ImportOptions& options, const ImportDoors& doors) {
    auto run = ImportRun::begin(text, options, doors);
    if (!run) return fail(run.error());
    for (;;) {
        const auto more = (*run)->step();
        if (!more) return fail(more.error());
        if (!*more) return (*run)->report();
    }
}

Result<std::int64_t> export_csv(crm::Model model, const ImportDoors& doors,
                                const std::function<Result<void>(std::string_view)>& write) {
    std::string text;
    crm::write_csv_row(text, crm::csv_header(model));
    std::int64_t rows = 0;
    Result<void> written;
    const auto loaded = doors.load(model, [&](std::vector<Record>&& records) {
        for (const Record& record : records) {
            if (merged_away(record)) continue;
            crm::write_csv_row(text, crm::csv_row(record));
            ++rows;
        }
        if (written) written = write(text);
        text.clear();
    });
    if (!loaded) return fail(loaded.error());
    if (written && !text.empty()) written = write(text);
    if (!written) return fail(written.error());
    return rows;
}

}  // namespace ct::client
