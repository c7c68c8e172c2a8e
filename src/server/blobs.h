// The bytes of attachments, in a directory beside the database:
//
//   <workspace>/open/<attachment>   what has arrived of an upload
//   <workspace>/ab/abcd…            a content, by its SHA-256; read only, shared by all attachments that have it
//
// Durable when a method returns, but for what open() gives. Any thread; what is done with one upload or one content at
// a time is the caller's matter (Files holds locks, also against other processes). Errors are those of
// base/part_file.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/part_file.h"
#include "base/result.h"
#include "server/storage/attachment.h"

namespace ct::server {

class Blobs {
  public:
    explicit Blobs(std::string directory) : directory_(std::move(directory)) {}

    /// How many bytes of it are here, whether the upload is under way or complete.
    [[nodiscard]] Result<std::int64_t> received(WorkspaceKey workspace, const Attachment& attachment) const;
    /// An upload under way, to be written on; what is written is durable when it was flushed.
    [[nodiscard]] Result<PartFile> open(WorkspaceKey workspace, const Attachment& attachment);
    /// The same, where something of it is here; else FILE_NOT_FOUND.
    [[nodiscard]] Result<PartFile> open_existing(WorkspaceKey workspace, const Attachment& attachment);
    /// Whether what has arrived is the content that was announced.
    [[nodiscard]] Result<bool> verify(WorkspaceKey workspace, const Attachment& attachment) const;
    /// Puts a verified upload where contents are, unless that content is there already.
    [[nodiscard]] Result<void> keep(WorkspaceKey workspace, const Attachment& attachment);
    /// Of a complete attachment, as it lies here: another size than its own says that it is damaged.
    [[nodiscard]] Result<std::int64_t> content_size(WorkspaceKey workspace, const Attachment& attachment);
    /// Bytes of one whose content_size() is right; fewer than `length` where the content ends before.
    [[nodiscard]] Result<std::string> read(WorkspaceKey workspace, const Attachment& attachment, std::int64_t offset,
                                           std::size_t length) const;
    /// Contents of the workspace do not come or go meanwhile, where whoever does that holds them too.
    [[nodiscard]] Result<FolderHold> hold_contents(WorkspaceKey workspace);
    [[nodiscard]] Result<void> drop_upload(WorkspaceKey workspace, const Attachment& attachment);
    [[nodiscard]] Result<void> drop_content(WorkspaceKey workspace, const Attachment& attachment);

  private:
    [[nodiscard]] std::string upload_path(WorkspaceKey workspace, const Attachment& attachment) const;
    [[nodiscard]] std::string content_path(WorkspaceKey workspace, const Attachment& attachment) const;

    const std::string directory_;
};

}  // namespace ct::server
