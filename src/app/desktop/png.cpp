#include "app/desktop/png.h"

#include <zlib.h>

#include <cstdint>
#include <string_view>

namespace ct::app {
namespace {

void append_big_endian(std::string& out, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xFFU);
}

void append_chunk(std::string& out, std::string_view type, std::string_view data) {
    append_big_endian(out, static_cast<std::uint32_t>(data.size()));
    const std::size_t checked_from = out.size();
    out += type;
    out += data;
    const auto* bytes = reinterpret_cast<const Bytef*>(out.data() + checked_from);
    append_big_endian(out, static_cast<std::uint32_t>(crc32(0, bytes, static_cast<uInt>(out.size() - checked_from))));
}

}  // namespace

Result<std::string> png_bytes(const Picture& picture) {
    const auto row = static_cast<std::size_t>(picture.width) * 3;
    std::string lines;
    lines.reserve((row + 1) * static_cast<std::size_t>(picture.height));
    for (int y = 0; y < picture.height; ++y) {
        lines += '\0';  // no filter
        lines.append(reinterpret_cast<const char*>(picture.rgb.data()) + row * static_cast<std::size_t>(y), row);
    }
    uLongf length = compressBound(static_cast<uLong>(lines.size()));
    std::string packed(length, '\0');
    if (compress2(reinterpret_cast<Bytef*>(packed.data()), &length, reinterpret_cast<const Bytef*>(lines.data()),
                  static_cast<uLong>(lines.size()), 6) != Z_OK) {
        return fail(ErrorKind::internal, "CANNOT_COMPRESS", "the picture could not be compressed");
    }
    packed.resize(length);
    std::string header;
    append_big_endian(header, static_cast<std::uint32_t>(picture.width));
    append_big_endian(header, static_cast<std::uint32_t>(picture.height));
    header += std::string_view("\x08\x02\x00\x00\x00", 5);  // 8 bits, true colour, no interlace
    std::string out("\x89PNG\r\n\x1a\n");
    append_chunk(out, "IHDR", header);
    append_chunk(out, "IDAT", packed);
    append_chunk(out, "IEND", {});
    return out;
}

}  // namespace ct::app
