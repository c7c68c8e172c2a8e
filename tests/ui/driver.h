// Drives the window without a display: finds items by label, clicks, types, and reads the screen's text. The worker is
// a list of posted commands; `answer` plays the part of its events.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "ui/app.h"

namespace ct::test {

class TestClock final : public Clock {
  public:
    [[nodiscard]] UnixMs now() const override { return wall; }
    [[nodiscard]] SteadyMs steady() const override { return wall - kStart; }
    static constexpr UnixMs kStart = 1'790'000'000'000;  // September 2026
    UnixMs wall = kStart;
};

struct Item {
    ImGuiID id = 0;
    ImVec2 min, max;
    std::string label;  ///< without what ImGui hides: "##Name" is "Name", "Save##x" is "Save"
    std::string full;
    std::string window;
    ImGuiID window_id = 0;
    bool disabled = false;
};

class Driver {
  public:
    explicit Driver(client::Config config = {}, ImVec2 size = {1440, 900}, std::optional<bool> dark_in_this_run = {},
                    std::map<std::string, std::string> kept_before = {});
    ~Driver();

    void frames(int count = 1, bool log = false);
    /// The one visible item of that label (as shown, hidden or whole); fails the test when there is none or several.
    /// `window`: part of its window's name, where labels repeat.
    Item find(std::string_view label, std::string_view window = {});
    [[nodiscard]] bool there(std::string_view label, std::string_view window = {});
    void click(std::string_view label, std::string_view window = {}, ImGuiKey modifier = ImGuiKey_None);
    /// The uppermost of several with that label.
    void click_first(std::string_view label);
    void drag(const Item& from, const Item& to);
    /// What can be acted on now: visible, enabled, with a label; from all windows.
    [[nodiscard]] std::vector<Item> controls();
    [[nodiscard]] std::string focused();  ///< the label of what the keyboard is on, whole; "": nothing
    /// Presses Tab until the keyboard is on it, however often that is; fails the test when it never comes there.
    void tab_to(std::string_view label);
    /// Gives it the keyboard, as Tab and the arrows would in the end.
    void focus(std::string_view label, std::string_view window = {});
    /// Of the table on the page.
    void click_header(std::string_view column, ImGuiKey modifier = ImGuiKey_None);
    /// What of that column the window shows, in pixels; 0: it is not there, or scrolled out of sight.
    [[nodiscard]] float column_width(std::string_view column);
    void double_click(std::string_view label, std::string_view window = {});
    /// Clicks into the field, replaces its text.
    void type(std::string_view label, std::string_view text, std::string_view window = {});
    void retype(std::string_view text);  ///< of the field that has the keyboard
    void key(ImGuiKey key, ImGuiKey modifier = ImGuiKey_None);
    [[nodiscard]] const std::string& screen();  ///< the text of a frame, as drawn; scrolled rows too
    [[nodiscard]] bool shows(std::string_view text);

    /// Events as the worker would send them.
    void load(std::vector<crm::Record> records);
    void send(client::Event event);
    void save_all();                               ///< answers every Commit that has none yet
    void refuse_save(const std::string& message);  ///< answers the last one with SaveFailed
    void show_sync(client::SyncView view);

    template <class Command>
    [[nodiscard]] std::vector<Command> posted() const {
        std::vector<Command> found;
        for (const client::Command& command : commands) {
            if (const auto* one = std::get_if<Command>(&command)) found.push_back(*one);
        }
        return found;
    }

    TestClock clock;
    SeededRandom random{7};
    std::vector<client::Command> commands;
    std::vector<client::Config> saved_configs;
    std::vector<std::pair<std::string, std::string>> documents;  ///< name and content, as written for the user
    std::vector<std::string> opened;                             ///< by the desktop: links and files
    std::vector<std::pair<std::string, std::string>> notified;   ///< title and words
    std::map<std::string, std::string> kept;                     ///< small files of the profile, by name
    std::optional<std::pair<std::string, std::string>> restore_asked;
    std::unique_ptr<ui::App> app;

  private:
    void move_to(const Item& item);
    void click_item(const Item& item, ImGuiKey modifier);
    void press_and_release();

    std::string screen_;
    std::uint64_t answered_ = 0;  // the last ticket
};

[[nodiscard]] crm::Record lead(std::uint64_t number, std::string_view name);
[[nodiscard]] Uuid id_of(std::uint64_t number);  ///< no lead's
void put(crm::Record& record, std::string_view field, std::string_view value);
[[nodiscard]] std::string text_of(const crm::Record& record, std::string_view field);

}  // namespace ct::test
