// Files attached to records, as a database keeps what is known of them; the bytes are elsewhere (server/blobs.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "server/storage/account.h"

namespace ct::server {

/// One file on one record. Until it is complete only its uploader knows of it.
struct Attachment {
    std::string id;                ///< UUID, made by the client
    std::string model, record_id;  ///< what it hangs on: "Lead"
    std::string name, type;        ///< file name, media type
    std::string metadata;          ///< Upload-Metadata (tus) as the client gave it; empty: of before it was kept
    std::int64_t size = 0;         ///< bytes
    std::string sha256;            ///< of its content, 64 hex digits
    std::string user_id, device_id;
    UnixMs created_at = 0;
    UnixMs completed_at = 0;  ///< 0: the upload is under way

    [[nodiscard]] bool complete() const { return completed_at != 0; }
};

/// Every method is one transaction of its own, and may fail as those of Storage do.
class Attachments {
  public:
    virtual ~Attachments() = default;

    /// Whether the record is there and this user sees it; `owner` empty: somebody who sees the whole workspace.
    [[nodiscard]] virtual Result<bool> sees_record(WorkspaceKey workspace, std::string_view model,
                                                   std::string_view record, std::string_view owner) = 0;

    enum class Added : std::uint8_t { added, exists, too_many };
    /// too_many: the device has `open_max` uploads under way. exists: the id is taken, nothing was changed.
    [[nodiscard]] virtual Result<Added> add_attachment(WorkspaceKey workspace, const Attachment& attachment,
                                                       std::int64_t open_max) = 0;
    [[nodiscard]] virtual Result<std::optional<Attachment>> attachment(WorkspaceKey workspace, std::string_view id) = 0;
    /// The complete ones of a record, newest first.
    [[nodiscard]] virtual Result<std::vector<Attachment>> attachments_of(WorkspaceKey workspace, std::string_view model,
                                                                         std::string_view record) = 0;
    [[nodiscard]] virtual Result<void> complete_attachment(WorkspaceKey workspace, std::string_view id, UnixMs now) = 0;
    /// How many complete attachments of the workspace still have that content afterwards.
    [[nodiscard]] virtual Result<std::int64_t> remove_attachment(WorkspaceKey workspace,
                                                                 const Attachment& attachment) = 0;
};

}  // namespace ct::server
