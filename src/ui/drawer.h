// The record at the right: its form, what became of it, its files, and for a lead its payments, reminders and notes.
// Knows what is being saved, and keeps typed text whatever happens to the save.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ui/contact.h"
#include "ui/desk.h"
#include "ui/files.h"
#include "ui/form.h"
#include "ui/leads_alike.h"
#include "ui/trail.h"

namespace ct::ui {

class Drawer {
  public:
    enum class Tab : std::uint8_t { details, timeline, payments, reminders, files };

    [[nodiscard]] bool open() const { return form_.has_value(); }
    void show(Desk& desk, const OpenRequest& request);
    /// What was left unsaved: that one, or the last; if it is not there again already. What is typed now is set aside.
    void bring_back(Desk& desk, std::uint64_t which = 0);
    [[nodiscard]] std::string set_aside_name() const { return aside_.empty() ? "" : aside_.back().form.name(); }
    void draw(Desk& desk);
    /// The form, and a note that is typed beside it.
    void save(Desk& desk);
    /// Esc: gives up what is typed (a toast can bring it back) and closes, or goes back to the lead it came from.
    void close(Desk& desk);
    /// Closes because something else is to be seen: what is typed is set aside.
    void leave(Desk& desk);
    [[nodiscard]] bool typing() const;   ///< something is typed in what is open
    [[nodiscard]] bool unsaved() const;  ///< something is typed, there or set aside, and neither saved nor given up
    [[nodiscard]] std::string draft() const;  ///< that, as text to be kept
    /// What `draft` gave before the program ended: into the drawer, or behind toasts where that is in use.
    void restore(Desk& desk, const std::string& draft);
    /// Saved and SaveFailed, to be told after State knows.
    void on_saved(Desk& desk, std::uint64_t ticket);
    void on_save_failed(Desk& desk, std::uint64_t ticket, const Error& error);
    void choose(Tab tab) { tab_ = tab; }  ///< of the record that is open
    [[nodiscard]] Timeline& timeline() { return timeline_; }
    [[nodiscard]] Files& files() { return files_; }
    /// A file was dropped onto the window. False: no record is open to take it.
    bool take_file(Desk& desk, const std::string& file);

  private:
    struct Shown {
        crm::Model model = crm::Model::lead;
        Uuid id;  ///< nil: new
    };
    struct SetAside {
        std::uint64_t number = 0;
        Shown shown;
        Form form;
        Timeline::TypedNote note;
        bool given_up = false;  ///< by Esc or Cancel: to be brought back, but nothing to be warned of
    };
    static constexpr std::size_t kAsideMax = 20;

    void set_aside(Desk& desk, bool given_up = false);
    void keep_aside(Desk& desk, SetAside aside, const char* words);
    void open_again(Desk& desk, SetAside aside);
    void take(Desk& desk, const Shown& shown, Form form, Timeline::TypedNote note = {});
    void shut(Desk& desk);
    void begin_anew(Desk& desk);
    bool save_form(Desk& desk);
    void draw_head(Desk& desk, const crm::Record* record);
    void draw_state(Desk& desk, const crm::Record* record);
    void draw_news(const Theme& theme);
    void draw_alike(Desk& desk);
    void draw_tabs(Desk& desk, const crm::Record& record);
    void draw_body(Desk& desk, const crm::Record* record);
    void draw_foot(Desk& desk, const crm::Record* record);
    void draw_children(Desk& desk, crm::Model model, const Uuid& lead);
    void draw_child(Desk& desk, const crm::Record& child);
    [[nodiscard]] std::vector<const crm::Record*> children(const Desk& desk, crm::Model model, const Uuid& lead) const;

    Contact contact_;
    Timeline timeline_;
    Files files_;
    std::optional<Form> form_;
    Shown shown_;
    Tab tab_ = Tab::details;
    std::vector<Shown> back_;          // where closing leads to
    std::uint64_t saving_ticket_ = 0;  // of the form's last save, not yet answered; 0: none
    SteadyMs saved_at_ = 0;
    std::string problem_;          // why the last save failed
    LeadsAlike alike_;             // to the lead that is being typed
    std::vector<SetAside> aside_;  // what was left unsaved, one for each record, the last one last
    std::uint64_t asides_ = 0;     // ever set aside: they are numbered
    int taken_ = 0;                // how often another record came
};

}  // namespace ct::ui
