// Short messages at the lower right that go away by themselves. Problems stay until they are read.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ui/theme.h"

namespace ct::ui {

enum class ToastKind : std::uint8_t { done, info, problem };

struct Toast {
    ToastKind kind = ToastKind::info;
    std::string text;
    std::string action;  ///< label of its button; empty: none
    std::function<void()> act;
    std::string second;  ///< label of another one, on a line of its own
    std::function<void()> act_second;
    SteadyMs ends_at = 0;  ///< 0: not yet shown
};

class Toasts {
  public:
    void add(ToastKind kind, std::string text, std::string action = {}, std::function<void()> act = {},
             std::string second = {}, std::function<void()> act_second = {});
    /// Draws them; milliseconds until the next one ends, or a large number.
    [[nodiscard]] std::int64_t draw(const Theme& theme, SteadyMs now, float right_edge);
    /// As its button would: of the toast that says that, if it is still there.
    void press(const std::string& text, bool second);
    [[nodiscard]] const std::vector<Toast>& all() const { return toasts_; }

  private:
    bool draw_one(const Theme& theme, Toast& toast, std::size_t index, ImVec2 lower_right, float& height);
    std::vector<Toast> toasts_;  // oldest first
};

}  // namespace ct::ui
