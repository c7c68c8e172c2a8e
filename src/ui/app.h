// The window's inside, independent of how it comes to the screen: `frame` draws between ImGui::NewFrame and
// ImGui::Render. The program gives it GLFW and OpenGL, the tests nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "client/commands.h"
#include "client/config.h"
#include "client/event.h"
#include "client/state.h"
#include "ui/desk.h"
#include "ui/inspector.h"
#include "ui/shell.h"
#include "ui/theme.h"

namespace ct::ui {

struct AppOptions {
    client::Config config;
    std::function<void(client::Command)> post;                       ///< to the worker; never blocks
    std::function<Result<void>(const client::Config&)> save_config;  ///< may be empty
    std::function<void(const std::string&)> open_url;                ///< may be empty
    std::function<Result<std::string>(const std::string&, const std::string&)> save_document;  ///< see Desk
    std::function<Result<void>(const std::string&, const std::string&)> keep;
    std::function<std::string(const std::string&)> kept;
    std::function<void(const std::string&, const std::string&)> notify;
    std::function<void(const std::string&, const std::string&)> restore;
    const Clock* clock = &system_clock();
    Random* random = &system_random();
    const FontData* fonts = nullptr;  ///< must outlive the ImGui context; null: ImGui's own font
    std::string about;
    std::string notice;        ///< to be said first; may be empty
    std::string crash_report;  ///< where that of the last run is; empty: it ended as it should
    float display_scale = 1.0F;
    Look system_look = Look::light;        ///< what Theme::system means
    std::optional<bool> dark_in_this_run;  ///< whatever the configuration says, until the user chooses another theme
};

class App {
  public:
    /// An ImGui context must be current, and stay until this is gone.
    explicit App(AppOptions options);

    /// What the worker reported. Before the frame that is to show it.
    void handle(client::Event event);
    void frame();
    /// When the screen changes by itself: 0 at once, at most a minute. Input and events come on top.
    [[nodiscard]] std::int64_t next_frame_in_ms() const { return desk_.frame_due_in_ms; }
    void set_display_scale(float scale);
    bool set_system_look(Look look);  ///< what the desktop wishes now; true: that is new
    /// The user wants the window to close: whether it may at once. Else a dialog asks, and `closing` says how it ended.
    [[nodiscard]] bool may_close();
    [[nodiscard]] bool closing() const { return shell_.leave().may_close(); }
    /// Where --open and a second start lead to: a page by its name, "first-lead", "lead:ID", "leads:FILTER",
    /// "import:FILE", "duplicates", "new:MODEL". False when it says nothing known.
    [[nodiscard]] bool go_to(std::string_view where);
    /// A file was dropped onto the window: the record that is open takes it, else it is to be imported.
    void drop(std::string file);
    /// The debug sync inspector, on that tab; false when none is called so. Empty: the overview.
    bool open_inspector(std::string_view tab);

    [[nodiscard]] const client::State& state() const { return state_; }
    [[nodiscard]] client::Editor& editor() { return editor_; }
    [[nodiscard]] Desk& desk() { return desk_; }
    [[nodiscard]] Shell& shell() { return shell_; }
    [[nodiscard]] Inspector& inspector() { return inspector_; }

  private:
    void apply_theme();
    void save_config();
    void on_finished(const client::SyncFinished& finished);
    [[nodiscard]] Look look() const;
    void open_first_lead();
    void keep_draft();
    void ask_people();
    void draw_simulated();

    AppOptions options_;
    client::Config config_;
    client::State state_;
    UuidGenerator ids_;
    client::Editor editor_;
    Desk desk_;
    Shell shell_;
    Inspector inspector_;
    std::string draft_found_;       // to be restored when the records are there
    std::string draft_kept_;        // as posted last
    bool simulated_shown_ = false;  // the bar that tells of a simulated link
    SteadyMs people_due_ = 0;       // when who is there may be asked again
    SteadyMs draft_due_ = 0;        // when the next one may be posted
};

}  // namespace ct::ui
