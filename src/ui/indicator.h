// The sync indicator at the top right and the popover behind it: what is where, and what waits for what.
#pragma once

#include <string>
#include <string_view>

#include "client/event.h"
#include "client/messages.h"
#include "ui/desk.h"
#include "ui/rescue.h"

namespace ct::ui {

/// How one state looks. Shape and words differ as well as colour.
struct IndicatorLook {
    const char* icon;
    const char* mark;   ///< a small second icon at the lower right, or null
    const char* words;  ///< short, beside the icon
    const Tone* tone;
    bool boxed;  ///< filled with its strong colour: local trouble must not be overlooked
};
[[nodiscard]] IndicatorLook look_of(const Palette& palette, client::Indicator indicator);
/// What `synced` looks like while edits are on their way to the disk: nothing is called saved before it is.
[[nodiscard]] IndicatorLook look_while_saving(const Palette& palette);
/// The number in the badge: records that wait; "12/40" while sending; empty: no badge.
[[nodiscard]] std::string badge_of(const client::SyncView& view);

/// Where a browser meets the login page of a network: the server's host by plain HTTP on its usual port. Such a network
/// answers that in the server's place; with HTTPS the browser would show a certificate's error instead.
[[nodiscard]] std::string portal_url(std::string_view server_url);

class IndicatorView {
  public:
    /// Its right edge at `right`, its middle at `middle_y`.
    void draw(Desk& desk, float right, float middle_y);
    /// After events that change what the popover lists.
    void refresh(Desk& desk);
    void open() { open_next_ = true; }

  private:
    ImVec2 draw_button(Desk& desk, float right, float middle_y);
    void draw_icon(Desk& desk, const IndicatorLook& look, ImVec2 center, ImU32 color, ImU32 ground);
    void draw_popover(Desk& desk);
    static void draw_removals(Desk& desk);
    void draw_progress(Desk& desk);
    [[nodiscard]] std::string time_left(Desk& desk, std::int64_t done, std::int64_t total);
    void draw_waiting(Desk& desk);
    static void draw_files(Desk& desk);
    void draw_failed(Desk& desk);
    void draw_failed_one(Desk& desk, const sync::QueuedOperation& operation);
    static bool draw_fix(Desk& desk, client::Fix fix, const crm::Record* record);
    void draw_history(Desk& desk);

    RescueForm rescue_;
    bool open_next_ = false;
    bool shown_ = false;
    static constexpr std::size_t kFailedFirst = 20;
    std::size_t failed_shown_ = kFailedFirst;       // of the failed items; more when asked for
    std::int64_t pace_total_ = -1, pace_done_ = 0;  // of the part under way, when it was first seen
    SteadyMs pace_since_ = 0;
};

}  // namespace ct::ui
