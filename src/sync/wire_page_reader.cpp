// Decoder of pull pages: the one document that may be large. Read by events (SAX), without a tree: cells go straight
// into rows. Members of a group may come in any order, so its cells wait until the group ends. RapidJSON reads here
// because a first pull of 100,000 records spends a third of its time in this file with the other library's lexer.
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <limits>
#include <utility>
#include <variant>

#include "sync/wire.h"
#include "sync/wire_json.h"

namespace ct::sync {

using wire::json;
using wire::Reader;

namespace {

/// Scalars as they are; anything nested or fractional as a small tree.
using Cell = std::variant<std::monostate, bool, std::int64_t, std::string, json>;
using Cells = std::vector<Cell>;

struct RawGroup {
    json members = json::object();  // "model", "fields", and what a newer server adds
    std::vector<Cells> rows, deleted, revoked;
};

json to_json(Cell&& cell) {
    return std::visit(
        [](auto&& value) -> json {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, std::monostate>)
                return nullptr;
            else
                return json(std::forward<decltype(value)>(value));
        },
        std::move(cell));
}

/// Builds one JSON value from events.
class TreeBuilder {
  public:
    [[nodiscard]] bool open() const { return !stack_.empty(); }
    void start(json* target, json container) {
        *target = std::move(container);
        stack_.push_back(target);
    }
    void push(json container) {
        json* added = add(std::move(container));
        stack_.push_back(added);
    }
    void pop() { stack_.pop_back(); }
    void key(std::string name) { key_ = std::move(name); }
    json* add(json value) {
        json& top = *stack_.back();
        if (top.is_array()) return &top.emplace_back(std::move(value));
        return &(top[key_] = std::move(value));
    }
    [[nodiscard]] std::size_t depth() const { return stack_.size(); }

  private:
    std::vector<json*> stack_;
    std::string key_;
};

/// RapidJSON's handler: every method says whether to go on.
class PageEvents {
  public:
    json envelope = json::object();
    std::vector<RawGroup> groups;
    std::string fault;

    bool Null() { return scalar(Cell{}); }
    bool Bool(bool value) { return scalar(Cell{value}); }
    bool Int(int value) { return scalar(Cell{std::int64_t{value}}); }
    bool Uint(unsigned value) { return scalar(Cell{std::int64_t{value}}); }
    bool Int64(std::int64_t value) { return scalar(Cell{value}); }
    bool Uint64(std::uint64_t value) {
        if (value <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
            return scalar(Cell{static_cast<std::int64_t>(value)});
        }
        return scalar(Cell{json(value)});
    }
    bool Double(double value) { return scalar(Cell{json(value)}); }
    bool RawNumber(const char*, unsigned, bool) { return refuse("a raw number"); }
    bool String(const char* text, unsigned size, bool) { return scalar(Cell{std::string(text, size)}); }

    bool StartObject() {
        if (tree_.open()) return deeper(json::object());
        switch (place_) {
            case Place::outside: place_ = Place::envelope; return true;
            case Place::changes:
                groups.emplace_back();
                place_ = Place::group;
                return true;
            case Place::envelope: return begin_tree(&envelope[key_], json::object());
            case Place::group: return begin_tree(&groups.back().members[key_], json::object());
            case Place::row: return begin_cell(json::object());
            case Place::rows: return refuse("a row that is not an array");
        }
        return refuse("a misplaced object");
    }

    bool StartArray() {
        if (tree_.open()) return deeper(json::array());
        switch (place_) {
            case Place::outside: return refuse("a document that is not an object");
            case Place::envelope:
                if (key_ != "changes") return begin_tree(&envelope[key_], json::array());
                place_ = Place::changes;
                return true;
            case Place::changes: return refuse("a group that is not an object");
            case Place::group: return begin_group_array();
            case Place::rows:
                rows_->emplace_back();
                rows_->back().reserve(rows_->size() > 1 ? (*rows_)[rows_->size() - 2].size() : 16);
                place_ = Place::row;
                return true;
            case Place::row: return begin_cell(json::array());
        }
        return refuse("a misplaced array");
    }

    bool Key(const char* name, unsigned size, bool) {
        if (tree_.open())
            tree_.key({name, size});
        else
            key_.assign(name, size);
        return true;
    }

    bool EndObject(unsigned) {
        if (tree_.open()) return end_tree();
        place_ = place_ == Place::group ? Place::changes : Place::outside;
        return true;
    }

    bool EndArray(unsigned) {
        if (tree_.open()) return end_tree();
        place_ = place_ == Place::row ? Place::rows : place_ == Place::rows ? Place::group : Place::envelope;
        return true;
    }

  private:
    enum class Place { outside, envelope, changes, group, rows, row };

    bool refuse(std::string what) {
        if (fault.empty()) fault = std::move(what);
        return false;
    }

    bool scalar(Cell cell) {
        if (tree_.open()) {
            tree_.add(to_json(std::move(cell)));
            return true;
        }
        switch (place_) {
            case Place::envelope: envelope[key_] = to_json(std::move(cell)); return true;
            case Place::group: groups.back().members[key_] = to_json(std::move(cell)); return true;
            case Place::row: rows_->back().push_back(std::move(cell)); return true;
            default: return refuse("a misplaced value");
        }
    }

    bool begin_group_array() {
        RawGroup& group = groups.back();
        std::vector<Cells>* rows = key_ == "rows"      ? &group.rows
                                   : key_ == "deleted" ? &group.deleted
                                   : key_ == "revoked" ? &group.revoked
                                                       : nullptr;
        if (rows == nullptr) return begin_tree(&group.members[key_], json::array());
        rows_ = rows;
        place_ = Place::rows;
        return true;
    }

    bool begin_tree(json* target, json container) {
        tree_.start(target, std::move(container));
        return true;
    }

    bool begin_cell(json container) {
        tree_.start(&cell_, std::move(container));
        return true;
    }

    bool deeper(json container) {
        if (tree_.depth() >= static_cast<std::size_t>(wire::kDepthMax)) return refuse("too deep a nesting");
        tree_.push(std::move(container));
        return true;
    }

    bool end_tree() {
        tree_.pop();
        if (!tree_.open() && place_ == Place::row) rows_->back().emplace_back(std::exchange(cell_, json()));
        return true;
    }

    Place place_ = Place::outside;
    std::string key_;
    TreeBuilder tree_;
    json cell_;
    std::vector<Cells>* rows_ = nullptr;
};

/// What a column of a group is.
struct Column {
    enum class Kind { known, ignored, created_at, updated_at, unknown } kind = Kind::unknown;
    crm::FieldId field = 0;
    const crm::FieldDef* def = nullptr;
    std::string name;
};

Column column(crm::Model model, std::string name) {
    Column result;
    if (name == "createdAt")
        result.kind = Column::Kind::created_at;
    else if (name == "updatedAt")
        result.kind = Column::Kind::updated_at;
    else if (const auto field = crm::find_field(model, name)) {
        result.field = *field;
        result.def = &crm::def(model, *field);
        result.kind = result.def->derived() ? Column::Kind::ignored : Column::Kind::known;
    }
    result.name = std::move(name);
    return result;
}

UnixMs read_time(Cell&& cell) {
    const auto* text = std::get_if<std::string>(&cell);
    return text == nullptr ? 0 : parse_rfc3339(*text).value_or(0);
}

/// The common cases without a detour over JSON.
Result<crm::Value> read_cell(const crm::FieldDef& field, Cell& cell) {
    using Type = crm::FieldType;
    if (std::holds_alternative<std::monostate>(cell)) return crm::Value{};
    auto* text = std::get_if<std::string>(&cell);
    const bool textual = field.type != Type::instant && field.type != Type::labels && field.type != Type::money &&
                         field.type != Type::integer && field.type != Type::flag;
    if (text != nullptr && textual) {
        return text->empty() ? crm::Value{} : crm::Value{std::move(*text)};
    }
    if (text != nullptr && field.type == Type::instant) {
        const auto at = parse_rfc3339(*text);
        if (at) return crm::Value{std::int64_t{*at}};
    }
    const auto* number = std::get_if<std::int64_t>(&cell);
    if (number != nullptr && (field.type == Type::money || field.type == Type::integer)) {
        return crm::Value{*number};
    }
    return crm::read_value(field, to_json(Cell(cell)));
}

/// A value that does not fit its field (a newer server's wider type, say) is kept aside, never lost, never fatal.
void keep_aside(json& extra, const std::string& name, Cell&& cell) { extra[name] = to_json(std::move(cell)); }

Result<void> read_head(const Cells& cells, PullRow& row) {
    const auto* id = cells.empty() ? nullptr : std::get_if<std::string>(&cells[0]);
    const auto* version = cells.size() < 2 ? nullptr : std::get_if<std::int64_t>(&cells[1]);
    const auto uuid = id == nullptr ? std::nullopt : Uuid::parse(*id);
    if (!uuid || version == nullptr || *version < 0) {
        return wire::malformed("changes", "has a row that does not begin with a record id and a version");
    }
    row.id = *uuid;
    row.version = *version;
    return {};
}

Result<PullRow> read_row(crm::Model model, const std::vector<Column>& columns, bool whole, Cells&& cells) {
    PullRow row;
    row.model = model;
    row.whole = whole;
    if (auto head = read_head(cells, row); !head) return fail(head.error());
    if (cells.size() != columns.size() + 2)
        return wire::malformed("changes", "has a row of another length than its fields");
    row.changes.fields.reserve(columns.size());
    json extra = json::object();
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const Column& column = columns[i];
        Cell& cell = cells[i + 2];
        switch (column.kind) {
            case Column::Kind::ignored: break;
            case Column::Kind::created_at: row.created_at = read_time(std::move(cell)); break;
            case Column::Kind::updated_at: row.updated_at = read_time(std::move(cell)); break;
            case Column::Kind::unknown:
                if (!whole || !std::holds_alternative<std::monostate>(cell))
                    keep_aside(extra, column.name, std::move(cell));
                break;
            case Column::Kind::known: {
                auto value = read_cell(*column.def, cell);
                if (!value)
                    keep_aside(extra, column.name, std::move(cell));
                else if (!whole || value->index() != 0)
                    row.changes.fields.emplace_back(column.field, std::move(*value));
                break;
            }
        }
    }
    if (!extra.empty()) row.changes.extra = extra.dump();
    return row;
}

Result<void> read_group(RawGroup&& group, std::vector<PullRow>& rows) {
    Reader reader(group.members, "changes");
    const std::string model_name = reader.text("model");
    if (!reader.ok()) return reader.failure();
    const auto model = crm::find_model(model_name);
    if (!model) return {};  // a newer server's model: this version has no place for it

    for (auto [list, kind] :
         {std::pair{&group.deleted, RowKind::deleted}, std::pair{&group.revoked, RowKind::revoked}}) {
        for (const Cells& cells : *list) {
            PullRow& row = rows.emplace_back();
            row.kind = kind;
            row.model = *model;
            if (auto head = read_head(cells, row); !head) return head;
        }
    }
    if (group.rows.empty()) return {};
    const json* names = reader.array("fields");
    if (names == nullptr) return reader.failure();
    std::vector<Column> columns;
    bool whole = false;
    for (const json& name : *names) {
        if (!name.is_string()) return wire::malformed("changes.fields", "must hold strings");
        columns.push_back(column(*model, name.get<std::string>()));
        whole = whole || columns.back().kind == Column::Kind::created_at;
    }
    for (Cells& cells : group.rows) {
        auto row = read_row(*model, columns, whole, std::move(cells));
        if (!row) return fail(row.error());
        rows.push_back(std::move(*row));
    }
    return {};
}

Result<void> read_events(std::string_view body, PageEvents& events) {
    // Iterative: a page that nests a million arrays must not take the stack.
    constexpr unsigned kFlags =
        rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag;
    rapidjson::MemoryStream stream(body.data(), body.size());
    rapidjson::Reader reader;
    const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, events);
    if (result.IsError() && events.fault.empty())
        events.fault = "a syntax fault at byte " + std::to_string(result.Offset());
    if (!result.IsError() && stream.Tell() != body.size()) events.fault = "something behind its end";
    if (!events.fault.empty()) return wire::malformed("body", "has " + events.fault);
    return {};
}

}  // namespace

Result<PullPage> decode_pull_page(std::string_view body) {
    PageEvents events;
    if (auto read = read_events(body, events); !read) return fail(read.error());
    Reader reader(events.envelope);
    PullPage page;
    page.epoch = reader.text("epoch");
    if (reader.find("from") != nullptr) page.from = reader.text("from");
    page.cursor = reader.text("cursor");
    page.has_more = reader.flag_or("hasMore", false);
    page.remaining = reader.integer_or("remaining", 0);
    page.purge_floor = reader.integer_or("purgeFloor", 0);
    page.server_time = reader.time("serverTime");
    if (!reader.ok()) return reader.failure();
    std::size_t count = 0;
    for (const RawGroup& group : events.groups)
        count += group.rows.size() + group.deleted.size() + group.revoked.size();
    page.rows.reserve(count);
    for (RawGroup& group : events.groups) {
        if (auto read = read_group(std::move(group), page.rows); !read) return fail(read.error());
        group = {};  // give the memory back as we go
    }
    return page;
}

}  // namespace ct::sync
