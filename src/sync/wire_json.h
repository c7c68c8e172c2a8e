// Private to the wire codec: reading members of a JSON object with errors that say where.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/uuid.h"
#include "crm/json_codec.h"
#include "sync/wire.h"

namespace ct::sync::wire {

using nlohmann::json;

/// Deeper documents are refused before they are built (a parser's stack is finite).
inline constexpr int kDepthMax = 32;

[[nodiscard]] Failure malformed(std::string_view path, std::string_view what);

/// The document as a tree: an object, valid UTF-8, not too deep, no member twice (two readers could take two of them).
[[nodiscard]] Result<json> parse_object(std::string_view body);

/// Collects the first fault while members are read one after another; later reads then give empty values.
class Reader {
  public:
    explicit Reader(const json& object, std::string path = {}) : object_(object), path_(std::move(path)) {}

    [[nodiscard]] std::string text(std::string_view member);  ///< required
    [[nodiscard]] std::string text_or(std::string_view member,
                                      std::string fallback = {});  ///< absent or null: fallback
    [[nodiscard]] std::int64_t integer(std::string_view member);   ///< required, 0 to 2^63-1
    [[nodiscard]] std::int64_t integer_or(std::string_view member, std::int64_t fallback);
    [[nodiscard]] bool flag_or(std::string_view member, bool fallback);
    [[nodiscard]] UnixMs time(std::string_view member);  ///< required, RFC 3339
    [[nodiscard]] UnixMs time_or(std::string_view member, UnixMs fallback);
    [[nodiscard]] Uuid uuid(std::string_view member);  ///< required
    [[nodiscard]] Uuid uuid_or_nil(std::string_view member);
    [[nodiscard]] const json* array(std::string_view member);       ///< required; null on a fault
    [[nodiscard]] const json* object(std::string_view member);      ///< required; null on a fault
    [[nodiscard]] const json* find(std::string_view member) const;  ///< null when absent or null

    [[nodiscard]] std::optional<Waiting> waiting();  ///< nothing when absent

    void fault(std::string_view member, std::string_view what);
    [[nodiscard]] bool ok() const { return !error_; }
    [[nodiscard]] Failure failure() const { return fail(*error_); }
    [[nodiscard]] const Error& error() const { return *error_; }
    [[nodiscard]] std::string path_of(std::string_view member) const;

  private:
    const json& object_;
    std::string path_;
    std::optional<Error> error_;
};

/// Appends `"name":` and a value, with the comma that is needed. For flat objects.
class ObjectWriter {
  public:
    explicit ObjectWriter(std::string& out) : out_(out), json_(out) { out_.push_back('{'); }
    ObjectWriter& text(std::string_view member, std::string_view value);
    ObjectWriter& integer(std::string_view member, std::int64_t value);
    ObjectWriter& flag(std::string_view member, bool value);
    ObjectWriter& time(std::string_view member, UnixMs value);
    ObjectWriter& raw(std::string_view member, std::string_view value);
    /// Starts a member whose value the caller appends.
    crm::JsonWriter& begin(std::string_view member);
    void waiting(const std::optional<Waiting>& waiting);
    void end() { out_.push_back('}'); }

  private:
    std::string& out_;
    crm::JsonWriter json_;
    bool first_ = true;
};

}  // namespace ct::sync::wire
