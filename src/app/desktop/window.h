// The seam to GLFW and OpenGL 3: one window, its input for ImGui, and sleep until something happens.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/desktop/place.h"
#include "base/result.h"

struct GLFWwindow;

namespace ct::app {

struct WindowOptions {
    std::string title = "ColorTouch";
    int width = 1280, height = 800;
    std::optional<Place> place{};  ///< instead of the size; what no screen shows is ignored
};

/// Pixels from the upper left, three bytes each.
struct Picture {
    int width = 0, height = 0;
    std::vector<std::uint8_t> rgb;
};

class Window {
  public:
    /// Opens it and connects it to the current ImGui context. It comes to the screen with the first frame. NO_DISPLAY,
    /// NO_OPENGL.
    [[nodiscard]] static Result<std::unique_ptr<Window>> open(const WindowOptions& options);
    ~Window();
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    [[nodiscard]] bool closing() const;
    void stay_open();  ///< the wish to close is not granted
    /// To the front, as far as the desktop lets a program do that.
    void raise();
    [[nodiscard]] Place place() const;
    /// Sleeps until there is input, `wake` was called, or the time is over. 0: only looks.
    void wait(std::int64_t at_most_ms);
    /// Any thread.
    static void wake();
    /// Whether there was input since the last call; `wake` is not input.
    [[nodiscard]] bool take_input();
    [[nodiscard]] bool take_focus_gained();
    /// Whether it was drawn since the last call, also because it came to the screen or was dragged larger.
    [[nodiscard]] bool take_drawn();
    /// What to draw, between ImGui::NewFrame and ImGui::Render. Also called while the user drags the window's edge.
    void on_draw(std::function<void()> draw) { draw_ = std::move(draw); }
    /// A file that was dropped onto the window; the last of several.
    [[nodiscard]] std::optional<std::string> take_dropped_file() { return std::exchange(dropped_, std::nullopt); }
    void draw() { draw_frame(nullptr); }
    [[nodiscard]] Picture draw_picture();  ///< draws a frame, and what it looks like
    [[nodiscard]] float scale() const;

  private:
    explicit Window(GLFWwindow* window) : window_(window) {}
    void connect();
    void draw_frame(Picture* picture);
    [[nodiscard]] Picture read_pixels() const;

    GLFWwindow* window_;
    mutable Place restored_;  // when it was last not maximized
    std::function<void()> draw_;
    std::optional<std::string> dropped_;
    bool input_ = true, focus_gained_ = false, drawing_ = false, drawn_ = false, shown_ = false;
};

}  // namespace ct::app
