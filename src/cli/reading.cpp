// get and list: what the mirror holds, without asking anybody.
#include <algorithm>

#include "cli/context.h"
#include "cli/filter.h"
#include "cli/names.h"
#include "cli/output.h"
#include "client/merge_leads.h"
#include "crm/json_codec.h"

namespace ct::cli {
namespace {

constexpr std::size_t kChunk = 1'000;

[[nodiscard]] std::string mark(const crm::Record& record) {
    return record.sync_status == crm::SyncStatus::synced ? std::string() : std::string(crm::name(record.sync_status));
}

void print_record(Context& context, const crm::Record& record, const client::PeopleList& people) {
    TextTable table;
    table.add_column(crm::name(record.model));
    table.add_column(crm::title(record));
    const auto line = [&](std::string_view name, std::string value) {
        if (!value.empty()) table.add_row({std::string(name), std::move(value)});
    };
    line("id", record.id.str());
    const auto& fields = crm::def(record.model).fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        std::string value = shown(record, static_cast<crm::FieldId>(i));
        const sync::Person* person = fields[i].names_person() ? people.find(value) : nullptr;
        if (person != nullptr) value = person->name + " · " + value;
        line(fields[i].name, std::move(value));
    }
    line("created", shown_time(record.created_at));
    line("updated", shown_time(record.updated_at));
    line("sync", std::string(crm::name(record.sync_status)));
    if (record.deleted) line("deleted", "yes, it is in the trash");
    table.print(context.out(), 0);  // one record is read in full
}

void print_array(std::ostream& out, const std::vector<crm::Record>& records) {
    std::string text = "[";
    crm::JsonWriter writer(text);
    for (const crm::Record& record : records) {
        if (text.size() > 1) writer.raw(",\n");
        crm::write_record(writer, record);
    }
    text += "]\n";
    out << text;
}

void print_table(Context& context, crm::Model model, const std::vector<crm::Record>& records) {
    TextTable table;
    table.add_column("ID");
    const auto& fields = crm::def(model).fields;
    std::vector<crm::FieldId> columns;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        // Currency stands beside the amount, long texts and other records' ids are for `get`.
        const bool elsewhere = fields[i].derived() || fields[i].type == crm::FieldType::currency ||
                               (fields[i].type == crm::FieldType::multiline && !fields[i].required) ||
                               fields[i].type == crm::FieldType::reference;
        if (elsewhere) continue;
        columns.push_back(static_cast<crm::FieldId>(i));
        const bool number = fields[i].type == crm::FieldType::money || fields[i].type == crm::FieldType::integer;
        table.add_column(fields[i].label, number ? TextTable::Align::right : TextTable::Align::left);
    }
    table.add_column("Sync");
    for (const crm::Record& record : records) {
        std::vector<std::string> cells{short_id(record.id)};
        for (const crm::FieldId column : columns) cells.push_back(shown(record, column));
        cells.push_back(mark(record));
        table.add_row(std::move(cells));
    }
    if (table.rows() > 0) table.print(context.out(), context.surroundings().width);
    context.surroundings().err << records.size() << ' '
                               << (records.size() == 1 ? crm::name(model) : crm::def(model).plural) << '\n';
}

}  // namespace

Outcome run_get(Context& context) {
    const auto model = known_model(context.options().model);
    if (!model) return fail(model.error());
    auto session = context.session();
    if (!session) return fail(session.error());
    const store::Store& store = (*session)->store();
    const auto id = find_id(store, *model, context.options().id);
    if (!id) return fail(id.error());
    const auto record = store.get(*model, *id);
    if (!record) return fail(record.error());
    if (!*record) return fail(ErrorKind::not_found, "NO_SUCH_RECORD", "there is no record " + id->str());
    if (!context.json()) {
        print_record(context, **record, (*session)->people(false));
        return ExitCode::done;
    }
    std::string text;
    crm::JsonWriter writer(text);
    crm::write_record(writer, **record);
    context.out() << text << '\n';
    return ExitCode::done;
}

Outcome run_list(Context& context) {
    Options options = context.options();
    const auto model = known_model(options.model);
    if (!model) return fail(model.error());
    for (std::string& condition : options.where) {
        auto named = with_person(context, *model, condition);
        if (!named) return fail(named.error());
        condition = *std::move(named);
    }
    const auto filter = Filter::parse(*model, options);
    if (!filter) return fail(filter.error());
    const auto order = Order::parse(*model, options.sort);
    if (!order) return fail(order.error());
    auto session = context.session();
    if (!session) return fail(session.error());

    const bool hides_merged =
        std::none_of(options.where.begin(), options.where.end(),
                     [](const std::string& condition) { return condition.starts_with("mergedInto"); });
    std::vector<crm::Record> found;
    const auto loaded = (*session)->store().load(*model, kChunk, [&](std::vector<crm::Record>&& records) {
        for (crm::Record& record : records) {
            if (hides_merged && client::merged_away(record)) continue;
            if (filter->matches(record)) found.push_back(std::move(record));
        }
    });
    if (!loaded) return fail(loaded.error());
    order->sort(found);
    if (options.limit >= 0 && found.size() > static_cast<std::size_t>(options.limit)) {
        found.resize(static_cast<std::size_t>(options.limit));
    }
    if (context.json()) {
        print_array(context.out(), found);
    } else {
        print_table(context, *model, found);
    }
    return ExitCode::done;
}

}  // namespace ct::cli
