// Ctrl+K: everything that can be done, and every lead, found by a few letters. `?` shows the sheet of all keys.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ui/desk.h"
#include "ui/lead_search.h"

namespace ct::ui {

/// A key and what it does, for the sheet and beside the palette's commands.
struct KeyHelp {
    const char* keys;
    const char* words;
};
[[nodiscard]] std::span<const KeyHelp> all_keys();

class CommandPalette {
  public:
    void open() { open_next_ = true; }
    void draw(Desk& desk);

  private:
    struct Entry {
        std::string words;
        const char* icon = nullptr;
        const char* keys = "";
        std::function<void(Desk&)> act;
    };
    struct Found {
        std::size_t command = kNone;  ///< index of commands_; or else the record
        crm::Model model = crm::Model::lead;
        Uuid record{};
        static constexpr std::size_t kNone = ~std::size_t{0};
    };
    void begin(Desk& desk);
    void begin_with_payment(const Desk& desk);
    void begin_with_toasts(const Desk& desk);
    void look_for_commands();
    void look_for_records(Desk& desk);
    bool draw_found(Desk& desk, const Found& found, bool chosen);
    void carry_out(Desk& desk, const Found& found);

    bool open_next_ = false;
    std::string typed_;
    std::optional<std::string> looked_for_;  // what found_ was made for
    LeadSearch leads_;                       // of that
    std::vector<Entry> commands_;
    std::vector<Found> found_;
    std::size_t chosen_ = 0;
    std::size_t next_model_ = 0, next_row_ = 0;  // where the search goes on in the next frame
};

}  // namespace ct::ui
