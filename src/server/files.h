// /api/files: uploads by tus 1.0 (https://tus.io/protocols/resumable-upload: core, creation, termination, checksum),
// downloads by ranges, and a record's list.
//
//   OPTIONS /api/files                          what this server can do
//   POST    /api/files                          begins an upload. Upload-Length; Upload-Metadata with filename, model,
//                                               recordId, sha256 (64 hex digits) and, if wanted, filetype and id (a
//                                               UUID: asking twice for the same is answered as the first time)
//   HEAD, PATCH, DELETE /api/files/{id}         as tus says; DELETE also takes away what is complete
//   GET     /api/files/{id}                     the bytes, all or a Range, however large; a HEAD without Tus-Resumable
//                                               is answered like it
//   GET     /api/files?model=Lead&recordId=ID   {"attachments": [...]}, newest first
//
// The body of a PATCH goes into the upload as it comes, so that a link that breaks leaves what arrived. HEAD, DELETE
// and the next PATCH at the right offset end an older request's part in it, as does a POST that finds the upload whole:
// that connection may be dead and nobody have noticed.
//
// Who sees the record sees its attachments; for all others they do not exist. An upload that is under way is its
// uploader's alone, and nobody sees it before it proved to be the content that was announced. The same content twice
// in a workspace is kept once, but whoever attaches it must have it: nothing is told by what an upload may leave out.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/http_handler.h"
#include "base/http_message.h"
#include "base/random.h"
#include "base/uuid.h"
#include "server/answer.h"
#include "server/blobs.h"
#include "server/storage/storage.h"

namespace ct::server {

struct FileOptions {
    std::string directory;              ///< where the bytes live; empty: this server keeps no attachments
    std::int64_t size_max = 100 << 20;  ///< bytes of one file
    std::int64_t open_max = 16;         ///< uploads under way per device
    std::size_t metadata_max = 4'096;   ///< bytes of the Upload-Metadata header
};

class Files {
  public:
    /// Who asks, by the request's own means. Any thread.
    using Who = std::function<tl::expected<Session, Refusal>(const http::Request&)>;
    Files(Storage& storage, const Clock& clock, Random& random, Who who, FileOptions options)
        : rows_(storage.attachments()),
          clock_(clock),
          random_(random),
          who_(std::move(who)),
          options_(std::move(options)),
          blobs_(options_.directory) {}

    /// Whether the address is one of these.
    [[nodiscard]] static bool owns(std::string_view path);
    /// Whether it is a request whose body is taken as it comes.
    [[nodiscard]] static bool streams(const http::Request& head);
    /// Any thread. Tus-Resumable is put on by the listener (Service::headers_at), which also refuses. But for OPTIONS,
    /// who has no valid sign-in is refused, also when it ends while a body comes.
    [[nodiscard]] http::Answered handle(const http::Request& request);

  private:
    class Upload;
    using Reply = tl::expected<http::Answered, Refusal>;
    /// What one request is about.
    struct Asked {
        const http::Request& request;
        const Session& session;
        std::string id;  ///< of the address, in lower case; empty: /api/files itself
        [[nodiscard]] WorkspaceKey workspace() const { return session.user.workspace.key; }
        [[nodiscard]] std::string_view header(std::string_view name) const {
            return http::find_header(request.headers, name);
        }
    };

    [[nodiscard]] http::Response refused(const Refusal& refusal) const;
    [[nodiscard]] http::Response options() const;
    [[nodiscard]] Reply route(const Asked& asked, std::string_view method);
    [[nodiscard]] Reply create(const Asked& asked);
    [[nodiscard]] Reply tell(const Asked& asked);
    [[nodiscard]] Reply append(const Asked& asked);
    [[nodiscard]] Reply remove(const Asked& asked);
    [[nodiscard]] Reply list(const Asked& asked);
    [[nodiscard]] Reply download(const Asked& asked);

    [[nodiscard]] tl::expected<Attachment, Refusal> announced(const Asked& asked);
    [[nodiscard]] tl::expected<void, Refusal> add(const Asked& asked, Attachment& attachment);
    /// How many bytes of it are here, and safely so. What has all of them and was not finished, because the server
    /// ended or the request was cut, is finished now. `attachment` is read again: it may have become complete.
    [[nodiscard]] tl::expected<std::int64_t, Refusal> received(const Asked& asked, Attachment& attachment);
    /// The attachment of the address, if this user may know of it.
    [[nodiscard]] tl::expected<Attachment, Refusal> find(const Asked& asked);
    [[nodiscard]] tl::expected<void, Refusal> check_record(const Asked& asked, const Attachment& attachment);
    /// All bytes are here: verifies them and shows the attachment to the others. Under the upload's lock and with its
    /// file held; ends the turn of whoever writes to it.
    [[nodiscard]] tl::expected<void, Refusal> finish(const Asked& asked, Attachment& attachment);
    [[nodiscard]] std::mutex& lock_of(std::string_view what);

    /// Who writes to an upload, by attachment. A turn is begun and used under the upload's lock.
    class Turns {
      public:
        [[nodiscard]] std::uint64_t begin(const std::string& upload);  ///< ends that of anybody else
        [[nodiscard]] bool has(const std::string& upload, std::uint64_t turn) const;
        void end(const std::string& upload, std::uint64_t turn);
        void end_all(const std::string& upload);
        [[nodiscard]] bool taken(const std::string& upload) const;

      private:
        mutable std::mutex mutex_;
        std::map<std::string, std::uint64_t> writers_;  // guarded by mutex_
        std::uint64_t last_ = 0;                        // guarded by mutex_
    };

    Attachments& rows_;
    const Clock& clock_;
    Random& random_;
    const Who who_;
    const FileOptions options_;
    Blobs blobs_;
    Turns turns_;
    std::array<std::mutex, 64> locks_;  // one request at a time changes an upload
    // One at a time says whether a content is still needed, and holds contents for that; after one of locks_.
    std::mutex content_mutex_;
};

}  // namespace ct::server
