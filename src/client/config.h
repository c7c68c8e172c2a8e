// Where a profile lives and what its owner has set. `config.json` beside nothing secret: the token has a file of its
// own.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "client/conflict_rules.h"
#include "client/table_layout.h"
#include "sync/selection.h"

namespace ct::client {

/// Directories of one profile. With `--profile DIR` both are DIR; otherwise the XDG directories; with a file
/// `portable` beside the program, both are `data/` beside it.
struct Profile {
    std::filesystem::path config_dir;
    std::filesystem::path data_dir;

    [[nodiscard]] std::filesystem::path database() const { return data_dir / "colortouch.db"; }
    [[nodiscard]] std::filesystem::path journal() const { return data_dir / "colortouch.queue"; }  ///< see store.h
    [[nodiscard]] std::filesystem::path config_file() const { return config_dir / "config.json"; }
    [[nodiscard]] std::filesystem::path token_file() const { return data_dir / "token"; }
    [[nodiscard]] std::filesystem::path attachments() const { return data_dir / "attachments"; }
    [[nodiscard]] std::filesystem::path recording() const { return data_dir / "recording"; }
    [[nodiscard]] std::filesystem::path scratch() const { return data_dir / "scratch"; }  ///< see rehearsal.h
    [[nodiscard]] std::filesystem::path lock_file() const { return data_dir / "lock"; }
    [[nodiscard]] std::filesystem::path log_file() const { return data_dir / "colortouch.log"; }

    /// `explicit_dir` empty: as described above; a relative one becomes absolute. Creates the directories (mode 0700).
    [[nodiscard]] static Result<Profile> locate(const std::filesystem::path& explicit_dir,
                                                const std::filesystem::path& program);
};

enum class Theme { system, light, dark, contrast };

struct Config {
    std::int64_t sync_interval_s = 300;  ///< 30 to 86,400
    std::string default_country = "IN";  ///< for phone numbers without a country code
    std::string currency = "INR";
    Theme theme = Theme::system;
    float scale = 1.0F;                           ///< 0.5 to 4
    bool reduced_motion = false;                  ///< nothing turns or slides
    bool toast_on_success = true;                 ///< after a sync that the user asked for
    bool notifications = true;                    ///< the desktop says when a reminder is due
    std::string message_template;                 ///< for WhatsApp and e-mail; {name}, {company}, {me}; empty: none
    std::string business_name, business_address;  ///< at the head of receipts
    std::int64_t last_receipt = 0;                ///< the number given last by this device
    std::string ca_file;                          ///< extra CA bundle for the server
    bool live_updates = true;                     ///< others' edits arrive as they are made (long poll)
    bool metered_link = false;               ///< attachments and old records only when asked for, and longer intervals
    std::int64_t attachments_min_kbit = 64;  ///< on a slower link they wait as well; 0: never
    sync::Parts left_out;                    ///< ["Payment", "Lead.notes"]: not pulled to this device
    bool flight_recorder = true;             ///< what the sync engine does is kept for the last days (recorder.h)
    ConflictRules conflicts;                 ///< {"Payment.amount": "ask", "Lead": "server"}
    TableLayouts tables;                     ///< as they were left
    std::vector<SavedView> views;            ///< as they were named

    /// A missing file gives the defaults; an unreadable one is an error that names line or member, and stays as it is.
    [[nodiscard]] static Result<Config> load(const std::filesystem::path& file);
    [[nodiscard]] Result<void> save(const std::filesystem::path& file) const;
};

}  // namespace ct::client
