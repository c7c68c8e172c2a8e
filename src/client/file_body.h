// Bytes of a file as the body of a request, read as they go out: what is sent is never whole in memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "base/http_handler.h"
#include "base/part_file.h"

namespace ct::client {

struct FilePart {
    std::string path;
    std::int64_t offset = 0, length = 0;
};

class FileBody final : public http::BodySource {
  public:
    explicit FileBody(FilePart part) : part_(std::move(part)), size_(part_.length) {}

    [[nodiscard]] std::int64_t size() const override { return size_; }
    /// FILE_NOT_FOUND, CANNOT_READ; FILE_DAMAGED where the file ends before.
    [[nodiscard]] Result<std::string> next(std::size_t most) override {
        const auto wanted = std::min(most, static_cast<std::size_t>(part_.length));
        auto bytes = read_part(part_.path, part_.offset, wanted);
        if (bytes && bytes->empty()) return fail(ErrorKind::corrupt, "FILE_DAMAGED", part_.path + " is too short");
        if (!bytes) return bytes;
        part_.offset += static_cast<std::int64_t>(bytes->size());
        part_.length -= static_cast<std::int64_t>(bytes->size());
        return bytes;
    }

  private:
    FilePart part_;  // what is still to come
    const std::int64_t size_;
};

}  // namespace ct::client
