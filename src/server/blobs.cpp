#include "server/blobs.h"

#include "base/file.h"

namespace ct::server {

namespace {

/// 0 for a file that is not there.
Result<std::int64_t> size_of(const std::string& path) {
    auto size = file_size(path);
    if (!size && size.error().kind == ErrorKind::not_found) return 0;
    return size;
}

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

std::string Blobs::upload_path(WorkspaceKey workspace, const Attachment& attachment) const {
    return directory_ + "/" + std::to_string(workspace) + "/open/" + attachment.id;
}

std::string Blobs::content_path(WorkspaceKey workspace, const Attachment& attachment) const {
    return directory_ + "/" + std::to_string(workspace) + "/" + attachment.sha256.substr(0, 2) + "/" +
           attachment.sha256;
}

Result<std::int64_t> Blobs::received(WorkspaceKey workspace, const Attachment& attachment) const {
    if (attachment.complete()) return attachment.size;
    return size_of(upload_path(workspace, attachment));
}

Result<PartFile> Blobs::open(WorkspaceKey workspace, const Attachment& attachment) {
    const std::string path = upload_path(workspace, attachment);
    if (auto made = make_directories(directory_of(path)); !made) return fail(made.error());
    return PartFile::open(path);
}

Result<PartFile> Blobs::open_existing(WorkspaceKey workspace, const Attachment& attachment) {
    return PartFile::open_existing(upload_path(workspace, attachment));
}

Result<bool> Blobs::verify(WorkspaceKey workspace, const Attachment& attachment) const {
    const auto content = examine_file(upload_path(workspace, attachment));
    if (!content) return fail(content.error());
    return content->size == attachment.size && to_hex(bytes_of(content->hash)) == attachment.sha256;
}

Result<void> Blobs::keep(WorkspaceKey workspace, const Attachment& attachment) {
    const std::string upload = upload_path(workspace, attachment), content = content_path(workspace, attachment);
    // One of another size was damaged: the verified one takes its place.
    if (auto there = file_size(content); there && *there == attachment.size) return remove_file(upload);
    if (auto made = make_directories(directory_of(content)); !made) return made;
    auto moved = move_file(upload, content);
    if (moved) return {};
    const auto there = file_size(content);  // somebody who reads it may have put it there meanwhile
    return there && *there == attachment.size ? Result<void>() : moved;
}

Result<std::int64_t> Blobs::content_size(WorkspaceKey workspace, const Attachment& attachment) {
    auto size = file_size(content_path(workspace, attachment));
    if (size || size.error().kind != ErrorKind::not_found) return size;
    // Complete, and not in its place yet: the power went in between.
    if (auto kept = keep(workspace, attachment); !kept) return fail(kept.error());
    return file_size(content_path(workspace, attachment));
}

Result<std::string> Blobs::read(WorkspaceKey workspace, const Attachment& attachment, std::int64_t offset,
                                std::size_t length) const {
    return read_part(content_path(workspace, attachment), offset, length);
}

Result<FolderHold> Blobs::hold_contents(WorkspaceKey workspace) {
    const std::string folder = directory_ + "/" + std::to_string(workspace);
    if (auto made = make_directories(folder); !made) return fail(made.error());
    return FolderHold::wait_for(folder);
}

Result<void> Blobs::drop_upload(WorkspaceKey workspace, const Attachment& attachment) {
    return remove_file(upload_path(workspace, attachment));
}

Result<void> Blobs::drop_content(WorkspaceKey workspace, const Attachment& attachment) {
    return remove_file(content_path(workspace, attachment));
}

}  // namespace ct::server
