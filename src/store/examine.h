// A look at a database's file beside whoever has it open: over a connection of its own that cannot write. For the
// diagnostics file.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/attachment.h"
#include "store/store.h"

namespace ct::store {

struct Examined {
    std::vector<std::string> schema;                           ///< CREATE statements
    std::vector<std::pair<std::string, std::int64_t>> counts;  ///< rows by table
    std::map<std::string, std::string> state;                  ///< of sync_state, as it stands there
    std::vector<sync::QueuedOperation> queue;                  ///< oldest first
    std::int64_t unreadable = 0;                               ///< rows of the queue that are damaged
    std::vector<SyncHistoryRow> history;                       ///< newest first
    std::vector<Attachment> attachments;                       ///< newest first
};

/// At most `limit` of each list. Errors are those of Store::open. Any thread.
[[nodiscard]] Result<Examined> examine(const std::string& file, std::size_t limit);

/// Every text that people typed into records: of records, shadows, the queue, the audit trail, and the names of
/// attachments; some of them more than once. The view lives until `visit` returns.
[[nodiscard]] Result<void> each_personal_text(const std::string& file,
                                              const std::function<void(std::string_view)>& visit);

/// Whether a field's value is somebody's own: typed texts and amounts, and not what has one of a few values.
[[nodiscard]] bool is_personal(const crm::FieldDef& field);

}  // namespace ct::store
