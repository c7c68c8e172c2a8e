// The same members as JSON: for the diagnostics file, which any version can read, and for people.
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "sync/recording.h"
#include "sync/recording_bytes.h"

namespace ct::sync {
namespace {

using nlohmann::json;

class JsonOut {
  public:
    /// Lists longer than `most` are told by their length.
    JsonOut(std::string& out, const TextFilter& filter, std::size_t most = SIZE_MAX)
        : writer_(out), out_(out), filter_(filter), most_(most) {}

    template <class T>
    void put(const T& value) {
        if constexpr (std::is_same_v<T, bool>) {
            out_ += value ? "true" : "false";
        } else if constexpr (std::is_enum_v<T>) {
            enumeration(value);
        } else if constexpr (std::is_same_v<T, double>) {
            char text[32];
            out_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
        } else if constexpr (std::is_integral_v<T>) {
            char text[24];
            out_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
        } else if constexpr (std::is_same_v<T, std::string>) {
            writer_.string(value);
        } else if constexpr (std::is_same_v<T, Uuid>) {
            writer_.string(value.str());
        } else if constexpr (std::is_same_v<T, EngineImage>) {
            image(value);
        } else if constexpr (kIs<T, std::optional>) {
            if (value)
                put(*value);
            else
                out_ += "null";
        } else if constexpr (kIs<T, std::pair>) {
            out_ += '[';
            put(value.first);
            out_ += ',';
            put(value.second);
            out_ += ']';
        } else if constexpr (kIs<T, std::vector>) {
            list(value);
        } else if constexpr (kIs<T, std::variant>) {
            std::visit([this](const auto& held) { this->named(held); }, value);
        } else {
            object(value);
        }
    }
    template <class T>
    void named(const T& value) {
        out_ += '{';
        writer_.string(Members<T>::name);
        out_ += ':';
        object(value);
        out_ += '}';
    }

  private:
    template <class E>
    void enumeration(E value) {
        const auto index = static_cast<std::size_t>(value);
        if constexpr (kNames<E>.size() > 0) {
            if (index < kNames<E>.size()) return writer_.string(kNames<E>[index]);
        }
        out_ += std::to_string(index);
    }
    void image(const EngineImage& value) {
        SeededRandom none(0);
        Engine engine({}, none);
        if (restore(engine, value))
            object(engine);
        else
            out_ += "{}";
    }
    template <class T>
    void object(const T& value) {
        out_ += '{';
        bool first = true;
        each_member<T>([&](const auto& member) { this->put_member(member, value, first); });
        out_ += '}';
    }
    template <Shape kShape, class T, class M>
    void put_member(const Member<kShape, T, M>& member, const T& of, bool& first) {
        const M& value = of.*member.pointer;
        if constexpr (std::is_arithmetic_v<M> || std::is_enum_v<M> || std::is_same_v<M, std::string> ||
                      std::is_same_v<M, Uuid>) {
            if constexpr (std::is_default_constructible_v<T>) {
                static const T kDefault{};
                if (value == kDefault.*member.pointer) return;
            }
        } else if constexpr (requires { value.empty(); }) {
            if (value.empty()) return;
        } else if constexpr (kIs<M, std::optional>) {
            if (!value) return;
        }
        if (!std::exchange(first, false)) out_ += ',';
        writer_.string(member.name);
        out_ += ':';
        if constexpr (kShape == Shape::names) {
            put(field_names(of.model, value));
        } else if constexpr (kShape == Shape::count) {
            put(value.fields.size());
        } else if constexpr (kShape == Shape::text) {
            writer_.string(filter_ ? filter_(value) : value);
        } else {
            put(value);
        }
    }
    template <class Element>
    void list(const std::vector<Element>& elements) {
        if (elements.size() > most_) return writer_.string(std::to_string(elements.size()) + " of them");
        out_ += '[';
        for (std::size_t i = 0; i < elements.size(); ++i) {
            if (i > 0) out_ += ',';
            put(elements[i]);
        }
        out_ += ']';
    }

    crm::JsonWriter writer_;
    std::string& out_;
    const TextFilter& filter_;
    const std::size_t most_;
};

class JsonIn {
  public:
    [[nodiscard]] bool good() const { return good_; }

    template <class T>
    void get(const json& from, T& value) {
        if constexpr (std::is_same_v<T, bool>) {
            if (need(from.is_boolean())) value = from.get<bool>();
        } else if constexpr (std::is_enum_v<T>) {
            enumeration(from, value);
        } else if constexpr (std::is_arithmetic_v<T>) {
            if (need(from.is_number())) value = from.get<T>();
        } else if constexpr (std::is_same_v<T, std::string>) {
            if (need(from.is_string())) value = from.get_ref<const std::string&>();
        } else if constexpr (std::is_same_v<T, Uuid>) {
            const auto id = from.is_string() ? Uuid::parse(from.get_ref<const std::string&>()) : std::nullopt;
            if (need(id.has_value())) value = *id;
        } else if constexpr (std::is_same_v<T, EngineImage>) {
            SeededRandom none(0);
            Engine engine({}, none);
            get(from, engine);
            value = image_of(engine);
        } else if constexpr (kIs<T, std::optional>) {
            value.reset();
            if (!from.is_null()) get(from, value.emplace());
        } else if constexpr (kIs<T, std::pair>) {
            if (!need(from.is_array() && from.size() == 2)) return;
            get(from[0], value.first);
            get(from[1], value.second);
        } else if constexpr (kIs<T, std::vector>) {
            value.clear();
            if (!need(from.is_array())) return;
            for (const json& element : from) get(element, value.emplace_back());
        } else if constexpr (kIs<T, std::variant>) {
            if (need(from.is_object() && from.size() == 1))
                alternative(from, value, std::make_index_sequence<std::variant_size_v<T>>{});
        } else {
            if (!need(from.is_object())) return;
            each_member<T>([&](const auto& member) {
                const auto at = from.find(member.name);
                if (at != from.end()) get_member(*at, member, value);
            });
        }
    }

  private:
    [[nodiscard]] bool need(bool fits) {
        good_ = good_ && fits;
        return fits;
    }
    template <class E>
    void enumeration(const json& from, E& value) {
        if (from.is_string()) {
            for (std::size_t i = 0; i < kNames<E>.size(); ++i) {
                if (kNames<E>[i] == from.get_ref<const std::string&>()) return void(value = static_cast<E>(i));
            }
            good_ = false;
        } else if (need(from.is_number_unsigned() && from.get<std::uint64_t>() < 256)) {
            value = static_cast<E>(from.get<std::uint64_t>());
        }
    }
    template <Shape kShape, class T, class M>
    void get_member(const json& from, const Member<kShape, T, M>& member, T& object) {
        if constexpr (kShape == Shape::names) {
            std::vector<std::string> names;
            get(from, names);
            object.*member.pointer = changes_of(object.model, names);
        } else if constexpr (kShape == Shape::count) {
            std::uint64_t count = 0;
            get(from, count);
            object.*member.pointer = changes_of(count);
        } else {
            get(from, object.*member.pointer);
        }
    }
    template <class Variant, std::size_t... kIndex>
    void alternative(const json& from, Variant& value, std::index_sequence<kIndex...>) {
        const std::string& name = from.begin().key();
        const bool known = ((name == Members<std::variant_alternative_t<kIndex, Variant>>::name &&
                             (get(from.begin().value(), value.template emplace<kIndex>()), true)) ||
                            ...);
        good_ = good_ && known;
    }

    bool good_ = true;
};

constexpr std::size_t kShown = 3;

template <class T>
[[nodiscard]] std::string shown(const T& value) {
    std::string text;
    const TextFilter as_it_is;
    JsonOut(text, as_it_is, kShown).put(value);
    return text;
}

}  // namespace

std::string to_json(const Entry& entry, const TextFilter& filter) {
    std::string text;
    JsonOut(text, filter).put(entry);
    return text;
}

Result<Entry> entry_from_json(std::string_view text) {
    const json document = json::parse(text, nullptr, false);
    Entry entry;
    JsonIn in;
    if (!document.is_discarded()) in.get(document, entry);
    if (document.is_discarded() || !in.good())
        return fail(ErrorKind::invalid, "MALFORMED", "no entry of a recording: " + std::string(text.substr(0, 80)));
    return entry;
}

std::string short_text(const Event& event) { return shown(event); }
std::string short_text(const Action& action) { return shown(action); }
std::string short_text(const Engine& engine) { return shown(engine); }

}  // namespace ct::sync
