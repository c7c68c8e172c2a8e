// colortouch: the desktop client. Puts the rooms together, and sleeps until there is something to draw.
#include <imgui.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "app/desktop/crash.h"
#include "app/desktop/doorbell.h"
#include "app/desktop/place.h"
#include "app/desktop/png.h"
#include "app/desktop/session_bus.h"
#include "app/desktop/system.h"
#include "app/desktop/window.h"
#include "assets/fonts.h"
#include "base/file.h"
#include "base/log.h"
#include "client/backup.h"
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
/// Of what the worker has sent, between two looks at the keyboard.
constexpr ct::SteadyMs kEventsAtMost_ms = 8;
constexpr ct::SteadyMs kLoadAtMost_ms = 120'000;
constexpr ct::SteadyMs kMessageAtMost_ms = 8'000;

struct Arguments {
    std::string profile, screenshot, size, theme, open, anew;
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
    cli.add_option("--size", arguments.size, "Size of the window: 1440x900; default: as it was")
        ->check([](const std::string& text) {
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
                   "today, leads, pipeline, payments, reminders, conflicts, activity, settings, first-lead, lead:ID, "
                   "leads:FILTER, import:FILE or duplicates");
    cli.add_option("--new", arguments.anew, "Begins a new one: lead, payment or reminder")
        ->check(CLI::IsMember({"lead", "payment", "reminder"}))
        ->excludes("--open");
    cli.add_option(
           "--inspector", arguments.inspector,
           "Opens the sync inspector (F12), on the overview, queue, requests, threads, records, decisions, log, "
           "sql or link")
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
    if (!arguments.anew.empty()) arguments.open = "new:" + arguments.anew;
    if (!arguments.size.empty()) std::sscanf(arguments.size.c_str(), "%5dx%5d", &arguments.width, &arguments.height);
    return std::nullopt;
}

ct::ui::FontData fonts() {
    return {ct::assets::inter_regular(), ct::assets::inter_semibold(), ct::assets::icon_font(),
            ct::ui::system_fallback_fonts()};
}

/// What the settings of the toolkit say, unless the desktop itself says it.
ct::ui::Look system_look(const ct::app::SessionBus::Wishes& wishes) {
    static const bool otherwise = ct::app::desktop_prefers_dark();
    if (wishes.contrast) return ct::ui::Look::contrast;
    return wishes.dark.value_or(otherwise) ? ct::ui::Look::dark : ct::ui::Look::light;
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
    theme.apply(system_look({}), (*window)->scale());
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

struct RestoreRequest {
    std::string file, passphrase;
};

/// What the loop needs beside window, client and app.
struct Surroundings {
    ct::app::Doorbell* doorbell = nullptr;   ///< null: nobody can knock
    ct::app::SessionBus* bus = nullptr;      ///< null: the desktop is not listened to
    std::optional<RestoreRequest>* restore;  ///< set when the user asked for it: the loop ends
    ct::SteadyMs began = 0;
};

/// True when there is something to draw.
bool answer_the_door(ct::app::Window& window, ct::ui::App& app, const Surroundings& around) {
    if (around.doorbell == nullptr) return false;
    const std::vector<std::string> callers = around.doorbell->take();
    for (const std::string& where : callers) {
        window.raise();
        if (!where.empty() && !app.go_to(where)) ct::log::warn("a second start wanted to go to \"" + where + "\"");
    }
    return !callers.empty();
}

/// True when there is something to draw.
bool follow_desktop(ct::app::Window& window, ct::ui::App& app, const Surroundings& around) {
    if (around.bus == nullptr) return false;
    const bool clicked = around.bus->take_clicked();
    if (clicked) {
        window.raise();
        app.desk().page = ct::ui::Page::reminders;
    }
    return app.set_system_look(system_look(around.bus->wishes())) || clicked;
}

/// Draws while something happens and sleeps while nothing does.
int run(ct::app::Window& window, ct::client::Client& client, ct::ui::App& app, const Arguments& arguments,
        const Surroundings& around) {
    const ct::Clock& clock = ct::system_clock();
    const bool picture = !arguments.screenshot.empty();
    const ct::SteadyMs give_up = clock.steady() + kLoadAtMost_ms;
    int frames_left = kFramesAfterInput;
    int frames_until_picture = arguments.frames;
    bool opened = arguments.open.empty() && !arguments.inspector;
    bool shown = false;
    bool told = false;
    bool given_back = false;
    ct::SteadyMs due = 0;
    ct::SteadyMs next_while_loading = 0;
    float scale = window.scale();
    window.on_draw([&app] { app.frame(); });
    const auto drawn = [&] {
        (void)window.take_drawn();
        due = clock.steady() + app.next_frame_in_ms();
        next_while_loading = clock.steady() + kPaceWhileLoading_ms;
        if (!arguments.timing || told) return;
        if (!std::exchange(shown, true)) tell_time("first frame", around.began);
        told = app.state().loaded();
        if (told) tell_time("all records", around.began);
    };
    while (!told && !app.closing() && !*around.restore) {
        if (window.closing()) {
            if (picture || app.may_close()) break;
            window.stay_open();
            frames_left = kFramesAfterInput;
        }
        // First what the worker has: looking at the window already draws it when it has just come to the screen.
        const ct::SteadyMs events_end = clock.steady() + kEventsAtMost_ms;
        bool more_events = false;
        while (auto event = client.poll()) {
            app.handle(std::move(*event));
            frames_left = kFramesAfterInput;
            more_events = clock.steady() >= events_end;
            if (more_events) break;
        }
        const bool loading = !app.state().loaded();
        if (!loading && !std::exchange(given_back, true)) ct::app::give_back_memory();  // of the parts that were loaded
        ct::SteadyMs rest = frames_left > 0 || picture ? 0 : std::max<ct::SteadyMs>(due - clock.steady(), 1);
        if (loading) rest = more_events ? 0 : std::max(rest, next_while_loading - clock.steady());
        window.wait(rest);
        const bool drew = window.take_drawn();  // by itself, when it came to the screen
        if (drew) drawn();
        if (answer_the_door(window, app, around)) frames_left = kFramesAfterInput;
        if (follow_desktop(window, app, around)) frames_left = kFramesAfterInput;
        if (window.take_focus_gained()) client.post(ct::client::WindowFocused{});
        if (auto file = window.take_dropped_file()) app.drop(*std::move(file));
        const bool input = window.take_input();
        if (input) frames_left = kFramesAfterInput;
        if (clock.steady() >= due) frames_left = std::max(frames_left, 1);
        if (window.scale() != scale) app.set_display_scale(scale = window.scale());
        if (!opened && app.state().loaded()) {
            if (!arguments.open.empty() && !app.go_to(arguments.open)) {
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

/// What the window may write beside the records.
void connect_files(ct::ui::AppOptions& options, const ct::client::Profile& profile) {
    options.save_config = [&profile](const ct::client::Config& changed) { return changed.save(profile.config_file()); };
    options.save_document = [&profile](const std::string& name, const std::string& content) -> ct::Result<std::string> {
        const std::filesystem::path directory = profile.data_dir / "documents";
        if (auto made = ct::make_directories(directory.string()); !made) return ct::fail(made.error());
        const std::string file = (directory / name).string();
        if (auto written = ct::write_file_atomically(file, content); !written) return ct::fail(written.error());
        return file;
    };
    options.keep = [&profile](const std::string& name, const std::string& content) {
        return ct::write_file_atomically((profile.data_dir / name).string(), content);
    };
    options.kept = [&profile](const std::string& name) {
        return ct::read_file((profile.data_dir / name).string()).value_or(std::string{});
    };
}

ct::ui::AppOptions app_options(const Arguments& arguments, const ct::client::Profile& profile,
                               const ct::client::Config& config, ct::client::Client& client, ct::app::SessionBus* bus) {
    ct::ui::AppOptions options;
    options.config = config;
    if (!arguments.theme.empty()) options.dark_in_this_run = arguments.theme == "dark";
    options.post = [&client](ct::client::Command command) { client.post(std::move(command)); };
    connect_files(options, profile);
    options.open_url = ct::app::open_url;
    if (bus != nullptr && !arguments.timing) {
        options.notify = [bus](const std::string& title, const std::string& words) {
            if (!bus->notify(title, words)) ct::app::notify(title, words);
        };
    }
    options.about = std::string("ColorTouch ") + COLORTOUCH_VERSION + ". Records: " + profile.data_dir.string();
    options.system_look = system_look({});
    return options;
}

/// One life of the window on a profile. `restore` and `notice` carry what is wanted of, and to be said in, the next.
int open_window(const Arguments& arguments, const ct::client::Profile& profile, ct::SteadyMs began,
                std::optional<RestoreRequest>& restore, std::string& notice) {
    auto config = ct::client::Config::load(profile.config_file());
    if (!config) return refuse(arguments, config.error().message);
    const bool picture = !arguments.screenshot.empty();
    const auto first_one_comes = [&] {
        return !picture && !arguments.timing && ct::app::knock(profile.data_dir.string(), arguments.open);
    };
    if (first_one_comes()) return 0;  // before anything of a second window is begun
    ct::client::ClientOptions options;
    options.profile = profile;
    options.config = *config;
    options.wake = ct::app::Window::wake;
    options.program = std::string("colortouch ") + COLORTOUCH_VERSION;
    std::optional<ct::Result<std::unique_ptr<ct::client::Client>>> opened;  // outlives the window
    // The records are opened while OpenGL is begun.
    auto opening = std::async(std::launch::async, [&options] { return ct::client::Client::open(std::move(options)); });
    // A picture is of this program, whatever the desktop around it wishes.
    const auto bus = picture ? nullptr : std::make_unique<ct::app::SessionBus>(ct::app::Window::wake);
    const ct::ui::FontData font_data = fonts();
    auto imgui = std::make_unique<ImGuiHolder>();
    const std::string place_file = (profile.data_dir / "window.json").string();
    ct::app::WindowOptions window_options{"ColorTouch", arguments.width, arguments.height};
    if (arguments.size.empty() && !picture) window_options.place = ct::app::read_place(place_file);
    auto window = ct::app::Window::open(window_options);
    const auto& client = opened.emplace(opening.get());
    if (!client) {
        if (window) window->reset();
        imgui.reset();
        // Two that were started at once: the door is there only now.
        if (client.error().code == "PROFILE_IN_USE" && first_one_comes()) return 0;
        return refuse(arguments, client.error().message);
    }
    if (!window) {
        complain(window.error().message);
        return kExitNoWindow;
    }
    ct::log::to_file(profile.log_file().string());
    ct::ui::AppOptions for_app = app_options(arguments, profile, *config, **client, bus.get());
    for_app.restore = [&restore](const std::string& file, const std::string& passphrase) {
        restore = RestoreRequest{file, passphrase};
    };
    for_app.notice = std::exchange(notice, {});
    if (const auto report = picture ? std::nullopt : ct::app::take_crash_report(profile.data_dir.string()))
        for_app.crash_report = *report;
    for_app.fonts = &font_data;
    auto doorbell = ct::app::Doorbell::hang(profile.data_dir.string(), ct::app::Window::wake);
    if (!doorbell) ct::log::warn(doorbell.error().message);
    for_app.display_scale = (*window)->scale();
    ct::ui::App app(std::move(for_app));
    const int code =
        run(**window, **client, app, arguments, {doorbell ? doorbell->get() : nullptr, bus.get(), &restore, began});
    if (picture) return code;
    if (auto kept = ct::app::write_place(place_file, (*window)->place()); !kept) ct::log::warn(kept.error().message);
    return code;
}

int start(const Arguments& arguments, ct::SteadyMs began) {
    auto profile = ct::client::Profile::locate(arguments.profile, ct::app::program_file());
    if (!profile) return refuse(arguments, profile.error().message);
    ct::app::report_crashes(profile->data_dir.string(), COLORTOUCH_VERSION);
    std::string notice;
    for (;;) {
        std::optional<RestoreRequest> restore;
        const int code = open_window(arguments, *profile, began, restore, notice);
        if (!restore) return code;
        const auto restored = ct::client::restore_backup(*profile, restore->file, restore->passphrase, false,
                                                         ct::system_clock(), ct::system_random());
        notice = restored ? "The backup is restored. Sign in again to sync" : restored.error().message;
        if (restored && !restored->replaced.empty()) notice += ". What was here is in " + restored->replaced;
    }
}

}  // namespace

int main(int argc, char** argv) {
    const ct::SteadyMs began = ct::system_clock().steady();
    Arguments arguments;
    if (const std::optional<int> done = parse(arguments, argc, argv)) return *done;
    return start(arguments, began);
}
