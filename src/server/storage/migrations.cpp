#include "server/storage/migrations.h"

#include <algorithm>
#include <charconv>

namespace ct::server {

namespace {

constexpr std::string_view kFolder = "/migrations/";

/// The file's name, when it is this back end's; else nothing.
std::string_view name_in(const MigrationFile& file, std::string_view backend) {
    if (!file.path.starts_with(backend) || !file.path.substr(backend.size()).starts_with(kFolder)) return {};
    return file.path.substr(backend.size() + kFolder.size());
}

std::string quoted(std::string_view identifier) { return '"' + std::string(identifier) + '"'; }

/// Without the lines that have {name} in them.
std::string without_lines(std::string_view text, std::string_view name) {
    const std::string mark = "{" + std::string(name) + "}";
    std::string kept;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        if (text.substr(0, end).find(mark) == std::string_view::npos) kept += text.substr(0, end);
        text.remove_prefix(end);
    }
    return kept;
}

/// Without the lines that are comments alone: they would be taken for statements, and their words for marks.
std::string without_comments(std::string_view text) {
    std::string kept;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        if (!text.starts_with("--")) kept += text.substr(0, end);
        text.remove_prefix(end);
    }
    return kept;
}

}  // namespace

std::vector<MigrationStep> migration_steps(std::string_view backend) {
    std::vector<MigrationStep> steps;
    for (const MigrationFile& file : migration_files()) {
        const std::string_view name = name_in(file, backend);
        MigrationStep step{0, file.text};
        std::from_chars(name.data(), name.data() + name.size(), step.version);
        if (step.version > 0) steps.push_back(step);
    }
    return steps;
}

std::string with(std::string text, std::string_view name, std::string_view value) {
    const std::string mark = "{" + std::string(name) + "}";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
        text.replace(at, mark.size(), value);
    }
    return text;
}

std::string record_table(std::string_view backend, const crm::ModelDef& model,
                         const std::function<std::string(const crm::FieldDef&)>& type) {
    std::string sql;
    for (const MigrationFile& file : migration_files()) {
        if (name_in(file, backend) == "record.sql") sql = without_comments(file.text);
    }
    std::string fields;
    for (const crm::FieldDef& field : model.fields) {
        fields += (fields.empty() ? "" : ",\n    ") + quoted(field.name) + " " + type(field);
    }
    sql = model.parent ? with(std::move(sql), "parent", quoted(model.fields[*model.parent].name))
                       : without_lines(sql, "parent");
    return with(with(with(std::move(sql), "fields", fields), "table", quoted(model.table)), "name", model.table);
}

std::vector<std::string> statements_of(std::string_view text) {
    const std::string sql = without_comments(text);
    std::vector<std::string> statements;
    for (std::size_t from = 0;;) {
        const std::size_t end = sql.find(";\n", from);
        if (end == std::string::npos) return statements;
        statements.push_back(sql.substr(from, end - from));
        from = end + 2;
    }
}

}  // namespace ct::server
