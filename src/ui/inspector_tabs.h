// The inspector's tabs, one file each (inspector_<tab>.cpp). They draw into the child window that is under way.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ui/file_chooser.h"
#include "ui/inspector_data.h"
#include "ui/inspector_json.h"

namespace ct::ui {

/// What a tab asks of the inspector after it was drawn.
struct InspectorRequest {
    bool close = false;                                   ///< so that what it opened can be seen
    std::optional<std::pair<crm::Model, Uuid>> record{};  ///< to be shown in the tab of records
};

class InspectorOverview {
  public:
    void draw(Desk& desk, InspectorData& data);
};

class InspectorQueue {
  public:
    void draw(Desk& desk, InspectorData& data);
    [[nodiscard]] InspectorRequest take_request() { return std::exchange(request_, {}); }

  private:
    void draw_list(Desk& desk, const InspectorData& data, ImVec2 size);
    void draw_detail(Desk& desk, InspectorData& data, const store::QueueItem& item);
    void draw_parked(Desk& desk, const InspectorData& data, const store::QueueItem& item);
    void draw_fields(Desk& desk, const InspectorData& data, const sync::QueuedOperation& queued);
    void draw_joined(Desk& desk, const InspectorData& data, const sync::QueuedOperation& queued);
    void draw_buttons(Desk& desk, const store::QueueItem& item);
    void send_mended(Desk& desk, const sync::QueuedOperation& queued);

    Uuid chosen_;
    Uuid asked_;                                               // record whose history was asked for
    std::vector<std::pair<crm::FieldId, std::string>> typed_;  // while mending
    bool mending_ = false;
    std::string mend_error_;
    InspectorRequest request_;
};

class InspectorRequests {
  public:
    void draw(Desk& desk, InspectorData& data);

  private:
    void draw_list(Desk& desk, const InspectorData& data, ImVec2 size);
    void draw_detail(Desk& desk, InspectorData& data, const std::shared_ptr<const client::RequestSeen>& seen);
    void draw_times(const Theme& theme, const client::RequestSeen& seen);
    void draw_message(Desk& desk, const InspectorData& data, const client::RequestSeen& seen, bool answer);

    std::uint64_t chosen_ = 0;  // number; 0: the newest
    std::size_t part_ = 0;      // timing, request, answer, on a copy
    std::size_t which_ = 0;     // all, failed
    JsonView json_;
};

/// What a pull's answer would change, tried on a copy of the database.
void draw_trial(Desk& desk, InspectorData& data, const std::shared_ptr<const client::RequestSeen>& seen);

class InspectorThreads {
  public:
    void draw(Desk& desk, InspectorData& data);
};

class InspectorRecords {
  public:
    void draw(Desk& desk, InspectorData& data);
    void show(Desk& desk, crm::Model model, const Uuid& id);

  private:
    void draw_search(Desk& desk, const InspectorData& data);
    void draw_fields(Desk& desk, const InspectorData& data, ImVec2 size);
    void draw_history(Desk& desk, const InspectorData& data, ImVec2 size);
    void draw_memory_check(Desk& desk, MirrorCheck& check);
    void draw_check(Desk& desk, InspectorData& data);
    [[nodiscard]] bool is_of(const InspectorData& data) const;

    crm::Model model_ = crm::Model::lead;
    Uuid id_;
    std::string typed_;
    std::optional<std::string> looked_for_;
    std::vector<std::pair<crm::Model, Uuid>> found_;
};

class InspectorDecisions {
  public:
    void draw(Desk& desk, InspectorData& data);
    [[nodiscard]] InspectorRequest take_request() { return std::exchange(request_, {}); }

  private:
    void draw_conflicts(Desk& desk, const InspectorData& data);
    void draw_decided(Desk& desk, const InspectorData& data);

    std::size_t part_ = 0;
    bool asked_ = false;
    InspectorRequest request_;
};

class InspectorLog {
  public:
    void draw(Desk& desk, InspectorData& data);

  private:
    std::string filter_;
    std::size_t level_ = 0;
    bool follow_ = true;
};

class InspectorSql {
  public:
    void draw(Desk& desk, InspectorData& data);

  private:
    void run(Desk& desk);
    void draw_buttons(Desk& desk, bool entered);
    void draw_outcome(Desk& desk, const InspectorData& data);
    void draw_result(Desk& desk, InspectorData& data);

    std::string sql_ =
        "SELECT state, count(*) AS edits, sum(bytes) AS bytes, min(createdAt) AS oldest\n"
        "FROM sync_queue GROUP BY state";
    std::shared_ptr<const client::inspect::QueryDone> before_;  // the answer that was there when it was asked
    bool running_ = false;
};

class InspectorLink {
  public:
    void draw(Desk& desk, InspectorData& data);

  private:
    void draw_weather(Desk& desk);
    void draw_export(Desk& desk);
    void draw_recorder(Desk& desk, const InspectorData& data);
    void simulate(Desk& desk, const std::string& text);

    std::string weather_, error_, file_;
    FileChooser chooser_;
};

}  // namespace ct::ui
