// Decoder of pull pages: the one document that may be large. Read by events (SAX), without a tree: cells go straight
// into rows. Members of a group may come in any order, so its cells wait until the group ends; their texts stay where
// they were in a copy of the body, unescaped in place. RapidJSON reads here because a first pull of 100,000 records
// spends a third of its time in this file with the other library's lexer.
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stream.h>

#include <deque>
#include <span>
#include <unordered_map>
#include <utility>
#include <variant>

#include "base/utf8.h"
#include "crm/json_numbers.h"
#include "sync/wire.h"
#include "sync/wire_json.h"

namespace ct::sync {

using wire::json;
using wire::Reader;

namespace {

/// Scalars as they are, texts as views into the body; anything nested or fractional as a small tree, kept elsewhere.
/// Lists of texts alone, which is what labels are, are not worth a tree.
using Texts = std::vector<std::string_view>;
using Cell = std::variant<std::monostate, bool, std::int64_t, std::string_view, const Texts*, const json*>;

/// Rows one behind the other, so that a page of ten thousand takes two allocations and not ten thousand.
class CellRows {
  public:
    void begin() { begins_.push_back(cells_.size()); }
    void add(Cell cell) { cells_.push_back(cell); }
    [[nodiscard]] std::size_t size() const { return begins_.size(); }
    [[nodiscard]] std::span<const Cell> operator[](std::size_t row) const {
        const std::size_t end = row + 1 < begins_.size() ? begins_[row + 1] : cells_.size();
        return std::span(cells_).subspan(begins_[row], end - begins_[row]);
    }

  private:
    std::vector<Cell> cells_;
    std::vector<std::size_t> begins_;
};

struct RawGroup {
    json members = json::object();  // "model", "fields", and what a newer server adds
    CellRows rows, deleted, revoked;
};

json to_json(const Cell& cell) {
    return std::visit(
        [](auto value) -> json {
            using T = decltype(value);
            if constexpr (std::is_same_v<T, std::monostate>)
                return nullptr;
            else if constexpr (std::is_same_v<T, const json*> || std::is_same_v<T, const Texts*>)
                return json(*value);
            else
                return json(value);
        },
        cell);
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
class PageEvents : public crm::JsonNumbers<PageEvents> {
  public:
    json envelope = json::object();
    std::vector<RawGroup> groups;
    std::string fault;
    bool surrogates = false;  ///< some are escaped: RapidJSON lets a low one pass that stands alone

    bool Null() { return scalar(Cell{}); }
    bool Bool(bool value) { return scalar(Cell{value}); }
    bool whole(std::int64_t value, bool) { return scalar(Cell{value}); }
    bool number(json value) {
        return value.is_discarded() ? refuse("a number that is too big") : scalar(keep(std::move(value)));
    }
    bool String(const char* text, unsigned size, bool) {
        return valid({text, size}) && scalar(Cell{std::string_view(text, size)});
    }

    bool StartObject() {
        unlist();
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
        unlist();
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
                rows_->begin();
                place_ = Place::row;
                return true;
            case Place::row: list_ = &lists_.emplace_back(); return true;
        }
        return refuse("a misplaced array");
    }

    bool Key(const char* name, unsigned size, bool) {
        if (!valid({name, size})) return false;
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
        if (list_ != nullptr) return end_list();
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

    bool valid(std::string_view text) {
        return !surrogates || valid_utf8(text) || refuse("a text with half a character");
    }

    /// Trees have one place until the page is read.
    Cell keep(json value) { return &trees_.emplace_back(std::move(value)); }

    bool scalar(const Cell& cell) {
        if (list_ != nullptr) {
            if (const auto* text = std::get_if<std::string_view>(&cell)) {
                list_->push_back(*text);
                return true;
            }
            unlist();
        }
        if (tree_.open()) {
            tree_.add(to_json(cell));
            return true;
        }
        switch (place_) {
            case Place::envelope: envelope[key_] = to_json(cell); return true;
            case Place::group: groups.back().members[key_] = to_json(cell); return true;
            case Place::row: rows_->add(cell); return true;
            default: return refuse("a misplaced value");
        }
    }

    bool begin_group_array() {
        RawGroup& group = groups.back();
        CellRows* rows = key_ == "rows"      ? &group.rows
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

    bool end_list() {
        rows_->add(std::exchange(list_, nullptr));
        return true;
    }

    /// The list under way holds something else than texts, too.
    void unlist() {
        if (list_ == nullptr) return;
        begin_cell(json(*list_));
        lists_.pop_back();
        list_ = nullptr;
    }

    bool deeper(json container) {
        if (tree_.depth() >= static_cast<std::size_t>(wire::kDepthMax)) return refuse("too deep a nesting");
        tree_.push(std::move(container));
        return true;
    }

    bool end_tree() {
        tree_.pop();
        if (!tree_.open() && place_ == Place::row) rows_->add(keep(std::exchange(cell_, json())));
        return true;
    }

    Place place_ = Place::outside;
    std::string key_;
    TreeBuilder tree_;
    json cell_;
    std::deque<json> trees_;
    std::deque<Texts> lists_;
    Texts* list_ = nullptr;  // the one under way
    CellRows* rows_ = nullptr;
};

/// Of a page what stands before its rows: ends there.
struct HeadEvents : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, HeadEvents> {
    std::string key, cursor;
    bool more = false;
    int depth = 0;

    bool StartObject() { return ++depth > 0; }
    bool EndObject(unsigned) { return --depth > 0; }
    bool Key(const char* name, unsigned size, bool) {
        if (depth == 1) key.assign(name, size);
        return key != "changes";
    }
    bool String(const char* text, unsigned size, bool) {
        if (depth == 1 && key == "cursor") cursor.assign(text, size);
        return true;
    }
    bool Bool(bool value) {
        if (depth == 1 && key == "hasMore") more = value;
        return true;
    }
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

UnixMs read_time(const Cell& cell) {
    const auto* text = std::get_if<std::string_view>(&cell);
    return text == nullptr ? 0 : parse_rfc3339(*text).value_or(0);
}

/// Labels as they are stored: one per line; nothing when there are none, or one that is no line.
std::optional<std::string> joined(const Texts& labels) {
    std::string text;
    for (const std::string_view label : labels) {
        if (label.find('\n') != std::string_view::npos) return std::nullopt;
        if (label.empty()) continue;
        if (!text.empty()) text += '\n';
        text += label;
    }
    return text.empty() ? std::nullopt : std::optional(std::move(text));
}

/// The common cases without a detour over JSON.
Result<crm::Value> read_cell(const crm::FieldDef& field, const Cell& cell) {
    using Type = crm::FieldType;
    if (std::holds_alternative<std::monostate>(cell)) return crm::Value{};
    const auto* text = std::get_if<std::string_view>(&cell);
    const bool textual = field.type != Type::instant && field.type != Type::labels && field.type != Type::money &&
                         field.type != Type::integer && field.type != Type::flag;
    if (text != nullptr && textual) return text->empty() ? crm::Value{} : crm::Value{std::string(*text)};
    if (text != nullptr && field.type == Type::instant) {
        const auto at = parse_rfc3339(*text);
        if (at) return crm::Value{std::int64_t{*at}};
    }
    if (const auto* list = std::get_if<const Texts*>(&cell); list != nullptr && field.type == Type::labels) {
        if (auto labels = joined(**list)) return crm::Value{std::move(*labels)};
    }
    const auto* number = std::get_if<std::int64_t>(&cell);
    if (number != nullptr && (field.type == Type::money || field.type == Type::integer)) return crm::Value{*number};
    return crm::read_value(field, to_json(cell));
}

Result<void> read_head(std::span<const Cell> cells, PullRow& row) {
    const auto* id = cells.empty() ? nullptr : std::get_if<std::string_view>(&cells[0]);
    const auto* version = cells.size() < 2 ? nullptr : std::get_if<std::int64_t>(&cells[1]);
    const auto uuid = id == nullptr ? std::nullopt : Uuid::parse(*id);
    if (!uuid || version == nullptr || *version < 0) {
        return wire::malformed("changes", "has a row that does not begin with a record id and a version");
    }
    row.id = *uuid;
    row.version = *version;
    return {};
}

Result<void> read_row(const std::vector<Column>& columns, std::span<const Cell> cells, PullRow& row) {
    if (auto head = read_head(cells, row); !head) return head;
    if (cells.size() != columns.size() + 2)
        return wire::malformed("changes", "has a row of another length than its fields");
    row.changes.fields.reserve(columns.size());
    // What does not fit its field (a newer server's wider type, say) is kept aside: never lost, never fatal.
    std::optional<json> aside;
    const auto keep_aside = [&](const std::string& name, const Cell& cell) {
        if (!aside) aside = json::object();
        (*aside)[name] = to_json(cell);
    };
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const Column& column = columns[i];
        const Cell& cell = cells[i + 2];
        switch (column.kind) {
            case Column::Kind::ignored: break;
            case Column::Kind::created_at: row.created_at = read_time(cell); break;
            case Column::Kind::updated_at: row.updated_at = read_time(cell); break;
            case Column::Kind::unknown:
                if (!row.whole || !std::holds_alternative<std::monostate>(cell)) keep_aside(column.name, cell);
                break;
            case Column::Kind::known: {
                auto value = read_cell(*column.def, cell);
                if (!value)
                    keep_aside(column.name, cell);
                else if (!row.whole || value->index() != 0)
                    row.changes.fields.emplace_back(column.field, std::move(*value));
                break;
            }
        }
    }
    if (aside) row.changes.extra = aside->dump();
    return {};
}

Result<void> read_group(const RawGroup& group, std::vector<PullRow>& rows) {
    Reader reader(group.members, "changes");
    const std::string model_name = reader.text("model");
    if (!reader.ok()) return reader.failure();
    const auto model = crm::find_model(model_name);
    if (!model) return {};  // a newer server's model: this version has no place for it

    for (auto [list, kind] :
         {std::pair{&group.deleted, RowKind::deleted}, std::pair{&group.revoked, RowKind::revoked}}) {
        for (std::size_t i = 0; i < list->size(); ++i) {
            PullRow& row = rows.emplace_back();
            row.kind = kind;
            row.model = *model;
            if (auto head = read_head((*list)[i], row); !head) return head;
        }
    }
    if (group.rows.size() == 0) return {};
    const json* names = reader.array("fields");
    if (names == nullptr) return reader.failure();
    std::vector<Column> columns;
    bool whole = false;
    for (const json& name : *names) {
        if (!name.is_string()) return wire::malformed("changes.fields", "must hold strings");
        columns.push_back(column(*model, name.get<std::string>()));
        whole = whole || columns.back().kind == Column::Kind::created_at;
    }
    for (std::size_t i = 0; i < group.rows.size(); ++i) {
        PullRow& row = rows.emplace_back();
        row.model = *model;
        row.whole = whole;
        if (auto read = read_row(columns, group.rows[i], row); !read) return read;
    }
    return {};
}

/// What is odd there is nothing to stop at: it is told to people, and decides nothing.
void read_authors(const json& object, std::vector<PullRow>& rows) {
    if (!object.is_object()) return;
    std::unordered_map<std::int64_t, std::string_view> author_of;
    for (const auto& item : object.items()) {
        if (!item.value().is_array()) continue;
        for (const json& version : item.value()) {
            if (version.is_number_integer()) author_of.emplace(version.get<std::int64_t>(), item.key());
        }
    }
    for (PullRow& row : rows) {
        if (const auto author = author_of.find(row.version); author != author_of.end()) row.author = author->second;
    }
}

/// RapidJSON 1.1 looks for these in a text one by one, but not where it looks at sixteen at a time. They may stand
/// nowhere in JSON.
bool holds_control(std::string_view body) {
    for (char c = 0x1a; c <= 0x1f; ++c) {
        if (body.find(c) != std::string_view::npos) return true;
    }
    return false;
}

/// Where RapidJSON looks for the end of a text sixteen bytes at a time, it looks behind that of the body.
constexpr std::size_t kLookedAtBehind = 16;

/// Unescapes in `body`, which must outlive `events` and have room for kLookedAtBehind more.
Result<void> read_events(std::string& body, PageEvents& events) {
    if (const std::size_t fault = utf8_fault(body); fault != std::string::npos) {
        return wire::malformed("body", "is not UTF-8 at byte " + std::to_string(fault));
    }
    if (holds_control(body)) return wire::malformed("body", "has a control character");
    events.surrogates = body.find("\\ud") != std::string::npos || body.find("\\uD") != std::string::npos;
    // Iterative: a page that nests a million arrays must not take the stack.
    constexpr unsigned kFlags =
        rapidjson::kParseIterativeFlag | rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;
    rapidjson::InsituStringStream stream(body.data());
    rapidjson::Reader reader;
    const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, events);
    if (result.IsError() && events.fault.empty())
        events.fault = "a syntax fault at byte " + std::to_string(result.Offset());
    if (!result.IsError() && stream.Tell() != body.size()) events.fault = "something behind its end";
    if (!events.fault.empty()) return wire::malformed("body", "has " + events.fault);
    return {};
}

}  // namespace

std::optional<std::string> next_cursor(std::string_view page) {
    HeadEvents events;
    rapidjson::MemoryStream stream(page.data(), page.size());
    rapidjson::Reader reader;
    (void)reader.Parse<rapidjson::kParseIterativeFlag>(stream, events);
    return events.more && !events.cursor.empty() ? std::optional(std::move(events.cursor)) : std::nullopt;
}

Result<PullPage> decode_pull_page(std::string_view body) {
    std::string text;
    text.reserve(body.size() + kLookedAtBehind);
    text = body;
    PageEvents events;
    if (auto read = read_events(text, events); !read) return fail(read.error());
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
    for (const RawGroup& group : events.groups) {
        if (auto read = read_group(group, page.rows); !read) return fail(read.error());
    }
    if (const json* authors = reader.find("authors")) read_authors(*authors, page.rows);
    return page;
}

}  // namespace ct::sync
