// A field for a file's place, with a button beside it that opens a window to look for it: folders and files as a list,
// by mouse or keyboard. What a folder holds comes from the worker; a slow disk holds no frame up.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ui/desk.h"

namespace ct::ui {

class FileChooser {
  public:
    /// What one field is for. Lives as long as the field is drawn.
    struct Wanted {
        const char* label;                            ///< of the field: "##File to import"
        const char* hint;                             ///< in the field while it is empty
        bool save = false;                            ///< a place for a new file; else one that is there
        std::span<const std::string_view> endings{};  ///< of what is listed at first, as ".csv"; none: all
    };
    /// True: Enter was pressed in the field, or a file that is there was chosen.
    bool field(Desk& desk, const Wanted& wanted, std::string& file, float width, bool invalid = false);

  private:
    void begin(Desk& desk, const Wanted& wanted, const std::string& file);
    void go_to(Desk& desk, std::string folder);
    /// The window, while it is open: the file that was chosen, or empty.
    std::string draw(Desk& desk, const Wanted& wanted);
    std::string draw_inside(Desk& desk, const Wanted& wanted);
    void draw_head(Desk& desk, const Wanted& wanted);
    /// A path that is being typed is followed, folder by folder.
    void follow(Desk& desk);
    [[nodiscard]] bool listed(const FolderEntry& entry, const Wanted& wanted) const;
    void draw_save(Desk& desk, const Wanted& wanted, std::string& chosen);
    /// The name that was typed is one of a file in the folder that is shown.
    [[nodiscard]] bool taken(const Desk& desk) const;
    /// What was chosen of the list; empty: nothing.
    std::string draw_list(Desk& desk, const Wanted& wanted);
    bool draw_entry(const Theme& theme, const FolderEntry& entry);
    /// Enter in the field: a file, or empty where it went into a folder or there is nothing of that name.
    std::string entered(Desk& desk, const Wanted& wanted);
    /// Goes into a folder; says the file that was chosen, or empty.
    std::string take(Desk& desk, const FolderEntry& entry, const Wanted& wanted);

    std::string folder_;    // shown, absolute
    std::string typed_;     // words to find, a path, or the new file's name
    bool all_ = false;      // files of other kinds too
    bool type_on_ = false;  // the keyboard goes back to the field
};

/// The user's own folder; "/" where nothing tells it.
[[nodiscard]] std::string home_folder();

}  // namespace ct::ui
