#include "app/desktop/place.h"

#include <nlohmann/json.hpp>

#include "base/file.h"

namespace ct::app {

std::optional<Place> read_place(const std::string& file) {
    const Result<std::string> text = read_file(file);
    if (!text) return std::nullopt;
    const nlohmann::json document = nlohmann::json::parse(*text, nullptr, false);
    if (!document.is_object()) return std::nullopt;
    const auto number = [&document](const char* name) -> std::optional<int> {
        const auto at = document.find(name);
        if (at == document.end() || !at->is_number_integer()) return std::nullopt;
        const auto value = at->get<std::int64_t>();
        constexpr std::int64_t kFar = 100'000;
        if (value < -kFar || value > kFar) return std::nullopt;
        return static_cast<int>(value);
    };
    const auto x = number("x"), y = number("y"), width = number("width"), height = number("height");
    if (!x || !y || !width || !height || *width < 1 || *height < 1) return std::nullopt;
    const auto maximized = document.find("maximized");
    return Place{*x, *y, *width, *height,
                 maximized != document.end() && maximized->is_boolean() && maximized->get<bool>()};
}

Result<void> write_place(const std::string& file, const Place& place) {
    const nlohmann::json document{{"x", place.x},
                                  {"y", place.y},
                                  {"width", place.width},
                                  {"height", place.height},
                                  {"maximized", place.maximized}};
    return write_file_atomically(file, document.dump() + "\n");
}

}  // namespace ct::app
