#include "app/desktop/window.h"

#include <imgui.h>
#include <imgui_impl_glfw.h>
#include <imgui_impl_opengl3.h>

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <cstdlib>
#include <mutex>
#include <utility>

#include "app/desktop/icon.h"

namespace ct::app {
namespace {

// The few OpenGL calls that are ours, found at run time: without -lGL the program starts on machines that have other
// libraries than the one it was built on.
using ReadPixels = void (*)(int, int, int, int, unsigned, unsigned, void*);
using PixelStore = void (*)(unsigned, int);
constexpr unsigned kRgb = 0x1907, kUnsignedByte = 0x1401, kPackAlignment = 0x0D05;

template <class Function>
Function gl(const char* name) {
    return reinterpret_cast<Function>(glfwGetProcAddress(name));
}

// The worker may ring before GLFW has begun and after it has ended.
std::mutex gate;
bool gate_open = false;  // guarded by gate

void set_gate(bool open) {
    const std::scoped_lock lock(gate);
    gate_open = open;
}

Window& self(GLFWwindow* window) { return *static_cast<Window*>(glfwGetWindowUserPointer(window)); }

std::string last_error() {
    const char* words = nullptr;
    glfwGetError(&words);
    return words == nullptr ? "unknown cause" : words;
}

/// Enough of it to be taken hold of.
bool on_some_screen(const Place& place) {
    constexpr int kGrip = 80;
    int count = 0;
    GLFWmonitor** const monitors = glfwGetMonitors(&count);
    for (int i = 0; i < count; ++i) {
        int x = 0, y = 0, width = 0, height = 0;
        glfwGetMonitorWorkarea(monitors[i], &x, &y, &width, &height);
        const bool wide = place.x + place.width > x + kGrip && place.x < x + width - kGrip;
        if (wide && place.y >= y && place.y < y + height - kGrip) return true;
    }
    return false;
}

}  // namespace

Result<std::unique_ptr<Window>> Window::open(const WindowOptions& options) {
    if (std::getenv("WAYLAND_DISPLAY") == nullptr) glfwInitHint(GLFW_PLATFORM, GLFW_PLATFORM_X11);
    if (glfwInit() == GLFW_FALSE)
        return fail(ErrorKind::internal, "NO_DISPLAY", "no display to open a window on: " + last_error());
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
    glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
    glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
    // Nothing is behind anything: a depth buffer would be as large as the window, for nothing.
    glfwWindowHint(GLFW_DEPTH_BITS, 0);
    glfwWindowHint(GLFW_STENCIL_BITS, 0);
    glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
    glfwWindowHintString(GLFW_X11_CLASS_NAME, "colortouch");
    glfwWindowHintString(GLFW_X11_INSTANCE_NAME, "colortouch");
    glfwWindowHintString(GLFW_WAYLAND_APP_ID, "colortouch");
    int width = options.width;
    int height = options.height;
    if (options.place) {
        width = options.place->width;
        height = options.place->height;
        glfwWindowHint(GLFW_MAXIMIZED, options.place->maximized ? GLFW_TRUE : GLFW_FALSE);
        if (on_some_screen(*options.place)) {
            glfwWindowHint(GLFW_POSITION_X, options.place->x);
            glfwWindowHint(GLFW_POSITION_Y, options.place->y);
        }
    }
    // Shown when there is something to be seen: see draw_frame.
    glfwWindowHint(GLFW_VISIBLE, GLFW_FALSE);
    GLFWwindow* handle = glfwCreateWindow(width, height, options.title.c_str(), nullptr, nullptr);
    if (handle == nullptr) {
        const std::string why = last_error();
        glfwTerminate();
        return fail(ErrorKind::internal, "NO_OPENGL", "this display cannot show OpenGL 3: " + why);
    }
    [[maybe_unused]] static const int ends = std::atexit(glfwTerminate);
    std::unique_ptr<Window> window(new Window(handle));
    if (options.place) window->restored_ = *options.place;
    set_gate(true);
    window->connect();
    return window;
}

void Window::connect() {
    glfwMakeContextCurrent(window_);
    glfwSwapInterval(0);  // the first frame waits for nothing
    glfwSetWindowUserPointer(window_, this);
    glfwSetWindowSizeLimits(window_, 720, 480, GLFW_DONT_CARE, GLFW_DONT_CARE);
    std::vector<std::uint8_t> pixels = icon_pixels(64);
    const GLFWimage icon{64, 64, pixels.data()};
    if (glfwGetPlatform() == GLFW_PLATFORM_X11) glfwSetWindowIcon(window_, 1, &icon);
    // Before ImGui's own callbacks, which call these in turn.
    glfwSetCursorPosCallback(window_, [](GLFWwindow* w, double, double) { self(w).input_ = true; });
    glfwSetCursorEnterCallback(window_, [](GLFWwindow* w, int) { self(w).input_ = true; });
    glfwSetMouseButtonCallback(window_, [](GLFWwindow* w, int, int, int) { self(w).input_ = true; });
    glfwSetScrollCallback(window_, [](GLFWwindow* w, double, double) { self(w).input_ = true; });
    glfwSetKeyCallback(window_, [](GLFWwindow* w, int, int, int, int) { self(w).input_ = true; });
    glfwSetCharCallback(window_, [](GLFWwindow* w, unsigned) { self(w).input_ = true; });
    glfwSetWindowSizeCallback(window_, [](GLFWwindow* w, int, int) { self(w).input_ = true; });
    glfwSetFramebufferSizeCallback(window_, [](GLFWwindow* w, int, int) { self(w).input_ = true; });
    glfwSetWindowContentScaleCallback(window_, [](GLFWwindow* w, float, float) { self(w).input_ = true; });
    glfwSetWindowCloseCallback(window_, [](GLFWwindow* w) { self(w).input_ = true; });
    glfwSetDropCallback(window_, [](GLFWwindow* w, int count, const char** files) {
        self(w).input_ = true;
        if (count > 0) self(w).dropped_ = files[count - 1];
    });
    glfwSetWindowFocusCallback(window_, [](GLFWwindow* w, int focused) {
        self(w).input_ = true;
        if (focused == GLFW_TRUE) self(w).focus_gained_ = true;
    });
    glfwSetWindowRefreshCallback(window_, [](GLFWwindow* w) {
        self(w).input_ = true;
        self(w).draw();
    });
    ImGui_ImplGlfw_InitForOpenGL(window_, true);
    ImGui_ImplOpenGL3_Init("#version 150");
}

Window::~Window() {
    set_gate(false);
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    // GLFW itself stays: with it the OpenGL library would go, of which ImGui's loader keeps pointers for the next
    // window.
    glfwDestroyWindow(window_);
}

bool Window::closing() const { return glfwWindowShouldClose(window_) == GLFW_TRUE; }

void Window::stay_open() { glfwSetWindowShouldClose(window_, GLFW_FALSE); }

void Window::raise() {
    if (glfwGetWindowAttrib(window_, GLFW_ICONIFIED) == GLFW_TRUE) glfwRestoreWindow(window_);
    glfwShowWindow(window_);
    glfwFocusWindow(window_);
    if (glfwGetWindowAttrib(window_, GLFW_FOCUSED) != GLFW_TRUE) glfwRequestWindowAttention(window_);
    input_ = true;
}

Place Window::place() const {
    const bool maximized = glfwGetWindowAttrib(window_, GLFW_MAXIMIZED) == GLFW_TRUE;
    if (!maximized || restored_.width == 0) {
        if (glfwGetPlatform() != GLFW_PLATFORM_WAYLAND) glfwGetWindowPos(window_, &restored_.x, &restored_.y);
        glfwGetWindowSize(window_, &restored_.width, &restored_.height);
    }
    restored_.maximized = maximized;
    return restored_;
}

void Window::wait(std::int64_t at_most_ms) {
    if (at_most_ms <= 0) {
        glfwPollEvents();
    } else {
        glfwWaitEventsTimeout(static_cast<double>(at_most_ms) / 1'000.0);
    }
}

void Window::wake() {
    const std::scoped_lock lock(gate);
    if (gate_open) glfwPostEmptyEvent();
}

bool Window::take_input() { return std::exchange(input_, false); }
bool Window::take_drawn() { return std::exchange(drawn_, false); }
bool Window::take_focus_gained() { return std::exchange(focus_gained_, false); }

Picture Window::draw_picture() {
    Picture picture;
    draw_frame(&picture);
    return picture;
}

void Window::draw_frame(Picture* picture) {
    if (!draw_ || drawing_) return;
    drawing_ = true;
    const bool first = !std::exchange(shown_, true);
    if (first) glfwShowWindow(window_);
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    ImGui::NewFrame();
    draw_();
    ImGui::Render();
    // No clearing: the root window covers every pixel.
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
    if (picture != nullptr) *picture = read_pixels();  // before the swap: the front buffer cannot be read everywhere
    glfwSwapBuffers(window_);
    if (first) glfwSwapInterval(1);
    drawing_ = false;
    drawn_ = true;
}

float Window::scale() const {
    float content = 1.0F;
    glfwGetWindowContentScale(window_, &content, nullptr);
    int window_width = 0;
    int pixel_width = 0;
    glfwGetWindowSize(window_, &window_width, nullptr);
    glfwGetFramebufferSize(window_, &pixel_width, nullptr);
    // Where window coordinates are not pixels (Wayland), ImGui scales by itself.
    if (window_width > 0 && pixel_width > 0)
        content *= static_cast<float>(window_width) / static_cast<float>(pixel_width);
    return content > 0.25F ? content : 1.0F;
}

Picture Window::read_pixels() const {
    Picture picture;
    glfwGetFramebufferSize(window_, &picture.width, &picture.height);
    const auto row = static_cast<std::size_t>(picture.width) * 3;
    std::vector<std::uint8_t> upside_down(row * static_cast<std::size_t>(picture.height));
    gl<PixelStore>("glPixelStorei")(kPackAlignment, 1);
    gl<ReadPixels>("glReadPixels")(0, 0, picture.width, picture.height, kRgb, kUnsignedByte, upside_down.data());
    picture.rgb.reserve(upside_down.size());
    for (int y = picture.height - 1; y >= 0; --y) {
        const auto from = upside_down.begin() + static_cast<std::ptrdiff_t>(row) * y;
        picture.rgb.insert(picture.rgb.end(), from, from + static_cast<std::ptrdiff_t>(row));
    }
    return picture;
}

}  // namespace ct::app
