// colortouch: the desktop client. Puts the rooms together, and sleeps until there is something to draw.
#include <imgui.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "app/desktop/png.h"
#include "app/desktop/system.h"
#include "app/desktop/window.h"
#include "assets/fonts.h"
#include "base/file.h"
#include "base/log.h"
#include "client/client.h"
#include "client/config.h"
#include "ui/app.h"
#include "ui/message.h"

namespace {

constexpr int kExitUsage = 2;
constexpr int kExitNoWindow = 1;
constexpr int kExitLocalProblem = 6;  // as colortouchctl's: the profile or its database
/// Input often takes effect in the frame behind (a popup opens, a layout settles).
constexpr int kFramesAfterInput = 3;
/// Between frames while records are loaded: drawing would take the processor from that.
constexpr ct::SteadyMs kPaceWhileLoading_ms = 150;
constexpr ct::SteadyMs kLoadAtMost_ms = 120'000;
constexpr ct::SteadyMs kMessageAtMost_ms = 8'000;

struct Arguments {
    std::string profile, screenshot, size = "1280x800", theme, open;
    std::optional<std::string> inspector;  // its tab
    int frames = 10;
    bool timing = false;
    int width = 1280, height = 800;
};

struct ImGuiHolder {
    ImGuiHolder() { ImGui::CreateContext(); }
    ~ImGuiHolder() { ImGui::DestroyContext(); }
    ImGuiHolder(const ImGuiHolder&) = delete;
    ImGuiHolder& operator=(const ImGuiHolder&) = delete;
};

void complain(const std::string& words) { std::fprintf(stderr, "colortouch: %s\n", words.c_str()); }

std::optional<int> parse(Arguments& arguments, int argc, char** argv) {
    CLI::App cli{"ColorTouch CRM: leads, payments and reminders, with or without a connection.", "colortouch"};
    cli.add_option("--profile", arguments.profile, "Directory of the profile; default: the user's own");
    cli.add_option("--size", arguments.size, "Size of the window: 1440x900")->check([](const std::string& text) {
        int width = 0;
        int height = 0;
        char rest = 0;
        const bool good =
            std::sscanf(text.c_str(), "%5dx%5d%c", &width, &height, &rest) == 2 && width >= 320 && height >= 240;
        return good ? std::string{} : std::string("WIDTHxHEIGHT, at least 320x240");
    });
    cli.add_option("--theme", arguments.theme, "Overrides the setting for this run")
        ->check(CLI::IsMember({"light", "dark"}));
    cli.add_option("--open", arguments.open,
                   "today, leads, pipeline, payments, reminders, conflicts, settings, first-lead or lead:ID");
    cli.add_option("--inspector", arguments.inspector,
                   "Opens the sync inspector (F12), on the overview, queue, requests, threads, records, decisions, log "
                   "or sql")
        ->expected(0, 1)
        ->default_str("overview");
    cli.add_option("--screenshot", arguments.screenshot, "Writes a picture (PNG) when the data is loaded, and ends");
    cli.add_option("--frames", arguments.frames, "Frames to draw before the picture")->check(CLI::Range(1, 10'000));
    cli.add_flag("--timing", arguments.timing,
                 "Says when the first frame was shown and when all records were, and ends");
    cli.set_version_flag("--version", std::string("colortouch ") + COLORTOUCH_VERSION);
    try {
        cli.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return cli.exit(error);  // --help, --version
        complain(error.what() + std::string("; --help tells what there is"));
        return kExitUsage;
    }
    std::sscanf(arguments.size.c_str(), "%5dx%5d", &arguments.width, &arguments.height);
    return std::nullopt;
}

/// Carries out --open; false when it says nothing known.
bool go_to(ct::ui::App& app, const std::string& where) {
    using ct::ui::Page;
    constexpr std::pair<const char*, Page> kPages[] = {{"today", Page::today},         {"leads", Page::leads},
                                                       {"pipeline", Page::pipeline},   {"payments", Page::payments},
                                                       {"reminders", Page::reminders}, {"conflicts", Page::conflicts},
                                                       {"settings", Page::settings}};
    for (const auto& [name, page] : kPages) {
        if (where != name) continue;
        app.desk().page = page;
        return true;
    }
    if (where == "first-lead") {
        app.desk().page = Page::leads;
        app.open_first_lead();
        return true;
    }
    const auto id = where.starts_with("lead:") ? ct::Uuid::parse(where.substr(5)) : std::nullopt;
    if (!id) return false;
    app.desk().page = Page::leads;
    app.desk().open(ct::crm::Model::lead, *id);
    return true;
}

ct::ui::FontData fonts() {
    return {ct::assets::inter_regular(), ct::assets::inter_semibold(), ct::assets::icon_font(),
            ct::ui::system_fallback_fonts()};
}

/// Says on the screen what was said on stderr: who started the program from a menu does not see that.
void show_message(const std::string& words) {
    const ct::ui::FontData font_data = fonts();
    const ImGuiHolder imgui;
    ImGui::GetIO().IniFilename = nullptr;
    auto window = ct::app::Window::open({"ColorTouch", 720, 480});
    if (!window) return;
    ct::ui::Theme theme;
    theme.load_fonts(font_data);
    theme.apply(ct::app::desktop_prefers_dark(), (*window)->scale());
    bool understood = false;
    (*window)->on_draw(
        [&] { understood = ct::ui::message_screen(theme, "ColorTouch cannot start", words) || understood; });
    const ct::SteadyMs end = ct::system_clock().steady() + kMessageAtMost_ms;
    while (!understood && !(*window)->closing() && ct::system_clock().steady() < end) {
        (*window)->draw();
        (*window)->wait(100);
    }
}

int refuse(const Arguments& arguments, const std::string& words) {
    complain(words);
    if (arguments.screenshot.empty()) show_message(words);
    return kExitLocalProblem;
}

int save_picture(ct::app::Window& window, const std::string& file) {
    const ct::Result<std::string> png = ct::app::png_bytes(window.draw_picture());
    const ct::Result<void> written =
        png ? ct::write_file_atomically(file, *png, 0644) : ct::Result<void>(ct::fail(png.error()));
    if (written) return 0;
    complain(written.error().message);
    return kExitNoWindow;
}

/// What --timing says, each line when it is true: whoever started the program can look at the clock.
void tell_time(const char* what, ct::SteadyMs began) {
    std::printf("%s after %lld ms, %lld kB\n", what, static_cast<long long>(ct::system_clock().steady() - began),
                static_cast<long long>(ct::app::resident_bytes() / 1'000));
    std::fflush(stdout);
}

/// Draws while something happens and sleeps while nothing does.
int run(ct::app::Window& window, ct::client::Client& client, ct::ui::App& app, const Arguments& arguments,
        ct::SteadyMs began) {
    const ct::Clock& clock = ct::system_clock();
    const bool picture = !arguments.screenshot.empty();
    const ct::SteadyMs give_up = clock.steady() + kLoadAtMost_ms;
    int frames_left = kFramesAfterInput;
    int frames_until_picture = arguments.frames;
    bool opened = arguments.open.empty() && !arguments.inspector;
    bool shown = false;
    bool told = false;
    ct::SteadyMs due = 0;
    ct::SteadyMs next_while_loading = 0;
    float scale = window.scale();
    window.on_draw([&app] { app.frame(); });
    const auto drawn = [&] {
        (void)window.take_drawn();
        due = clock.steady() + app.next_frame_in_ms();
        next_while_loading = clock.steady() + kPaceWhileLoading_ms;
        if (!arguments.timing || told) return;
        if (!std::exchange(shown, true)) tell_time("first frame", began);
        told = app.state().loaded();
        if (told) tell_time("all records", began);
    };
    while (!window.closing() && !told) {
        // First what the worker has: looking at the window already draws it when it has just come to the screen.
        while (auto event = client.poll()) {
            app.handle(std::move(*event));
            frames_left = kFramesAfterInput;
        }
        const bool loading = !app.state().loaded();
        ct::SteadyMs rest = frames_left > 0 || picture ? 0 : std::max<ct::SteadyMs>(due - clock.steady(), 1);
        if (loading) rest = std::max(rest, next_while_loading - clock.steady());
        window.wait(rest);
        const bool drew = window.take_drawn();  // by itself, when it came to the screen
        if (drew) drawn();
        if (window.take_focus_gained()) client.post(ct::client::WindowFocused{});
        const bool input = window.take_input();
        if (input) frames_left = kFramesAfterInput;
        if (clock.steady() >= due) frames_left = std::max(frames_left, 1);
        if (window.scale() != scale) app.set_display_scale(scale = window.scale());
        if (!opened && app.state().loaded()) {
            if (!arguments.open.empty() && !go_to(app, arguments.open)) {
                complain("--open: nothing is called \"" + arguments.open + "\"");
                return kExitUsage;
            }
            if (arguments.inspector && !app.open_inspector(*arguments.inspector)) {
                complain("--inspector: no tab is called \"" + *arguments.inspector + "\"");
                return kExitUsage;
            }
            opened = true;
        }
        if (frames_left <= 0 && !picture) continue;
        if (loading && (drew || !input) && clock.steady() < next_while_loading) continue;
        window.draw();
        --frames_left;
        drawn();
        if (!picture) continue;
        if (app.state().loaded() && --frames_until_picture <= 0) return save_picture(window, arguments.screenshot);
        if (clock.steady() > give_up) {
            complain("the records were not loaded in time for a picture");
            return kExitLocalProblem;
        }
    }
    return 0;
}

int start(const Arguments& arguments, ct::SteadyMs began) {
    auto profile = ct::client::Profile::locate(arguments.profile, ct::app::program_file());
    if (!profile) return refuse(arguments, profile.error().message);
    auto config = ct::client::Config::load(profile->config_file());
    if (!config) return refuse(arguments, config.error().message);
    ct::client::ClientOptions options;
    options.profile = *profile;
    options.config = *config;
    options.wake = ct::app::Window::wake;
    auto client = ct::client::Client::open(std::move(options));
    if (!client) return refuse(arguments, client.error().message);
    ct::log::to_file(profile->log_file().string());
    ct::ui::AppOptions app_options;
    app_options.config = *config;
    if (!arguments.theme.empty()) app_options.dark_in_this_run = arguments.theme == "dark";
    app_options.post = [&client](ct::client::Command command) { (*client)->post(std::move(command)); };
    app_options.save_config = [&profile](const ct::client::Config& changed) {
        return changed.save(profile->config_file());
    };
    app_options.open_url = ct::app::open_url;
    const ct::ui::FontData font_data = fonts();
    app_options.fonts = &font_data;
    app_options.about = std::string("ColorTouch ") + COLORTOUCH_VERSION + ". Records: " + profile->data_dir.string();
    app_options.system_dark = ct::app::desktop_prefers_dark();
    const ImGuiHolder imgui;
    auto window = ct::app::Window::open({"ColorTouch", arguments.width, arguments.height});
    if (!window) {
        complain(window.error().message);
        return kExitNoWindow;
    }
    app_options.display_scale = (*window)->scale();
    ct::ui::App app(std::move(app_options));
    return run(**window, **client, app, arguments, began);
}

}  // namespace

int main(int argc, char** argv) {
    const ct::SteadyMs began = ct::system_clock().steady();
    Arguments arguments;
    if (const std::optional<int> done = parse(arguments, argc, argv)) return *done;
    return start(arguments, began);
}
