// What every window is given: the state to read, the editor and the post box to act through, and the few things that
// windows ask of each other (open this record, say that). Owned by App; lives on the UI thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/commands.h"
#include "client/config.h"
#include "client/event.h"
#include "client/state.h"
#include "ui/outbox.h"
#include "ui/theme.h"
#include "ui/toasts.h"

namespace ct::ui {

/// In the order of the navigation, which is that of Ctrl+1, Ctrl+2 …
enum class Page : std::uint8_t { today, leads, pipeline, payments, reminders, conflicts, activity, settings };
inline constexpr int kPageCount = 8;

/// A record to be shown in the drawer; a nil id is a new one that begins with `preset`.
struct OpenRequest {
    crm::Model model = crm::Model::lead;
    Uuid id;
    crm::Changes preset;
    bool followed = false;  ///< by a link of the record that is shown: closing leads back to that
};

/// What the sign-in form waits for or was told.
struct SignInState {
    bool busy = false;
    std::string error;
    bool unsent = false;  ///< another user's work waits here: rescue it, or say that it may go
    std::string code{};   ///< of the error
};

/// The rescue copy's form: asked for, at work, what went wrong, that it is done.
struct RescueState {
    bool wanted = false, busy = false;
    std::string error;
    bool done = false;
};

/// The export of diagnostics: at work, what went wrong, what came of it.
struct DiagnosticsState {
    bool busy = false;
    std::string error, done;
};

struct Desk {
    const client::State& state;
    client::Editor& editor;
    std::function<void(client::Command)> post;
    std::function<Uuid()> new_id;                      ///< for records that an edit of several makes
    std::function<void(const std::string&)> open_url;  ///< tel:, mailto:, https:
    const Clock& clock;
    client::Config& config;
    std::string about;  ///< version and where the profile is, for the settings

    /// Writes a file for the user (a receipt, a calendar) and says where it is; empty: there is nowhere to write to.
    std::function<Result<std::string>(const std::string& name, const std::string& content)> save_document{};
    /// Small things of this laptop that are no records, each in a file of its own in the profile.
    std::function<Result<void>(const std::string& name, const std::string& content)> keep{};
    std::function<std::string(const std::string& name)> kept{};                        ///< "": there is none
    std::function<void(const std::string& title, const std::string& words)> notify{};  ///< by the desktop

    Theme theme{};
    Toasts toasts{};
    Outbox outbox{};
    Page page = Page::today;
    std::optional<OpenRequest> open_request{};            ///< carried out at the end of the frame
    std::optional<std::string> import_wanted{};           ///< a CSV file; empty: which one is asked for
    bool duplicates_wanted = false;                       ///< the list of leads that may be one
    std::optional<std::pair<Uuid, Uuid>> merge_wanted{};  ///< two leads to be laid side by side
    bool config_changed = false;                          ///< to be written by whoever owns the file
    bool focus_search = false;
    bool unsaved_form = false;  ///< something typed into the drawer's form is not saved
    std::string set_aside{};    ///< whose typing waits to be brought back; empty: nobody's
    bool bring_back_wanted = false;
    bool sign_out_wanted = false;  ///< to be asked about, when something is unsent
    bool unknown_person = false;   ///< an id was drawn that nobody has: ask who there is, unless that was just done
    bool keys_elsewhere = false;   ///< a popup or the drawer has the keyboard: arrows and Del are not the table's

    std::vector<sync::QueuedOperation> queue{};    ///< as last listed
    std::vector<store::SyncHistoryRow> history{};  ///< as last listed
    std::vector<store::Conflict> conflicts{};      ///< as last listed
    std::vector<store::AuditRow> decisions{};      ///< as last listed
    std::optional<sync::VerifyCounts> verified{};  ///< of the last comparison with the server
    DiagnosticsState diagnostics{};
    bool inspector_wanted = false;  ///< opened or closed at the end of the frame
    SignInState sign_in{};
    RescueState rescue{};
    client::StorageListed storage{};         ///< as last listed
    client::inspect::FolderListed folder{};  ///< as last listed: for whoever asked for that one
    bool backing_up = false;
    /// Restores a backup: the program starts anew on it. Empty: it cannot here.
    std::function<void(const std::string& file, const std::string& passphrase)> restore{};
    crm::Model shown_model = crm::Model::lead;  ///< what the drawer shows; nil id: nothing or a new record
    Uuid shown_id{};
    std::uint64_t last_ticket = 0;                      ///< of the last Commit that the editor posted
    std::vector<std::function<void()>> at_frame_end{};  ///< edits: they move records, which the frame still points to
    std::int64_t frame_due_in_ms = 60'000;              ///< when the screen changes by itself

    [[nodiscard]] UnixMs now() const { return clock.now(); }
    void open(crm::Model model, const Uuid& id) { open_request = OpenRequest{model, id, {}}; }
    /// From the record that the drawer shows to another.
    void follow(crm::Model model, const Uuid& id) { open_request = OpenRequest{model, id, {}, true}; }
    void create(crm::Model model, crm::Changes preset = {}) {
        open_request = OpenRequest{model, Uuid{}, std::move(preset), false};
    }
    void later(std::function<void()> act) { at_frame_end.push_back(std::move(act)); }
    void redraw_within(std::int64_t ms) { frame_due_in_ms = std::min(frame_due_in_ms, std::max<std::int64_t>(ms, 0)); }
    /// Says why an edit was refused; nothing when it was not.
    template <class T>
    bool accepted(const Result<T>& result) {
        if (!result) toasts.add(ToastKind::problem, result.error().message);
        return result.has_value();
    }
};

}  // namespace ct::ui
