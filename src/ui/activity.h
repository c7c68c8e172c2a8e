// The audit trail as sentences: who did what, when and from where. A line opens its record, and what still holds can be
// taken back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ui/desk.h"
#include "ui/trail.h"

namespace ct::ui {

class Activity {
  public:
    void draw(Desk& desk);
    /// A part of the trail came from the worker.
    void listed(client::ActivityListed listed);

  private:
    void update(Desk& desk);
    void ask(Desk& desk, const store::ActivityQuery& query);
    void draw_head(Desk& desk);
    void draw_nothing(Desk& desk);
    void draw_older(Desk& desk);
    void go_on_with_many(Desk& desk);
    [[nodiscard]] bool shown(const TrailLine& line, const std::string& wanted) const;

    std::vector<TrailLine> lines_;  // newest first
    std::optional<store::AuditPosition> older_;
    std::optional<store::ActivityQuery> asked_;  // not yet answered
    std::size_t whose_ = 0;
    std::optional<crm::Model> model_;
    std::string filter_;
    std::uint64_t seen_ = 0;  // sum of the tables' revisions when the newest part was asked for
    bool known_ = false;
};

/// "You changed Ravi Iyer", "Somebody else added a payment of ₹500.00": without the time.
[[nodiscard]] std::string sentence_of(const Desk& desk, const store::AuditRow& row);
/// "Status: Pending → Follow up", one for each field.
[[nodiscard]] std::vector<std::string> details_of(const Desk& desk, const store::AuditRow& row);
/// Whether something of it still stands as that edit left it, and can be put back.
[[nodiscard]] bool can_take_back(const Desk& desk, const store::AuditRow& row);
[[nodiscard]] bool is_delete(const store::AuditRow& row);
/// The record as it is, or as far as the row tells.
[[nodiscard]] crm::Record record_of(const Desk& desk, const store::AuditRow& row);
/// Whether `next`, the older one, was done in the same go as the line's: of an edit of many.
[[nodiscard]] bool same_go(const TrailLine& line, const store::AuditRow& next);
/// "You changed 2,345 leads", "Somebody else deleted 12 payments".
[[nodiscard]] std::string sentence_of_many(const Desk& desk, const TrailLine& line);
/// What the fields became; of what came or went, some names.
[[nodiscard]] std::vector<std::string> details_of_many(const Desk& desk, const TrailLine& line);
[[nodiscard]] bool can_take_back_many(const Desk& desk, const TrailLine& line);
/// All that still stands, as one step.
void take_back_many(Desk& desk, const std::vector<store::AuditRow>& rows);
/// Puts back what the edit replaced, as a new edit that can be undone; leaves alone what was changed again since.
void take_back(Desk& desk, const store::AuditRow& row);

}  // namespace ct::ui
