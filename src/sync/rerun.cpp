#include "sync/rerun.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "sync/recording_bytes.h"

namespace ct::sync {
namespace {

using nlohmann::json;

/// In an exported recording sentences may have lost what was somebody's: there a "#" and 16 hexadecimal digits stand.
[[nodiscard]] bool is_masked(const std::string& text) {
    for (std::size_t at = text.find('#'); at != std::string::npos; at = text.find('#', at + 1)) {
        const std::size_t end = std::min(text.find_first_not_of("0123456789abcdef", at + 1), text.size());
        if (end - at == 17) return true;
    }
    return text.find("<profile>") != std::string::npos || text.find("<home>") != std::string::npos;
}

[[nodiscard]] bool alike(const json& expected, const json& came) {
    if (expected.is_string() && came.is_string() && is_masked(expected.get_ref<const std::string&>())) return true;
    if (expected.type() != came.type() || expected.size() != came.size()) return expected == came;
    if (expected.is_array()) {
        return std::equal(expected.begin(), expected.end(), came.begin(), alike);
    }
    if (!expected.is_object()) return expected == came;
    return std::all_of(expected.items().begin(), expected.items().end(), [&](const auto& member) {
        const auto at = came.find(member.key());
        return at != came.end() && alike(member.value(), *at);
    });
}

template <class T>
[[nodiscard]] std::string bytes_of_value(const T& value) {
    std::string bytes;
    BytesOut::Lists lists;
    BytesOut(bytes, lists).put(value);
    return bytes;
}

[[nodiscard]] json as_json(const Action& action) {
    Step step;
    step.actions.push_back(action);
    return json::parse(to_json(step))["Step"]["actions"][0];
}

[[nodiscard]] bool alike(const Action& expected, const Action& came) {
    return bytes_of_value(expected) == bytes_of_value(came) || alike(as_json(expected), as_json(came));
}

[[nodiscard]] json as_json(const EngineImage& image) {
    Begin begin;
    begin.engine = image;
    return json::parse(to_json(begin))["Begin"]["engine"];
}

}  // namespace

void ReplayedRandom::load(const std::vector<std::uint64_t>& drawn) {
    left_.assign(drawn.begin(), drawn.end());
    lacked_ = false;
}

void ReplayedRandom::fill(std::span<std::uint8_t> out) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (i % 8 == 0) {
            lacked_ = lacked_ || left_.empty();
            word = left_.empty() ? 0 : left_.front();
            if (!left_.empty()) left_.pop_front();
        }
        out[i] = static_cast<std::uint8_t>(word >> (8 * (i % 8)));
    }
}

std::optional<Difference> Rerun::feed(const Entry& entry) {
    if (const auto* const begins = std::get_if<Begin>(&entry)) return begin(*begins);
    if (const auto* const one = std::get_if<Step>(&entry)) return step(*one);
    if (std::holds_alternative<Gap>(entry)) engine_.reset();
    return std::nullopt;
}

std::optional<Difference> Rerun::begin(const Begin& entry) {
    std::optional<Difference> difference;
    if (entry.goes_on && engine_) {
        const EngineImage ours = image_of(*engine_);
        if (ours != entry.engine && !alike(as_json(entry.engine), as_json(ours))) {
            difference = Difference{steps_, "the engine's state", as_json(entry.engine).dump(), as_json(ours).dump()};
        }
    }
    engine_.emplace(Tuning{}, random_);
    if (!restore(*engine_, entry.engine)) engine_.reset();
    return difference;
}

std::optional<Difference> Rerun::step(const Step& entry) {
    ++steps_;
    if (!engine_) return std::nullopt;
    random_.load(entry.drawn);
    const std::vector<Action> came = engine_->handle(entry.event, entry.at);
    const std::size_t count = std::max(came.size(), entry.actions.size());
    for (std::size_t i = 0; i < count; ++i) {
        if (i < came.size() && i < entry.actions.size() && alike(entry.actions[i], came[i])) continue;
        return differs("action " + std::to_string(i + 1) + " of " + std::to_string(entry.actions.size()),
                       i < entry.actions.size() ? short_text(entry.actions[i]) : "nothing more",
                       i < came.size() ? short_text(came[i]) : "nothing more");
    }
    if (!random_.used_up()) {
        return differs("what was drawn by chance", std::to_string(entry.drawn.size()) + " numbers", "another count");
    }
    ++same_;
    return std::nullopt;
}

Difference Rerun::differs(std::string what, std::string expected, std::string came) {
    ++different_;
    engine_.reset();
    return {steps_, std::move(what), std::move(expected), std::move(came)};
}

}  // namespace ct::sync
