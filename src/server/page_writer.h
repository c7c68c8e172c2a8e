// Writes the rows of a page as JSON while they are read: groups of rows with the same columns, parents first.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.h"
#include "sync/wire.h"

namespace ct::server {

class PageWriter {
  public:
    explicit PageWriter(const std::vector<std::pair<crm::Model, std::vector<std::string>>>& exclude);

    void whole(const RowView& row);
    /// `fields` are names of known and unknown fields; those left out by the client are dropped here.
    void partial(const RowView& row, const std::vector<std::string>& fields);
    void deleted(const RowView& row);
    void revoked(const RowView& row);

    [[nodiscard]] std::int64_t rows() const { return rows_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    /// Appends the groups, comma separated.
    void write(std::string& out) const;

  private:
    struct Group {
        std::string head;  // up to and with the opening of its rows
        std::string rows;
    };
    struct Column {
        crm::FieldId field;
        const crm::FieldDef* def;
    };
    [[nodiscard]] bool excluded(crm::Model model, std::string_view field) const;
    Group& group(crm::Model model, char kind, const std::vector<std::string>& fields);
    void begin_row(Group& group, const RowView& row);
    void end_row(Group& group);
    void short_row(char kind, const RowView& row);

    std::map<std::string, Group> groups_;            // keys begin with the model: parents before children
    std::vector<Column> columns_[crm::kModelCount];  // sent of a whole row
    std::vector<std::string> whole_names_[crm::kModelCount];
    Group* whole_group_[crm::kModelCount] = {};  // of rows without unknown fields
    const std::vector<std::pair<crm::Model, std::vector<std::string>>>& exclude_;
    std::int64_t rows_ = 0;
    std::size_t bytes_ = 0;
    std::size_t row_began_ = 0;
};

}  // namespace ct::server
