// The debug sync inspector (F12): a window over everything, for whoever wants to know why something does not sync. It
// reads what the worker posts (InspectorData) and never holds it up.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "ui/inspector_data.h"
#include "ui/inspector_tabs.h"

namespace ct::ui {

class Inspector {
  public:
    enum class Tab : std::uint8_t { overview, queue, requests, threads, records, decisions, log, sql, link };
    static constexpr std::size_t kTabs = 9;

    void toggle(Desk& desk) { open_ ? close(desk) : open(desk); }
    void open(Desk& desk);
    void close(Desk& desk);
    /// By its name in lower case; false when nothing is called so.
    bool show(std::string_view tab);
    [[nodiscard]] bool is_open() const { return open_; }
    void take(client::inspect::Answer&& answer) { data_.take(std::move(answer)); }
    void handle_keys(Desk& desk);
    void draw(Desk& desk);
    void drew(float ms) { data_.drew(ms); }

  private:
    void draw_bar(Desk& desk);
    void draw_state(Desk& desk, float right, float middle_y);
    void draw_tabs(Desk& desk);
    void draw_tab(Desk& desk);
    void go_on(Desk& desk);

    bool open_ = false;
    bool popup_was_open_ = false;  // at the end of the last frame: Esc was for it
    Tab tab_ = Tab::overview;
    InspectorData data_;
    InspectorOverview overview_;
    InspectorQueue queue_;
    InspectorRequests requests_;
    InspectorThreads threads_;
    InspectorRecords records_;
    InspectorDecisions decisions_;
    InspectorLog log_;
    InspectorSql sql_;
    InspectorLink link_;
};

}  // namespace ct::ui
