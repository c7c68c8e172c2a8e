// Downloads: given from the disk piece by piece, however large they are.
#include <algorithm>
#include <optional>

#include "server/files.h"
#include "server/upload_answers.h"
#include "server/upload_headers.h"

namespace ct::server {

namespace {

constexpr std::int64_t kPiece = 256 << 10;
// A range up to this gets a Content-Digest, for which it is read once more; clients that ask for ranges ask for less.
constexpr std::int64_t kDigestMax = 8 << 20;

Error content_cut(const Attachment& attachment) {
    return {ErrorKind::disk, "CONTENT_CUT", "a content is too short: " + attachment.sha256, {}};
}

/// The range that the answer is to have; nothing for one that lies outside. Ranges are a matter of GET alone.
std::optional<ByteRange> range_of(const http::Request& request, const Attachment& attachment, std::string_view tag) {
    const std::string_view only_if = http::find_header(request.headers, "If-Range");
    if (request.method == "HEAD" || (!only_if.empty() && only_if != tag)) return parse_range({}, attachment.size);
    return parse_range(http::find_header(request.headers, "Range"), attachment.size);
}

http::Response no_such_range(const Attachment& attachment) {
    auto refused = to_response(refuse(416, "BAD_RANGE", "the file has no such bytes"));
    refused.headers.emplace_back("Content-Range", "bytes */" + std::to_string(attachment.size));
    return refused;
}

http::Response head_of(const Attachment& attachment, const ByteRange& range, const std::string& tag) {
    auto response = upload_answer(range.partial ? 206 : 200);
    response.headers.emplace_back("Content-Type", attachment.type);
    response.headers.emplace_back("Accept-Ranges", "bytes");
    response.headers.emplace_back("ETag", tag);
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    response.headers.emplace_back("Content-Disposition", content_disposition(attachment.name));
    if (range.partial) {
        response.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.from) + "-" +
                                                           std::to_string(range.from + range.length - 1) + "/" +
                                                           std::to_string(attachment.size));
    }
    // Ranges are of the bytes as they are: compressed, they would be ranges of something else.
    response.headers.emplace_back("Content-Encoding", "identity");
    return response;
}

/// Bytes of a content, in order. The file is opened for every piece: one that is taken away is not given to its end,
/// and whoever reads slowly holds no descriptor.
class Content final : public http::BodySource {
  public:
    Content(const Blobs& blobs, WorkspaceKey workspace, const Attachment& attachment, const ByteRange& range)
        : blobs_(blobs),
          workspace_(workspace),
          attachment_(attachment),
          size_(range.length),
          at_(range.from),
          end_(range.from + range.length) {
        if (size_ == attachment_.size) hash_.emplace();
    }

    std::int64_t size() const override { return size_; }
    Result<std::string> next(std::size_t most) override {
        const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(end_ - at_, kPiece));
        auto bytes = blobs_.read(workspace_, attachment_, at_, std::min(wanted, most));
        if (!bytes) return bytes;
        if (bytes->size() != std::min(wanted, most)) return fail(content_cut(attachment_));
        at_ += static_cast<std::int64_t>(bytes->size());
        if (hash_) hash_->add(*bytes);
        // Its last bytes are held back where the others were not what they should be.
        if (hash_ && at_ == end_ && to_hex(bytes_of(hash_->end())) != attachment_.sha256) {
            return fail(ErrorKind::corrupt, "FILE_DAMAGED", "a content is damaged: " + attachment_.sha256);
        }
        return bytes;
    }

  private:
    const Blobs& blobs_;
    const WorkspaceKey workspace_;
    const Attachment attachment_;
    const std::int64_t size_;
    std::int64_t at_;
    const std::int64_t end_;
    std::optional<Sha256Stream> hash_;  // of the whole
};

/// Content-Digest of a part. Errors of the disk.
Result<std::string> digest_of(http::BodySource& part) {
    Sha256Stream hash;
    for (std::int64_t left = part.size(); left > 0;) {
        const auto bytes = part.next(static_cast<std::size_t>(kPiece));
        if (!bytes) return fail(bytes.error());
        hash.add(*bytes);
        left -= static_cast<std::int64_t>(bytes->size());
    }
    return content_digest(hash.end());
}

}  // namespace

Files::Reply Files::download(const Asked& asked) {
    const auto attachment = find(asked);
    if (!attachment) return tl::unexpected(attachment.error());
    if (!attachment->complete()) return no_such_upload();
    const std::string tag = "\"" + attachment->sha256 + "\"";
    if (names_tag(asked.header("If-None-Match"), tag)) {
        auto same = upload_answer(304);
        same.headers.emplace_back("ETag", tag);
        return same;
    }
    const auto range = range_of(asked.request, *attachment, tag);
    if (!range) return no_such_range(*attachment);
    const auto here = blobs_.content_size(asked.workspace(), *attachment);
    if (!here) return refuse(here.error());
    if (*here != attachment->size) return refuse(content_cut(*attachment));
    auto response = head_of(*attachment, *range, tag);
    if (range->length == attachment->size) {  // a content's name is its digest
        if (const auto digest = sha256_from_hex(attachment->sha256)) {
            response.headers.emplace_back("Content-Digest", content_digest(*digest));
        }
    } else if (range->length <= kDigestMax) {
        Content part(blobs_, asked.workspace(), *attachment, *range);
        const auto digest = digest_of(part);
        if (!digest) return refuse(digest.error());
        response.headers.emplace_back("Content-Digest", *digest);
    }
    return http::Answered(std::move(response),
                          std::make_unique<Content>(blobs_, asked.workspace(), *attachment, *range));
}

}  // namespace ct::server
