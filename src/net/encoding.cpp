#include "net/encoding.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

namespace ct::net {
namespace {

// By Effort. Beyond 9 a level costs twice the time of the one before and saves a percent or two.
constexpr std::array<int, 3> kZstdLevels{1, 3, 9};
// Below 5 Mbit/s a page of 900 kB is longer on its way than the most thorough packing takes; from 50 on it is the other
// way round.
constexpr double kSlowMbit = 5;
constexpr double kFastMbit = 50;
// gzip is for third-party clients only; zlib's own default.
constexpr int kGzipLevel = 6;
// The window that RFC 9659 allows for Content-Encoding: zstd. Bounds what a tiny body can make us allocate.
constexpr int kZstdWindowLogMax = 23;
// First guess of the output, as a multiple of the input: our JSON shrinks to about a sixth.
constexpr std::size_t kGuessedRatio = 8;
constexpr std::size_t kSmallestGuess = 4'096;

constexpr int kGzipOnly = 16;  // added to windowBits: gzip framing, neither zlib nor raw

struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

[[nodiscard]] constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

[[nodiscard]] bool same_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

[[nodiscard]] std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Cuts off and returns what stands before the next `separator`.
[[nodiscard]] std::string_view next_part(std::string_view& rest, char separator) {
    const std::size_t at = rest.find(separator);
    const std::string_view part = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
    return trim(part);
}

/// "q=0", "q=0.0", "q=0.000": not acceptable.
[[nodiscard]] bool forbids(std::string_view parameters) {
    while (!parameters.empty()) {
        const std::string_view parameter = next_part(parameters, ';');
        if (parameter.size() < 3 || lower(parameter[0]) != 'q' || parameter[1] != '=') continue;
        return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
    }
    return false;
}

[[nodiscard]] Failure too_large(std::size_t limit) {
    return fail(ErrorKind::invalid, "TOO_LARGE", "the decompressed body is over " + std::to_string(limit) + " bytes");
}

[[nodiscard]] Failure bad_encoding(std::string message) {
    return fail(ErrorKind::corrupt, "BAD_ENCODING", std::move(message));
}

/// A first size for the output: never over the limit, never far more than the input makes likely.
[[nodiscard]] std::size_t first_size(std::size_t input, std::size_t limit) {
    const std::size_t guess =
        input > std::numeric_limits<std::size_t>::max() / kGuessedRatio ? input : input * kGuessedRatio;
    return std::min(limit, std::max(guess, kSmallestGuess));
}

/// Makes room for more output, up to the limit.
void grow(std::string& out, std::size_t limit) {
    out.resize(std::min(limit, std::max(out.size() * 2, kSmallestGuess)));
}

[[nodiscard]] Result<std::string> compress_zstd(std::string_view bytes, Effort effort) {
    // Kept per thread: a context is about a megabyte, and making it costs more than compressing a small body.
    static thread_local const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
    if (!context) return fail(ErrorKind::internal, "COMPRESSION", "zstd: no memory for a context");
    ZSTD_CCtx_reset(context.get(), ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kZstdLevels[static_cast<std::size_t>(effort)]);
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size = ZSTD_compress2(context.get(), out.data(), out.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(size) != 0) {
        return fail(ErrorKind::internal, "COMPRESSION", std::string("zstd: ") + ZSTD_getErrorName(size));
    }
    out.resize(size);
    return out;
}

[[nodiscard]] Result<std::string> decompress_zstd(std::string_view bytes, std::size_t limit) {
    static thread_local const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
    if (!context) return fail(ErrorKind::internal, "COMPRESSION", "zstd: no memory for a context");
    ZSTD_DCtx_reset(context.get(), ZSTD_reset_session_and_parameters);
    ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kZstdWindowLogMax);

    std::size_t size = first_size(bytes.size(), limit);
    const unsigned long long told = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    if (told != ZSTD_CONTENTSIZE_ERROR && told != ZSTD_CONTENTSIZE_UNKNOWN) {
        if (told > limit) return too_large(limit);
        // The exact size lets zstd write straight into it; believed only where the input makes it likely.
        size = std::min(static_cast<std::size_t>(told), std::max(size, std::size_t{1} << 20));
    }
    std::string out(size, '\0');
    ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
    std::size_t produced = 0;
    for (;;) {
        char probe = 0;  // tells "ends exactly at the limit" from "goes on"
        const bool at_limit = produced == limit;
        if (!at_limit && produced == out.size()) grow(out, limit);
        ZSTD_outBuffer output{at_limit ? &probe : out.data(), at_limit ? 1 : out.size(), at_limit ? 0 : produced};
        const std::size_t left = ZSTD_decompressStream(context.get(), &output, &input);
        if (ZSTD_isError(left) != 0) return bad_encoding(std::string("zstd: ") + ZSTD_getErrorName(left));
        if (at_limit && output.pos != 0) return too_large(limit);
        if (!at_limit) produced = output.pos;
        if (input.pos < input.size) continue;
        if (left == 0) break;  // the end of a frame and of the input
        if (output.pos < output.size) return bad_encoding("zstd: the body is truncated");
    }
    out.resize(produced);
    return out;
}

/// zlib counts in 32 bits: hands over a long buffer in pieces.
[[nodiscard]] uInt piece(std::size_t left) {
    return static_cast<uInt>(std::min<std::size_t>(left, std::numeric_limits<uInt>::max()));
}

[[nodiscard]] Bytef* zlib_input(const char* bytes) {
    return reinterpret_cast<Bytef*>(const_cast<char*>(bytes));  // zlib never writes there
}

[[nodiscard]] Result<std::string> compress_gzip(std::string_view bytes) {
    z_stream stream{};
    if (deflateInit2(&stream, kGzipLevel, Z_DEFLATED, MAX_WBITS + kGzipOnly, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return fail(ErrorKind::internal, "COMPRESSION", "gzip: no memory for a stream");
    }
    std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
    std::size_t consumed = 0;
    std::size_t produced = 0;
    int status = Z_OK;
    while (status != Z_STREAM_END) {
        stream.next_in = zlib_input(bytes.data() + consumed);
        stream.avail_in = piece(bytes.size() - consumed);
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + produced);
        stream.avail_out = piece(out.size() - produced);
        const uInt given = stream.avail_in;
        const uInt room = stream.avail_out;
        status = deflate(&stream, consumed + given == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
        consumed += given - stream.avail_in;
        produced += room - stream.avail_out;
        if (status != Z_STREAM_END && produced == out.size()) out.resize(out.size() * 2);
    }
    deflateEnd(&stream);
    out.resize(produced);
    return out;
}

[[nodiscard]] Result<std::string> decompress_gzip(std::string_view bytes, std::size_t limit) {
    struct Inflater {
        z_stream stream{};
        ~Inflater() { inflateEnd(&stream); }
    } inflater;
    z_stream& stream = inflater.stream;
    if (inflateInit2(&stream, MAX_WBITS + kGzipOnly) != Z_OK) {
        return fail(ErrorKind::internal, "COMPRESSION", "gzip: no memory for a stream");
    }
    std::string out(first_size(bytes.size(), limit), '\0');
    std::size_t consumed = 0;
    std::size_t produced = 0;
    for (;;) {
        char probe = 0;  // tells "ends exactly at the limit" from "goes on"
        const bool at_limit = produced == limit;
        if (!at_limit && produced == out.size()) grow(out, limit);
        stream.next_in = zlib_input(bytes.data() + consumed);
        stream.avail_in = piece(bytes.size() - consumed);
        stream.next_out = reinterpret_cast<Bytef*>(at_limit ? &probe : out.data() + produced);
        stream.avail_out = at_limit ? 1 : piece(out.size() - produced);
        const uInt given = stream.avail_in;
        const uInt room = stream.avail_out;
        const int status = inflate(&stream, Z_NO_FLUSH);
        consumed += given - stream.avail_in;
        const uInt written = room - stream.avail_out;
        if (at_limit && written != 0) return too_large(limit);
        if (!at_limit) produced += written;
        if (status == Z_STREAM_END) {
            if (consumed == bytes.size()) break;
            if (inflateReset(&stream) != Z_OK) return bad_encoding("gzip: cannot go on with the next member");
            continue;
        }
        if (status == Z_BUF_ERROR || (status == Z_OK && consumed == bytes.size() && stream.avail_out != 0)) {
            if (consumed == bytes.size()) return bad_encoding("gzip: the body is truncated");
            continue;
        }
        if (status != Z_OK) {
            return bad_encoding(std::string("gzip: ") + (stream.msg == nullptr ? "damaged data" : stream.msg));
        }
    }
    out.resize(produced);
    return out;
}

}  // namespace

const char* name(Encoding encoding) {
    switch (encoding) {
        case Encoding::gzip: return "gzip";
        case Encoding::zstd: return "zstd";
        case Encoding::identity: break;
    }
    return "identity";
}

std::optional<Encoding> parse_content_encoding(std::string_view header) {
    header = trim(header);
    if (header.empty() || same_ignoring_case(header, "identity")) return Encoding::identity;
    if (same_ignoring_case(header, "gzip") || same_ignoring_case(header, "x-gzip")) return Encoding::gzip;
    if (same_ignoring_case(header, "zstd")) return Encoding::zstd;
    return std::nullopt;
}

Encoding choose_encoding(std::string_view accept_encoding) {
    std::optional<bool> zstd;
    std::optional<bool> gzip;
    std::optional<bool> any;
    while (!accept_encoding.empty()) {
        std::string_view parameters = next_part(accept_encoding, ',');
        const std::string_view token = next_part(parameters, ';');
        const bool allowed = !forbids(parameters);
        if (same_ignoring_case(token, "zstd")) zstd = allowed;
        if (same_ignoring_case(token, "gzip") || same_ignoring_case(token, "x-gzip")) gzip = allowed;
        if (token == "*") any = allowed;
    }
    if (zstd.value_or(any.value_or(false))) return Encoding::zstd;
    if (gzip.value_or(any.value_or(false))) return Encoding::gzip;
    return Encoding::identity;
}

Effort effort_for(double mbit_per_s) {
    if (mbit_per_s <= 0) return Effort::balanced;
    return mbit_per_s < kSlowMbit ? Effort::thorough : mbit_per_s < kFastMbit ? Effort::balanced : Effort::quick;
}

Result<std::string> compress(Encoding encoding, std::string_view bytes, Effort effort) {
    switch (encoding) {
        case Encoding::gzip: return compress_gzip(bytes);
        case Encoding::zstd: return compress_zstd(bytes, effort);
        case Encoding::identity: break;
    }
    return std::string(bytes);
}

Result<std::string> decompress(Encoding encoding, std::string_view bytes, std::size_t limit) {
    switch (encoding) {
        case Encoding::gzip: return decompress_gzip(bytes, limit);
        case Encoding::zstd: return decompress_zstd(bytes, limit);
        case Encoding::identity: break;
    }
    if (bytes.size() > limit) return too_large(limit);
    return std::string(bytes);
}

}  // namespace ct::net
