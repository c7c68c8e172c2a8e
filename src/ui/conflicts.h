// The conflicts desk: where two people changed the same thing and the policy asks. Per record: as it was, mine, theirs,
// field by field; a choice for each, a value of one's own, or one side for all; once for all like it. Beside it what
// the policies decided without asking, which can be turned round.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "ui/desk.h"

namespace ct::ui {

class Conflicts {
  public:
    void draw(Desk& desk);
    /// Asks for the lists when what is known of the queue has changed. To be called in every frame.
    void update(Desk& desk);
    /// Edits that wait for a decision, for the badge beside the page's name.
    [[nodiscard]] static std::size_t count(const Desk& desk);

  private:
    /// What was picked for a field: a side, or text typed instead.
    struct Choice {
        std::optional<store::Side> side;
        std::string typed;
        bool typing = false;
        std::string error;
    };
    using Choices = std::map<crm::FieldId, Choice>;
    struct Preview {
        store::Resolution resolution;
        std::string words;     ///< what the record will say
        bool complete = true;  ///< everything in conflict has a choice
    };

    void draw_waiting(Desk& desk);
    void draw_conflict(Desk& desk, const store::Conflict& conflict);
    void draw_fields(Desk& desk, const store::Conflict& conflict, Choices& choices);
    void draw_field(Desk& desk, const store::Conflict& conflict, const store::ConflictField& field, Choice& choice);
    void draw_other(Desk& desk, const store::Conflict& conflict, const store::ConflictField& field, Choice& choice);
    void draw_buttons(Desk& desk, const store::Conflict& conflict, Choices& choices);
    void draw_decided(Desk& desk, std::span<const store::AuditRow* const> standing);
    void draw_decision(Desk& desk, const store::AuditRow& row, std::size_t index);
    [[nodiscard]] Preview preview(const Desk& desk, const store::Conflict& conflict, Choices& choices) const;
    void resolve(Desk& desk, const store::Conflict& conflict, store::Resolution resolution);
    void resolve_all_like(Desk& desk, const store::Conflict& conflict, const store::Resolution& resolution);

    std::map<Uuid, Choices> choices_;  // by operation
    std::string sought_;               // among people, for a third value
    std::set<Uuid> for_all_;           // operations: the same for all like this
    std::size_t tab_ = 0;
    std::int64_t seen_operations_ = -1, seen_conflicts_ = -1;  // of the queue, when the lists were asked for last
    UnixMs seen_sync_at_ = -1;
    bool shown_ = false;
};

/// Whether two edits ask the same question: the same model, and the same fields in conflict.
[[nodiscard]] bool alike(const store::Conflict& a, const store::Conflict& b);

}  // namespace ct::ui
