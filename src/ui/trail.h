// Lines of the audit trail as they are drawn, and the timeline of one record in its drawer: what became of it and of
// what hangs on it, with a lead's notes between.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "ui/desk.h"

namespace ct::ui {

struct TrailLine {
    store::AuditRow row;
    std::string sentence{};  ///< made when it is drawn first
    std::vector<std::string> details{};
    std::vector<store::AuditRow> more{};  ///< that were done with it: an edit of many is one line
    std::vector<TrailLine> each{};        ///< the first of them all, where somebody looks into it
};

/// A click opens the record, and what still holds can be taken back. `narrow`: with an icon for that.
void draw_trail_line(Desk& desk, TrailLine& line, std::size_t index, bool narrow);
/// Its words, once; and anew where more was joined to it.
void put_in_words(const Desk& desk, TrailLine& line);
/// The day above its lines; `first`: nothing is above it.
void draw_trail_day(const Theme& theme, UnixMs day, bool first);

class Timeline {
  public:
    void draw(Desk& desk, const crm::Record& record);
    void listed(client::TrailListed listed);
    struct TypedNote {
        std::string text;
        std::size_t kind = 0;  ///< as kNoteKinds has them
    };
    /// A lead's note that is being typed.
    [[nodiscard]] const TypedNote& typed_note() const { return note_; }
    [[nodiscard]] bool typing() const { return !trim(note_.text).empty(); }
    void type(TypedNote note) { note_ = std::move(note); }
    void add_note(Desk& desk, const Uuid& lead);
    void on_save_failed(std::uint64_t ticket);  ///< a note that could not be saved stands there again
    /// Another record: what was typed and read is of the last one.
    void forget();

  private:
    void update(Desk& desk, const crm::Record& record);
    void draw_note_field(Desk& desk, const Uuid& lead);
    static void draw_note(Desk& desk, const crm::Record& note);

    TypedNote note_;                // being typed
    TypedNote added_;               // last, until that is known to be saved
    std::uint64_t added_as_ = 0;    // its save
    Uuid asked_;                    // for whom; nil: the answer is there
    Uuid of_;                       // whose lines_ are
    std::vector<TrailLine> lines_;  // newest first
    std::uint64_t seen_ = 0;        // sum of the tables' revisions when it was asked for
};

}  // namespace ct::ui
