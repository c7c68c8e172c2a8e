// queue list, retry, discard, export: the edits that the server has not settled.
#include <algorithm>
#include <sstream>

#include "base/file.h"
#include "cli/context.h"
#include "cli/names.h"
#include "cli/output.h"
#include "crm/json_codec.h"
#include "crm/validate.h"

namespace ct::cli {
namespace {

using sync::QueuedOperation;
using sync::QueueState;

[[nodiscard]] Result<std::vector<QueuedOperation>> whole_queue(client::Session& session) {
    const auto count = static_cast<std::size_t>(std::max<std::int64_t>(1, session.store().queue().operations));
    return session.store().list_queue(count);
}

[[nodiscard]] Json changes_json(crm::Model model, const crm::Changes& changes) {
    std::string text;
    crm::JsonWriter writer(text);
    crm::write_changes(writer, model, changes);
    return Json::parse(text, nullptr, false);
}

[[nodiscard]] Json queue_row(const QueuedOperation& row) {
    const sync::Operation& operation = row.operation;
    Json error;
    if (!row.error_code.empty()) error = {{"code", row.error_code}, {"message", row.error_message}};
    return {{"id", operation.id.str()},
            {"operation", sync::name(operation.kind)},
            {"model", crm::name(operation.model)},
            {"recordId", operation.record.str()},
            {"state", sync::name(row.state)},
            {"data", changes_json(operation.model, operation.changes)},
            {"before", changes_json(operation.model, row.before)},
            {"base", operation.base},
            {"stamp", operation.stamp},
            {"policy", crm::name(operation.policy)},
            {"userId", row.user.empty() ? Json() : Json(row.user)},
            {"createdAt", format_rfc3339(row.created_at)},
            {"retryCount", row.retry_count},
            {"error", std::move(error)}};
}

[[nodiscard]] std::string field_list(const sync::Operation& operation) {
    std::vector<std::string_view> names;
    for (const auto& [field, value] : operation.changes.fields) names.push_back(crm::def(operation.model, field).name);
    return listed(names);
}

void print_queue(Context& context, const std::vector<QueuedOperation>& rows) {
    TextTable table;
    for (const char* const title : {"ID", "State", "Operation", "Model", "Record", "Since", "Error", "Fields"}) {
        table.add_column(title);
    }
    for (const QueuedOperation& row : rows) {
        const sync::Operation& operation = row.operation;
        table.add_row({short_id(operation.id), std::string(sync::name(row.state)),
                       std::string(sync::name(operation.kind)), std::string(crm::name(operation.model)),
                       short_id(operation.record), shown_time(row.created_at),
                       row.error_code.empty() ? std::string() : row.error_code + ": " + row.error_message,
                       field_list(operation)});
    }
    if (table.rows() > 0) table.print(context.out(), context.surroundings().width);
    context.surroundings().err << rows.size() << (rows.size() == 1 ? " edit waits\n" : " edits wait\n");
}

/// The operations that the command names; with --all those in one of `states`.
[[nodiscard]] Result<std::vector<Uuid>> chosen(Context& context, const std::vector<QueuedOperation>& rows,
                                               std::initializer_list<QueueState> states) {
    const Options& options = context.options();
    std::vector<Uuid> out;
    if (options.all) {
        for (const QueuedOperation& row : rows) {
            if (std::find(states.begin(), states.end(), row.state) != states.end()) out.push_back(row.operation.id);
        }
        return out;
    }
    std::vector<Uuid> ids;
    for (const QueuedOperation& row : rows) ids.push_back(row.operation.id);
    for (const std::string& typed : options.operations) {
        const auto id = choose_id(ids, typed, "operation in the queue", "NO_SUCH_OPERATION");
        if (!id) return fail(id.error());
        if (std::find(out.begin(), out.end(), *id) == out.end()) out.push_back(*id);
    }
    return out;
}

/// What asks for another moment or another operation is no trouble of the database.
[[nodiscard]] Failure refused(Error error) {
    if (error.kind == ErrorKind::busy) error.kind = ErrorKind::invalid;
    return fail(std::move(error));
}

using Act = Result<store::Visible> (client::Session::*)(const Uuid&);

[[nodiscard]] Outcome act(Context& context, Act what, const char* done, std::initializer_list<QueueState> states) {
    if (context.options().all != context.options().operations.empty()) {
        return fail(ErrorKind::invalid, "USAGE", "name the operations by their ids, or all of them by --all");
    }
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto rows = whole_queue(**session);
    if (!rows) return fail(rows.error());
    const auto ids = chosen(context, *rows, states);
    if (!ids) return fail(ids.error());
    Json list = Json::array();
    for (const Uuid& id : *ids) {
        const auto visible = ((*session)->*what)(id);
        if (!visible) return refused(visible.error());
        list.push_back(id.str());
    }
    if (context.json()) {
        print_json(context.out(), {{done, std::move(list)}});
    } else {
        context.out() << ids->size() << ' ' << done << '\n';
    }
    return ExitCode::done;
}

/// "1a2b3c amount=17500": one operation, and the values in place of those that were refused.
[[nodiscard]] Outcome mend(Context& context) {
    const std::vector<std::string>& words = context.options().operations;
    const auto is_value = [](const std::string& word) { return word.find('=') != std::string::npos; };
    if (context.options().all || is_value(words.front()) || !std::all_of(words.begin() + 1, words.end(), is_value)) {
        return fail(ErrorKind::invalid, "USAGE",
                    "name one operation by its id, and behind it what to mend: field=value");
    }
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto rows = whole_queue(**session);
    if (!rows) return fail(rows.error());
    std::vector<Uuid> ids;
    for (const QueuedOperation& row : *rows) ids.push_back(row.operation.id);
    const auto id = choose_id(ids, words.front(), "operation in the queue", "NO_SUCH_OPERATION");
    if (!id) return fail(id.error());
    const auto& row = (*rows)[static_cast<std::size_t>(std::find(ids.begin(), ids.end(), *id) - ids.begin())];
    const crm::Model model = row.operation.model;
    auto changes = given_changes(context, model, std::span(words).subspan(1));
    if (!changes) return fail(changes.error());
    crm::complete_phones(model, *changes, context.config().default_country);
    const auto visible = (*session)->mend(*id, *changes);
    if (!visible) return refused(visible.error());
    if (context.json()) {
        print_json(context.out(), {{"retried", Json::array({id->str()})}});
    } else {
        context.out() << "1 retried\n";
    }
    return ExitCode::done;
}

}  // namespace

Outcome run_queue_list(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto rows = whole_queue(**session);
    if (!rows) return fail(rows.error());
    if (!context.json()) {
        print_queue(context, *rows);
        return ExitCode::done;
    }
    Json list = Json::array();
    for (const QueuedOperation& row : *rows) list.push_back(queue_row(row));
    print_json(context.out(), list);
    return ExitCode::done;
}

Outcome run_queue_retry(Context& context) {
    const auto& words = context.options().operations;
    const bool mends = std::any_of(words.begin(), words.end(),
                                   [](const std::string& word) { return word.find('=') != std::string::npos; });
    if (mends) return mend(context);
    return act(context, &client::Session::retry, "retried", {QueueState::error});
}

Outcome run_queue_discard(Context& context) {
    return act(context, &client::Session::discard, "discarded",
               {QueueState::queued, QueueState::parked, QueueState::error, QueueState::conflict});
}

Outcome run_queue_export(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto rows = whole_queue(**session);
    if (!rows) return fail(rows.error());
    std::ostringstream lines;
    for (const QueuedOperation& row : *rows) print_json(lines, queue_row(row));
    if (auto written = write_file_atomically(context.options().file, lines.view()); !written)
        return fail(written.error());
    if (context.json()) {
        print_json(context.out(), {{"exported", rows->size()}});
    } else {
        context.out() << "Wrote " << rows->size() << (rows->size() == 1 ? " edit to " : " edits to ")
                      << context.options().file << '\n';
    }
    return ExitCode::done;
}

}  // namespace ct::cli
