// The window: GLFW, OpenGL 3 and Dear ImGui's back ends, and the idle loop. It draws when there is something to draw and
// sleeps otherwise: no input, no event and no due time means no frame, and no processor.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

struct GLFWwindow;

namespace ct::app {

struct WindowOptions {
    std::string title = "ColorTouch CRM";
    int width = 1440, height = 900;
    std::string settings_file;  ///< where ImGui keeps column widths; empty: nowhere
};

/// One per process; the UI thread's, but for `wake`. Makes ImGui's context and destroys it.
class Window {
  public:
    /// Error NO_DISPLAY: no display can be opened, or it has no OpenGL 3.
    [[nodiscard]] static Result<std::unique_ptr<Window>> open(const WindowOptions& options);
    ~Window();
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    /// Sleeps until there is a reason to draw: input, `wake`, or `at_most_ms` have passed. False: nothing to draw after all.
    [[nodiscard]] bool wait(std::int64_t at_most_ms);
    void wake();  ///< any thread
    [[nodiscard]] bool should_close() const;
    void close();

    [[nodiscard]] float content_scale() const;  ///< of the display
    void begin_frame();
    void end_frame(std::uint32_t background);   ///< draws and shows; ImGui's colour order
    /// The last frame, three bytes a pixel, the top row first.
    [[nodiscard]] std::vector<std::uint8_t> pixels(int& width, int& height) const;

  private:
    struct Gl;
    explicit Window(GLFWwindow* window);
    void watch_input();

    GLFWwindow* window_;
    std::unique_ptr<Gl> gl_;
    std::atomic<bool> woken_{true};
    int frames_left_ = 0;  // ImGui needs a few frames to settle after each input
};

}  // namespace ct::app
