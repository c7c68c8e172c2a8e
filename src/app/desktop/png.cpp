#include "app/desktop/png.h"

#include <zlib.h>

#include "base/file.h"

namespace ct::app {

namespace {

void append_number(std::string& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 255));
}

void append_chunk(std::string& out, const char* type, const std::string& data) {
    append_number(out, static_cast<std::uint32_t>(data.size()));
    const std::string typed = type + data;
    out += typed;
    append_number(out, static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(typed.data()), static_cast<uInt>(typed.size()))));
}

}  // namespace

Result<void> write_png(const std::string& file, const Picture& picture) {
    const std::size_t row = static_cast<std::size_t>(picture.width) * 3;
    std::string raw;
    raw.reserve((row + 1) * static_cast<std::size_t>(picture.height));
    for (std::size_t y = 0; y < static_cast<std::size_t>(picture.height); ++y) {
        raw.push_back(0);  // no filter: text on plain ground compresses well as it is
        raw.append(reinterpret_cast<const char*>(picture.rgb.data()) + y * row, row);
    }
    uLongf size = compressBound(static_cast<uLong>(raw.size()));
    std::string packed(size, '\0');
    if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(raw.data()),
                  static_cast<uLong>(raw.size()), 9) != Z_OK) {
        return fail(ErrorKind::internal, "CANNOT_WRITE", file + ": the picture could not be compressed");
    }
    packed.resize(size);

    std::string png = "\x89PNG\r\n\x1a\n";
    std::string header;
    append_number(header, static_cast<std::uint32_t>(picture.width));
    append_number(header, static_cast<std::uint32_t>(picture.height));
    header += std::string("\x08\x02\x00\x00\x00", 5);  // 8 bits, RGB, deflate, no filter, not interlaced
    append_chunk(png, "IHDR", header);
    append_chunk(png, "IDAT", packed);
    append_chunk(png, "IEND", {});
    return write_file_atomically(file, png, 0644);
}

}  // namespace ct::app
