#include "app/desktop/window.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <imgui.h>
#include <imgui_impl_glfw.h>
#include <imgui_impl_opengl3.h>

#include <algorithm>

namespace ct::app {

namespace {

constexpr int kFramesAfterInput = 3;
constexpr int kMinWidth = 880, kMinHeight = 560;

std::string last_glfw_error() {
    const char* why = nullptr;
    glfwGetError(&why);
    return why == nullptr ? "unknown reason" : why;
}

Failure no_display() {
    const std::string why = last_glfw_error();
    glfwTerminate();
    return fail(ErrorKind::internal, "NO_DISPLAY", "no window can be opened: " + why);
}

}  // namespace

/// The few calls that we make ourselves, fetched at run time so that the program links no OpenGL library.
struct Window::Gl {
    using Viewport = void (*)(int, int, int, int);
    using ClearColor = void (*)(float, float, float, float);
    using Clear = void (*)(unsigned);
    using PixelStore = void (*)(unsigned, int);
    using ReadPixels = void (*)(int, int, int, int, unsigned, unsigned, void*);
    static constexpr unsigned kColorBuffer = 0x4000, kPackAlignment = 0x0D05, kRgb = 0x1907, kUnsignedByte = 0x1401;

    template <class Function>
    static Function get(const char* name) {
        return reinterpret_cast<Function>(glfwGetProcAddress(name));
    }
    Viewport viewport = get<Viewport>("glViewport");
    ClearColor clear_color = get<ClearColor>("glClearColor");
    Clear clear = get<Clear>("glClear");
    PixelStore pixel_store = get<PixelStore>("glPixelStorei");
    ReadPixels read_pixels = get<ReadPixels>("glReadPixels");
};

Result<std::unique_ptr<Window>> Window::open(const WindowOptions& options) {
    if (glfwInit() == GLFW_FALSE) return no_display();
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
    glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
    glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
    glfwWindowHintString(GLFW_X11_CLASS_NAME, "colortouch");
    glfwWindowHintString(GLFW_WAYLAND_APP_ID, "colortouch");
    GLFWwindow* made = glfwCreateWindow(options.width, options.height, options.title.c_str(), nullptr, nullptr);
    if (made == nullptr) return no_display();
    glfwSetWindowSizeLimits(made, kMinWidth, kMinHeight, GLFW_DONT_CARE, GLFW_DONT_CARE);
    glfwMakeContextCurrent(made);
    glfwSwapInterval(1);
    auto window = std::unique_ptr<Window>(new Window(made));

    ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    if (!options.settings_file.empty()) {
        static std::string file;  // ImGui keeps the pointer
        file = options.settings_file;
        io.IniFilename = file.c_str();
    }
    window->watch_input();  // before ImGui's own callbacks, which call these on
    ImGui_ImplGlfw_InitForOpenGL(made, true);
    ImGui_ImplOpenGL3_Init("#version 150");
    return window;
}

Window::Window(GLFWwindow* window) : window_(window), gl_(std::make_unique<Gl>()) {
    glfwSetWindowUserPointer(window_, this);
}

Window::~Window() {
    if (ImGui::GetCurrentContext() != nullptr) {
        ImGui_ImplOpenGL3_Shutdown();
        ImGui_ImplGlfw_Shutdown();
        ImGui::DestroyContext();
    }
    glfwDestroyWindow(window_);
    glfwTerminate();
}

void Window::watch_input() {
    static constexpr auto kNote = [](GLFWwindow* window) {
        static_cast<Window*>(glfwGetWindowUserPointer(window))->frames_left_ = kFramesAfterInput;
    };
    glfwSetKeyCallback(window_, [](GLFWwindow* w, int, int, int, int) { kNote(w); });
    glfwSetCharCallback(window_, [](GLFWwindow* w, unsigned) { kNote(w); });
    glfwSetMouseButtonCallback(window_, [](GLFWwindow* w, int, int, int) { kNote(w); });
    glfwSetCursorPosCallback(window_, [](GLFWwindow* w, double, double) { kNote(w); });
    glfwSetCursorEnterCallback(window_, [](GLFWwindow* w, int) { kNote(w); });
    glfwSetScrollCallback(window_, [](GLFWwindow* w, double, double) { kNote(w); });
    glfwSetWindowFocusCallback(window_, [](GLFWwindow* w, int) { kNote(w); });
    glfwSetWindowRefreshCallback(window_, [](GLFWwindow* w) { kNote(w); });
    glfwSetFramebufferSizeCallback(window_, [](GLFWwindow* w, int, int) { kNote(w); });
    glfwSetWindowContentScaleCallback(window_, [](GLFWwindow* w, float, float) { kNote(w); });
}

bool Window::wait(std::int64_t at_most_ms) {
    if (frames_left_ > 0 || woken_.load(std::memory_order_relaxed)) {
        glfwPollEvents();
    } else if (at_most_ms > 0) {
        glfwWaitEventsTimeout(static_cast<double>(at_most_ms) / 1e3);
        if (frames_left_ == 0) frames_left_ = 1;  // something is due, or woken_ says what came
    } else {
        glfwPollEvents();
        frames_left_ = 1;
    }
    if (woken_.exchange(false, std::memory_order_acquire)) frames_left_ = std::max(frames_left_, 2);
    if (frames_left_ == 0) return false;
    --frames_left_;
    return true;
}

void Window::wake() {
    woken_.store(true, std::memory_order_release);
    glfwPostEmptyEvent();
}

bool Window::should_close() const { return glfwWindowShouldClose(window_) != GLFW_FALSE; }
void Window::close() { glfwSetWindowShouldClose(window_, GLFW_TRUE); }

float Window::content_scale() const {
    float x = 1.0F, y = 1.0F;
    glfwGetWindowContentScale(window_, &x, &y);
    return std::max(x, y);
}

void Window::begin_frame() {
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    ImGui::NewFrame();
}

void Window::end_frame(std::uint32_t background) {
    ImGui::Render();
    int width = 0, height = 0;
    glfwGetFramebufferSize(window_, &width, &height);
    const ImVec4 color = ImGui::ColorConvertU32ToFloat4(background);
    gl_->viewport(0, 0, width, height);
    gl_->clear_color(color.x, color.y, color.z, 1.0F);
    gl_->clear(Gl::kColorBuffer);
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
    glfwSwapBuffers(window_);
}

std::vector<std::uint8_t> Window::pixels(int& width, int& height) const {
    glfwGetFramebufferSize(window_, &width, &height);
    const std::size_t row = static_cast<std::size_t>(width) * 3;
    std::vector<std::uint8_t> upside_down(row * static_cast<std::size_t>(height)), rgb(upside_down.size());
    // What end_frame drew is in the front buffer now; drawing the same lists again puts it into the back buffer.
    gl_->clear(Gl::kColorBuffer);
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
    gl_->pixel_store(Gl::kPackAlignment, 1);
    gl_->read_pixels(0, 0, width, height, Gl::kRgb, Gl::kUnsignedByte, upside_down.data());
    for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y) {
        std::copy_n(upside_down.begin() + static_cast<std::ptrdiff_t>((static_cast<std::size_t>(height) - 1 - y) * row), row,
                    rgb.begin() + static_cast<std::ptrdiff_t>(y * row));
    }
    return rgb;
}

}  // namespace ct::app
