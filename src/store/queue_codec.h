// Rows of the queue and of unsent attachments as JSON text, whole and for good: what the side journal and the rescue
// copy hold of them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.h"
#include "store/attachment.h"
#include "sync/operation.h"

namespace ct::store {

[[nodiscard]] std::string queued_text(const sync::QueuedOperation& queued);
/// MALFORMED, or what sync::decode_operation says, when it cannot be read as one.
[[nodiscard]] Result<sync::QueuedOperation> queued_from(const nlohmann::json& object);

[[nodiscard]] std::string attachment_text(const Attachment& attachment);
[[nodiscard]] Result<Attachment> attachment_from(const nlohmann::json& object);

}  // namespace ct::store
