#include <doctest/doctest.h>
#include <zstd.h>

#include <memory>

#include "net/encoding.h"
#include "net_support.h"

using namespace ct;
using namespace ct::net;

namespace {

constexpr Encoding kReal[] = {Encoding::zstd, Encoding::gzip};

std::string packed(Encoding encoding, std::string_view bytes) {
    auto out = compress(encoding, bytes);
    REQUIRE(out);
    return *out;
}

}  // namespace

TEST_CASE("every encoding gives back what went in") {
    for (const Encoding encoding : {Encoding::identity, Encoding::gzip, Encoding::zstd}) {
        for (const std::size_t size : {0UL, 1UL, 4'095UL, 4'096UL, 4'097UL, 3'000'000UL}) {
            CAPTURE(name(encoding));
            CAPTURE(size);
            const std::string text = test::sample_text(size);
            const auto back = decompress(encoding, packed(encoding, text), size);  // the limit is exactly met
            REQUIRE(back);
            CHECK(*back == text);
            if (size > 0) {
                const auto over = decompress(encoding, packed(encoding, text), size - 1);
                REQUIRE_FALSE(over);
                CHECK(over.error().code == "TOO_LARGE");
            }
        }
    }
}

TEST_CASE("several frames in a row are one body") {
    for (const Encoding encoding : kReal) {
        const auto both = decompress(encoding, packed(encoding, "one ") + packed(encoding, "two"), 100);
        REQUIRE(both);
        CHECK(*both == "one two");
    }
}

TEST_CASE("a body cut anywhere is an error, never a shorter body") {
    const std::string text = test::sample_text(20'000);
    for (const Encoding encoding : kReal) {
        const std::string whole = packed(encoding, text);
        for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 300) {
            CAPTURE(name(encoding));
            CAPTURE(size);
            const auto out = decompress(encoding, std::string_view(whole).substr(0, size), 1'000'000);
            REQUIRE_FALSE(out);
            CHECK(out.error().code == "BAD_ENCODING");
        }
        CHECK_FALSE(decompress(encoding, std::string_view(whole).substr(0, whole.size() - 1), 1'000'000));
    }
}

TEST_CASE("bytes behind the end and bytes of another kind are errors") {
    for (const Encoding encoding : kReal) {
        CAPTURE(name(encoding));
        CHECK(decompress(encoding, packed(encoding, "text") + "rubbish", 1'000).error().code == "BAD_ENCODING");
        CHECK(decompress(encoding, "<html>sign in</html>", 1'000).error().code == "BAD_ENCODING");
    }
    CHECK_FALSE(decompress(Encoding::gzip, packed(Encoding::zstd, "text"), 1'000));
    CHECK_FALSE(decompress(Encoding::zstd, packed(Encoding::gzip, "text"), 1'000));
}

TEST_CASE("a small body that swells ends at the limit") {
    const std::string zeros(50'000'000, '\0');
    for (const Encoding encoding : kReal) {
        const std::string bomb = packed(encoding, zeros);
        CHECK(bomb.size() < 100'000);
        CHECK(decompress(encoding, bomb, 1'000'000).error().code == "TOO_LARGE");
    }
}

TEST_CASE("a zstd window that RFC 9659 forbids is refused") {
    const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, 27);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
    const std::string text = test::sample_text(20'000'000);
    std::string out(ZSTD_compressBound(text.size()), '\0');
    ZSTD_inBuffer input{text.data(), text.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    while (ZSTD_compressStream2(context.get(), &output, &input, ZSTD_e_continue) != 0 && input.pos < input.size) {
    }
    REQUIRE(ZSTD_compressStream2(context.get(), &output, &input, ZSTD_e_end) == 0);
    out.resize(output.pos);
    CHECK(decompress(Encoding::zstd, out, 64 << 20).error().code == "BAD_ENCODING");
}

TEST_CASE("what a Content-Encoding header means") {
    CHECK(parse_content_encoding("") == Encoding::identity);
    CHECK(parse_content_encoding(" Identity ") == Encoding::identity);
    CHECK(parse_content_encoding("GZIP") == Encoding::gzip);
    CHECK(parse_content_encoding("x-gzip") == Encoding::gzip);
    CHECK(parse_content_encoding("zstd") == Encoding::zstd);
    for (const char* other : {"br", "deflate", "gzip, zstd", "zstd,", "gzip;q=1"})
        CHECK_FALSE(parse_content_encoding(other));
}

TEST_CASE("what to answer with, given Accept-Encoding") {
    CHECK(choose_encoding("") == Encoding::identity);
    CHECK(choose_encoding("zstd, gzip") == Encoding::zstd);
    CHECK(choose_encoding("gzip, zstd;q=0.1") == Encoding::zstd);
    CHECK(choose_encoding("gzip;q=1.0, zstd;q=0") == Encoding::gzip);
    CHECK(choose_encoding("br, x-gzip") == Encoding::gzip);
    CHECK(choose_encoding("*") == Encoding::zstd);
    CHECK(choose_encoding("*;q=0") == Encoding::identity);
    CHECK(choose_encoding("zstd;q=0.000, *") == Encoding::gzip);
    CHECK(choose_encoding("deflate, br") == Encoding::identity);
    CHECK(choose_encoding(",,;=,zstd") == Encoding::zstd);
}
