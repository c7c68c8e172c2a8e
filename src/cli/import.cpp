// import, export: records from and to a CSV file.
#include "client/import.h"

#include "base/file.h"
#include "base/part_file.h"
#include "base/utf8.h"
#include "cli/context.h"
#include "cli/names.h"
#include "cli/output.h"

namespace ct::cli {
namespace {

constexpr std::size_t kChunk = 10'000;  // records read at once

[[nodiscard]] Result<client::OnDuplicate> parse_on_duplicate(std::string_view typed) {
    constexpr std::string_view kNames[] = {"skip", "update", "create"};
    if (typed.empty() || typed == kNames[0]) return client::OnDuplicate::skip;
    if (typed == kNames[1]) return client::OnDuplicate::update;
    if (typed == kNames[2]) return client::OnDuplicate::create;
    return fail(ErrorKind::invalid, "USAGE",
                "--on-duplicate " + quote(typed) + " is not one of " + listed(kNames) + did_you_mean(typed, kNames));
}

/// What a map names must be a field: told before the profile is touched, with the nearest name.
[[nodiscard]] Result<crm::CsvColumns::Map> parse_map(crm::Model model, const std::vector<std::string>& texts) {
    crm::CsvColumns::Map map;
    for (const std::string& text : texts) {
        const std::size_t equals = text.rfind('=');
        if (equals == std::string::npos || equals == 0)
            return fail(ErrorKind::invalid, "USAGE", "--map " + quote(text) + " is not of the form COLUMN=FIELD");
        std::string field = text.substr(equals + 1);
        if (!field.empty() && field != "id") {
            if (const auto known = known_field(model, field); !known) return fail(known.error());
        }
        map.emplace_back(text.substr(0, equals), std::move(field));
    }
    return map;
}

[[nodiscard]] client::ImportDoors doors(client::Session& session) {
    return {[&session](crm::Model model, const std::function<void(std::vector<crm::Record> &&)>& visit) {
                return session.store().load(model, kChunk, visit);
            },
            [&session](crm::Model model, std::optional<std::int64_t> before) {
                return session.store().load_part(model, before, kChunk);
            },
            [&session](crm::Model model, const Uuid& id) { return session.store().get(model, id); },
            [&session](std::vector<client::Edit>&& edits) { return session.commit_each(std::move(edits)); },
            [&session] { return session.new_id(); },
            {},
            [&session](std::string_view typed) { return id_of_person(session, typed); }};
}

[[nodiscard]] Json report_json(const client::ImportReport& report) {
    Json rejected = Json::array();
    for (const client::RejectedRow& row : report.rejected)
        rejected.push_back({{"line", row.line}, {"reason", row.reason}});
    return {{"created", report.created},
            {"updated", report.updated},
            {"skipped", report.skipped},
            {"rejected", std::move(rejected)}};
}

void print_report(Context& context, const client::ImportReport& report) {
    std::ostream& out = context.out();
    for (const client::RejectedRow& row : report.rejected) out << "line " << row.line << ": " << row.reason << '\n';
    out << (context.options().dry_run ? "Would create " : "Created ") << report.created << ", update"
        << (context.options().dry_run ? " " : "d ") << report.updated << ", skip"
        << (context.options().dry_run ? " " : "ped ") << report.skipped << ", reject"
        << (context.options().dry_run ? " " : "ed ") << report.rejected.size() << '\n';
}

}  // namespace

Outcome run_import(Context& context) {
    const Options& options = context.options();
    const auto model = known_model(options.model);
    if (!model) return fail(model.error());
    client::ImportOptions wanted;
    wanted.model = *model;
    wanted.dry_run = options.dry_run;
    const auto on_duplicate = parse_on_duplicate(options.on_duplicate);
    if (!on_duplicate) return fail(on_duplicate.error());
    wanted.on_duplicate = *on_duplicate;
    auto map = parse_map(*model, options.map);
    if (!map) return fail(map.error());
    wanted.map = *std::move(map);
    auto text = read_file(options.file);
    if (!text) {
        Error error = text.error();
        error.kind = ErrorKind::invalid;  // the file that was named, not the profile's disk
        return fail(std::move(error));
    }

    auto session = context.session();
    if (!session) return fail(session.error());
    wanted.default_country = context.config().default_country;
    wanted.currency = context.config().currency;
    const auto report = client::import_csv(*text, wanted, doors(**session));
    if (!report) return fail(report.error());
    if (context.json()) {
        print_json(context.out(), report_json(*report));
    } else {
        print_report(context, *report);
    }
    if (!report->ignored_columns.empty()) {
        const std::vector<std::string_view> names(report->ignored_columns.begin(), report->ignored_columns.end());
        context.surroundings().err << "left out, as they are no fields of " << crm::name(*model)
                                   << " (--map COLUMN=FIELD): " << listed(names) << '\n';
    }
    return report->rejected.empty() ? ExitCode::done : ExitCode::attention;
}

Outcome run_export(Context& context) {
    const Options& options = context.options();
    const auto model = known_model(options.model);
    if (!model) return fail(model.error());
    auto session = context.session();
    if (!session) return fail(session.error());
    // Whole or not at all: a program that reads the file never sees half of it.
    const std::string part = options.file + ".part";
    std::int64_t written = 0;
    const auto rows = client::export_csv(*model, doors(**session), [&](std::string_view text) {
        auto done = write_part(part, written, text);
        written += static_cast<std::int64_t>(text.size());
        return done;
    });
    auto moved = rows ? move_file(part, options.file) : Result<void>(fail(rows.error()));
    if (!moved) {
        (void)remove_file(part);
        return fail(moved.error());
    }
    if (context.json()) {
        print_json(context.out(), {{"exported", *rows}});
    } else {
        context.out() << "Wrote " << *rows << ' ' << (*rows == 1 ? crm::name(*model) : crm::def(*model).plural)
                      << " to " << options.file << '\n';
    }
    return ExitCode::done;
}

}  // namespace ct::cli
