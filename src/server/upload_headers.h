// The headers of uploads and downloads, as values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace ct::server {

inline constexpr std::string_view kOffsetStream = "application/offset+octet-stream";

/// Digits alone, at most 15 of them.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);

/// "filename d29ybGQ=,empty": values decoded. Nothing for anything else, for a key that is not visible ASCII (as tus
/// says), and for one that comes twice.
[[nodiscard]] std::optional<std::map<std::string, std::string>> parse_upload_metadata(std::string_view header);

/// 64 hex digits, in lower case.
[[nodiscard]] std::optional<std::string> parse_sha256(std::string_view text);

/// Upload-Checksum (tus), "sha256 <base64>" or "sha1 <base64>", against bytes as they come. One thread.
class UploadChecksum {
  public:
    /// Nothing: another algorithm, or no such header at all. Without a header everything matches.
    [[nodiscard]] static std::unique_ptr<UploadChecksum> parse(std::string_view header);
    void add(std::string_view bytes);
    [[nodiscard]] bool matches();  ///< once

  private:
    std::string told_;
    std::optional<Sha256Stream> sha256_;
    std::optional<Sha1Stream> sha1_;
};

/// Whether an If-None-Match header (RFC 9110) names this entity tag, which is given with its quotes.
[[nodiscard]] bool names_tag(std::string_view header, std::string_view tag);

struct ByteRange {
    std::int64_t from = 0, length = 0;
    bool partial = false;  ///< false: the whole, and not by range
};
/// Of a file of that size. Headers that are no single range of bytes ask for the whole, as RFC 9110 has it; nothing
/// for a range that lies outside.
[[nodiscard]] std::optional<ByteRange> parse_range(std::string_view header, std::int64_t size);

/// "type/subtype" without parameters; "application/octet-stream" for anything else.
[[nodiscard]] std::string clean_media_type(std::string_view text);

/// `attachment; filename="…"; filename*=UTF-8''…` (RFC 6266).
[[nodiscard]] std::string content_disposition(std::string_view name);

}  // namespace ct::server
