#include "sync/wire_json.h"

#include <limits>

namespace ct::sync::wire {

Failure malformed(std::string_view path, std::string_view what) {
    std::string message(path);
    if (!message.empty()) message += ' ';
    message += what;
    return fail(ErrorKind::invalid, "MALFORMED", std::move(message), path);
}

namespace {

/// Counts brackets outside strings; on text that is not JSON it may err, and the parser then says what is wrong.
bool nested_too_deeply(std::string_view body) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < body.size(); ++i) {
        const char c = body[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kDepthMax) return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

}  // namespace

Result<json> parse_object(std::string_view body) {
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return malformed("body", "is empty");
    if (nested_too_deeply(body)) return malformed("body", "is nested too deeply");
    auto document = crm::parse_json(body);
    if (!document) {
        const std::string& why = document.error().message;
        return malformed("body", why.find(" is there twice") == std::string::npos
                                     ? std::string("is not valid JSON in UTF-8")
                                     : "cannot be taken: " + why);
    }
    if (!document->is_object()) return malformed("body", "must be a JSON object");
    return document;
}

std::string Reader::path_of(std::string_view member) const {
    return path_.empty() ? std::string(member) : path_ + "." + std::string(member);
}

void Reader::fault(std::string_view member, std::string_view what) {
    if (!error_) error_ = malformed(path_of(member), what).value();
}

const json* Reader::find(std::string_view member) const {
    const auto at = object_.find(member);
    return at == object_.end() || at->is_null() ? nullptr : &*at;
}

std::string Reader::text(std::string_view member) {
    const json* value = find(member);
    if (value == nullptr || !value->is_string()) {
        fault(member, "must be a string");
        return {};
    }
    return value->get_ref<const std::string&>();
}

std::string Reader::text_or(std::string_view member, std::string fallback) {
    return find(member) == nullptr ? std::move(fallback) : text(member);
}

std::int64_t Reader::integer(std::string_view member) {
    const json* value = find(member);
    const bool fits = value != nullptr && value->is_number_integer() &&
                      (!value->is_number_unsigned() ||
                       value->get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()});
    if (!fits || value->get<std::int64_t>() < 0) {
        fault(member, "must be a whole number from 0");
        return 0;
    }
    return value->get<std::int64_t>();
}

std::int64_t Reader::integer_or(std::string_view member, std::int64_t fallback) {
    return find(member) == nullptr ? fallback : integer(member);
}

bool Reader::flag_or(std::string_view member, bool fallback) {
    const json* value = find(member);
    if (value == nullptr) return fallback;
    if (!value->is_boolean()) fault(member, "must be true or false");
    return value->is_boolean() ? value->get<bool>() : fallback;
}

UnixMs Reader::time(std::string_view member) {
    const auto at = parse_rfc3339(text(member));
    if (!at) fault(member, "must be a time as RFC 3339 has it");
    return at.value_or(0);
}

UnixMs Reader::time_or(std::string_view member, UnixMs fallback) {
    return find(member) == nullptr ? fallback : time(member);
}

std::optional<Waiting> Reader::waiting() {
    if (find("waiting") == nullptr) return std::nullopt;
    const json* told = object("waiting");
    if (told == nullptr) return std::nullopt;
    Reader inner(*told, path_of("waiting"));
    const Waiting waiting{inner.integer("operations"), inner.integer_or("oldestSeconds", 0)};
    if (!inner.ok() && !error_) error_ = inner.error();
    return waiting;
}

Uuid Reader::uuid(std::string_view member) {
    const auto id = Uuid::parse(text(member));
    if (!id) fault(member, "must be a UUID");
    return id.value_or(Uuid{});
}

Uuid Reader::uuid_or_nil(std::string_view member) { return find(member) == nullptr ? Uuid{} : uuid(member); }

const json* Reader::array(std::string_view member) {
    const json* value = find(member);
    if (value != nullptr && value->is_array()) return value;
    fault(member, "must be an array");
    return nullptr;
}

const json* Reader::object(std::string_view member) {
    const json* value = find(member);
    if (value != nullptr && value->is_object()) return value;
    fault(member, "must be an object");
    return nullptr;
}

void ObjectWriter::waiting(const std::optional<Waiting>& waiting) {
    if (!waiting) return;
    begin("waiting");
    ObjectWriter inner(out_);
    inner.integer("operations", waiting->operations).integer("oldestSeconds", waiting->oldest_s).end();
}

crm::JsonWriter& ObjectWriter::begin(std::string_view member) {
    if (!first_) out_.push_back(',');
    first_ = false;
    json_.string(member);
    out_.push_back(':');
    return json_;
}

ObjectWriter& ObjectWriter::text(std::string_view member, std::string_view value) {
    begin(member).string(value);
    return *this;
}

ObjectWriter& ObjectWriter::integer(std::string_view member, std::int64_t value) {
    begin(member).number(value);
    return *this;
}

ObjectWriter& ObjectWriter::flag(std::string_view member, bool value) {
    begin(member).raw(value ? "true" : "false");
    return *this;
}

ObjectWriter& ObjectWriter::time(std::string_view member, UnixMs value) {
    begin(member).string(format_rfc3339(value));
    return *this;
}

ObjectWriter& ObjectWriter::raw(std::string_view member, std::string_view value) {
    begin(member).raw(value);
    return *this;
}

}  // namespace ct::sync::wire
