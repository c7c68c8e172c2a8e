// Lines of the audit trail as they are drawn, and the timeline of one record in its drawer: what became of it and of
// what hangs on it, with a lead's notes between.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
    [[nodiscard]] std::string& note() { return note_; }  ///< a lead's, being typed
    [[nodiscard]] const std::string& note() const { return note_; }
    /// Another record: what was typed and read is of the last one.
    void forget();

  private:
    void update(Desk& desk, const crm::Record& record);
    void draw_note_field(Desk& desk, const Uuid& lead);
    static void draw_note(const Desk& desk, const crm::Record& note);

    std::string note_;              // being typed
    std::size_t kind_ = 0;          // of it, as kNoteKinds has them
    Uuid asked_;                    // for whom; nil: the answer is there
    Uuid of_;                       // whose lines_ are
    std::vector<TrailLine> lines_;  // newest first
    std::uint64_t seen_ = 0;        // sum of the tables' revisions when it was asked for
};

}  // namespace ct::ui
