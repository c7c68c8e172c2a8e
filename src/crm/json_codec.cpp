#include "crm/json_codec.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/utf8.h"
#include "crm/json_numbers.h"

namespace ct::crm {
namespace {

using Json = nlohmann::json;

/// RapidJSON's handler (its reader takes a fifth of the time of nlohmann's): builds a document, and refuses duplicate
/// members (the last one would win in silence) and nesting so deep that walking the tree could run out of stack.
class Builder : public JsonNumbers<Builder> {
  public:
    explicit Builder(Json& root) : root_(root) {}
    [[nodiscard]] const std::string& problem() const { return problem_; }

    bool Null() { return put(nullptr); }
    bool Bool(bool value) { return put(value); }
    bool whole(std::int64_t value, bool negative) {
        return negative ? put(value) : put(static_cast<std::uint64_t>(value));
    }
    bool number(Json value) {
        if (value.is_discarded()) problem_ = "a number is too big";
        return problem_.empty() && put(std::move(value));
    }
    bool String(const char* text, unsigned size, bool) {
        return well_formed({text, size}) && put(Json::string_t(text, size));
    }
    bool StartObject() { return open(Json::object()); }
    bool StartArray() { return open(Json::array()); }
    bool EndObject(unsigned) { return close(); }
    bool EndArray(unsigned) { return close(); }

    bool Key(const char* text, unsigned size, bool) {
        if (!well_formed({text, size})) return false;
        const auto [member, added] = open_.back()->get_ref<Json::object_t&>().try_emplace(Json::string_t(text, size));
        if (!added) {
            problem_ = "the member " + quote(member->first) + " is there twice";
            return false;
        }
        member_ = &member->second;
        return true;
    }

  private:
    template <class T>
    Json* place(T&& value) {
        if (open_.empty()) {
            root_ = std::forward<T>(value);
            return &root_;
        }
        if (open_.back()->is_array()) {
            auto& items = open_.back()->get_ref<Json::array_t&>();
            items.emplace_back(std::forward<T>(value));
            return &items.back();
        }
        *member_ = std::forward<T>(value);
        return member_;
    }
    template <class T>
    bool put(T&& value) {
        place(std::forward<T>(value));
        return true;
    }
    bool open(Json container) {
        if (open_.size() >= kJsonDepthMax) {
            problem_ = "nested deeper than " + std::to_string(kJsonDepthMax);
            return false;
        }
        open_.push_back(place(std::move(container)));
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }
    /// RapidJSON lets half of a surrogate pair pass where it stands alone.
    bool well_formed(std::string_view text) {
        if (utf8_fault(text) != std::string_view::npos) problem_ = "a text is no UTF-8";
        return problem_.empty();
    }

    Json& root_;
    std::vector<Json*> open_;  // containers not yet closed; pointers hold, as only the innermost one grows
    Json* member_ = nullptr;   // where the value of the key just read goes
    std::string problem_;
};

[[nodiscard]] Failure malformed(std::string message) {
    return fail(ErrorKind::invalid, "MALFORMED", std::move(message));
}

/// Breadth first, so it needs no stack itself.
[[nodiscard]] bool nested_deeper(const Json& json, std::size_t depth_max) {
    std::vector<const Json*> level{&json}, next;
    for (std::size_t depth = 1; !level.empty(); ++depth) {
        if (depth > depth_max) return true;
        next.clear();
        for (const Json* const container : level) {
            for (const Json& child : *container) {
                if (child.is_structured()) next.push_back(&child);
            }
        }
        level.swap(next);
    }
    return false;
}

[[nodiscard]] std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// Bytes that a JSON string may hold as they are: all but controls, the quote and the backslash.
constexpr std::array<bool, 256> kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t i = 0x20; i < plain.size(); ++i) plain[i] = i != '"' && i != '\\';
    return plain;
}();

void append_escaped(std::string& out, std::string_view valid) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::size_t run = 0;  // where the bytes begin that are not yet appended
    for (std::size_t at = 0; at < valid.size(); ++at) {
        const auto byte = static_cast<unsigned char>(valid[at]);
        if (kPlain[byte]) continue;
        out.append(valid, run, at - run);
        run = at + 1;
        switch (byte) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                out += "\\u00";
                out += kHex[byte >> 4];
                out += kHex[byte & 15];
        }
    }
    out.append(valid, run, valid.size() - run);
}

/// Calls `visit(label)` for each of the labels that a value holds.
template <class Visit>
void each_label(std::string_view joined, Visit&& visit) {
    while (!joined.empty()) {
        const std::size_t end = std::min(joined.find('\n'), joined.size());
        if (end > 0) visit(joined.substr(0, end));
        joined.remove_prefix(std::min(end + 1, joined.size()));
    }
}

[[nodiscard]] Failure wrong_type(const FieldDef& field, std::string_view must_be) {
    return fail(ErrorKind::invalid, "INVALID_FIELD", std::string(field.name) + " must be " + std::string(must_be),
                field.name);
}

[[nodiscard]] Result<Value> read_integer(const FieldDef& field, const Json& json) {
    const std::string_view what = field.type == FieldType::money ? "a whole number of minor units" : "a whole number";
    if (const auto* const number = json.get_ptr<const Json::number_unsigned_t*>()) {
        if (*number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            return wrong_type(field, std::string(what) + " below 9,223,372,036,854,775,808");
        }
        return Value(static_cast<std::int64_t>(*number));
    }
    if (const auto* const number = json.get_ptr<const Json::number_integer_t*>()) return Value(*number);
    return wrong_type(field, what);
}

[[nodiscard]] Result<Value> read_labels(const FieldDef& field, const Json& json) {
    const auto* const items = json.get_ptr<const Json::array_t*>();
    if (items == nullptr) return wrong_type(field, "a list of texts");
    std::string joined;
    for (const Json& item : *items) {
        const auto* const label = item.get_ptr<const Json::string_t*>();
        if (label == nullptr) return wrong_type(field, "a list of texts");
        if (label->find('\n') != std::string::npos) return wrong_type(field, "labels of one line each");
        if (label->empty()) continue;
        if (!joined.empty()) joined += '\n';
        joined += *label;
    }
    return joined.empty() ? Value() : Value(std::move(joined));
}

/// Separates members with commas.
class Members {
  public:
    explicit Members(JsonWriter& out) : out_(out) {}
    void next(std::string_view key) {
        out_.raw(first_ ? "\"" : ",\"");
        first_ = false;
        out_.raw(key);
        out_.raw("\":");
    }
    void next_escaped(std::string_view key) {
        if (!first_) out_.raw(",");
        first_ = false;
        out_.string(key);
        out_.raw(":");
    }

  private:
    JsonWriter& out_;
    bool first_ = true;
};

/// The members of `extra`, but for those that have become known (to us) or were never ours to send.
void write_extra(JsonWriter& out, Members& members, Model model, std::string_view extra) {
    if (extra.empty()) return;
    const Result<Json> parsed = parse_json(extra);
    if (!parsed || !parsed->is_object()) return;
    for (const auto& [key, value] : parsed->items()) {
        if (is_system_name(key) || find_field(model, key)) continue;
        members.next_escaped(key);
        out.raw(dump(value));
    }
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
    Json root;
    Builder builder(root);
    // Iterative: what is nested a million times must not take the stack.
    constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
    rapidjson::MemoryStream stream(text.data(), text.size());
    rapidjson::Reader reader;
    const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
    if (!builder.problem().empty()) return malformed(builder.problem());
    if (result.IsError()) return malformed("no valid JSON at byte " + std::to_string(result.Offset()));
    // A NUL passes for the end, whatever stands behind it.
    if (stream.Tell() != text.size()) return malformed("no valid JSON at byte " + std::to_string(stream.Tell()));
    return root;
}

void JsonWriter::string(std::string_view text) {
    out_ += '"';
    std::size_t fault = utf8_fault(text);
    while (fault != std::string_view::npos) {
        append_escaped(out_, text.substr(0, fault));
        out_ += "\xef\xbf\xbd";  // U+FFFD
        text.remove_prefix(fault + 1);
        fault = utf8_fault(text);
    }
    append_escaped(out_, text);
    out_ += '"';
}

void JsonWriter::number(std::int64_t value) {
    std::array<char, 20> digits;  // of -9223372036854775808
    out_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

void JsonWriter::instant(UnixMs at) {
    out_ += '"';
    append_rfc3339(out_, at);
    out_ += '"';
}

void write_value(JsonWriter& out, const FieldDef& field, ValueView value) {
    if (const auto* const text = std::get_if<std::string_view>(&value)) {
        if (field.type != FieldType::labels) return out.string(*text);
        std::string_view separator = "[";
        each_label(*text, [&](std::string_view label) {
            out.raw(separator);
            out.string(label);
            separator = ",";
        });
        out.raw(separator == "[" ? "[]" : "]");
    } else if (const auto* const number = std::get_if<std::int64_t>(&value)) {
        if (field.type == FieldType::instant) return out.instant(*number);
        out.number(*number);
    } else if (const auto* const flag = std::get_if<bool>(&value)) {
        out.raw(*flag ? "true" : "false");
    } else {
        out.raw("null");
    }
}

Result<Value> read_value(const FieldDef& field, const Json& json) {
    if (json.is_null()) return Value();
    switch (field.type) {
        case FieldType::money:
        case FieldType::integer: return read_integer(field, json);
        case FieldType::labels: return read_labels(field, json);
        case FieldType::flag:
            if (!json.is_boolean()) return wrong_type(field, "true or false");
            return Value(*json.get_ptr<const Json::boolean_t*>());
        case FieldType::instant: {
            const auto* const text = json.get_ptr<const Json::string_t*>();
            if (text == nullptr) return wrong_type(field, "a time such as \"2026-11-23T17:11:28Z\"");
            if (text->empty()) return Value();
            const Result<UnixMs> at = parse_rfc3339(*text);
            if (!at) return wrong_type(field, "a time such as \"2026-11-23T17:11:28Z\"");
            return Value(*at);
        }
        case FieldType::text:
        case FieldType::multiline:
        case FieldType::phone:
        case FieldType::email:
        case FieldType::choice:
        case FieldType::currency:
        case FieldType::reference: break;
    }
    const auto* const text = json.get_ptr<const Json::string_t*>();
    if (text == nullptr) return wrong_type(field, "a text");
    return text->empty() ? Value() : Value(*text);
}

void write_changes(JsonWriter& out, Model model, const Changes& changes) {
    out.raw("{");
    Members members(out);
    for (const auto& [field, value] : changes.fields) {
        const FieldDef& known = def(model, field);
        if (known.derived()) continue;
        members.next(known.name);
        write_value(out, known, view(value));
    }
    write_extra(out, members, model, changes.extra);
    out.raw("}");
}

Result<Changes> read_changes(Model model, const Json& json, Misfits misfits) {
    const auto* const object = json.get_ptr<const Json::object_t*>();
    if (object == nullptr) return malformed(std::string(name(model)) + ": the changes must be an object");
    Changes changes;
    Json extra = Json::object();
    for (const auto& [key, member] : *object) {
        if (const std::optional<FieldId> field = find_field(model, key)) {
            const FieldDef& known = def(model, *field);
            if (known.derived()) continue;
            Result<Value> value = read_value(known, member);
            if (!value && misfits == Misfits::keep_aside) {
                extra[key] = member;
                continue;
            }
            if (!value) {
                Error error = std::move(value).error();
                error.message.insert(0, std::string(name(model)) + ".");
                return fail(std::move(error));
            }
            changes.fields.emplace_back(*field, *std::move(value));
        } else if (!is_system_name(key)) {
            extra[key] = member;
        }
    }
    // Members come in the order of their names; the table's order makes equal changes equal.
    std::sort(changes.fields.begin(), changes.fields.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    if (!extra.empty()) {
        if (nested_deeper(extra, kExtraDepthMax)) return malformed(std::string(name(model)) + ": nested too deep");
        changes.extra = dump(extra);
    }
    return changes;
}

void write_record(JsonWriter& out, const Record& record) {
    Members members(out);
    out.raw("{");
    members.next("id");
    out.string(record.id.str());
    const std::span<const FieldDef> fields = def(record.model).fields;
    std::size_t next = 0;  // every field in its place: those that the record lacks are null
    const auto write_up_to = [&](std::size_t end) {
        for (; next < end; ++next) {
            members.next(fields[next].name);
            out.raw("null");
        }
    };
    record.fields.each([&](FieldId id, ValueView value) {
        if (id >= fields.size()) return;
        write_up_to(id);
        members.next(fields[id].name);
        write_value(out, fields[id], value);
        next = static_cast<std::size_t>(id) + 1;
    });
    write_up_to(fields.size());
    members.next("syncStatus");
    out.string(name(record.sync_status));
    members.next("createdAt");
    out.instant(record.created_at);
    members.next("updatedAt");
    out.instant(record.updated_at);
    members.next("deleted");
    out.raw(record.deleted ? "true" : "false");
    members.next("version");
    out.number(record.version);
    write_extra(out, members, record.model, record.extra);
    out.raw("}");
}

}  // namespace ct::crm
