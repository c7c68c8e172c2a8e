#include <doctest/doctest.h>

#include <set>
#include <string>

#include "base/digest.h"
#include "base/http_message.h"

namespace ct {
namespace {

std::string hex(const Sha256& digest) { return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()}); }

TEST_CASE("SHA-256: the vectors of FIPS 180-4") {
    CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex(sha256(std::string(1'000'000, 'a'))) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256: a digest out of its hex digits, and out of nothing else") {
    const std::string hex = to_hex(bytes_of(sha256("abc")));
    CHECK(sha256_from_hex(hex) == sha256("abc"));
    CHECK(content_digest(*sha256_from_hex(hex)) == content_digest("abc"));
    for (const std::string& other : {std::string(), hex + "00", hex.substr(1), "BA" + hex.substr(2),
                                     "-1" + hex.substr(2), "0x" + hex.substr(2), hex.substr(2) + "g0"}) {
        CAPTURE(other);
        CHECK_FALSE(sha256_from_hex(other));
    }
}

TEST_CASE("base64: the vectors of RFC 4648") {
    CHECK(to_base64("") == "");
    CHECK(to_base64("f") == "Zg==");
    CHECK(to_base64("fo") == "Zm8=");
    CHECK(to_base64("foo") == "Zm9v");
    CHECK(to_base64("foobar") == "Zm9vYmFy");
    CHECK(to_base64("\xff\xfe\xfd") == "//79");
    CHECK(to_hex(std::string_view("\x00\x0f\xf0\xff", 4)) == "000ff0ff");
}

TEST_CASE("Content-Digest: the example of RFC 9530") {
    CHECK(content_digest("{\"hello\": \"world\"}\n") == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
}

TEST_CASE("Content-Digest: matches its body and no other") {
    const std::string body = "{\"a\":1}";
    const std::string header = content_digest(body);
    CHECK(content_digest_matches(header, body));
    CHECK(content_digest_matches("sha-512=:AAAA:, " + header, body));
    CHECK(content_digest_matches(header + ",unknown=:AAAA:", body));
    CHECK(content_digest_matches("  " + header + "  ", body));
    CHECK(content_digest_matches(header + ";note=1", body));

    CHECK_FALSE(content_digest_matches(header, body + " "));
    CHECK_FALSE(content_digest_matches(header, "{\"a\":"));
    CHECK_FALSE(content_digest_matches(header, ""));
    CHECK_FALSE(content_digest_matches("", body));
    CHECK_FALSE(content_digest_matches("sha-256=", body));
    CHECK_FALSE(content_digest_matches("sha-256=:", body));
    CHECK_FALSE(content_digest_matches("sha-256=::", body));
    CHECK_FALSE(content_digest_matches("sha-512" + header.substr(7), body));
    CHECK_FALSE(content_digest_matches(header.substr(0, header.size() - 1), body));
    CHECK_FALSE(content_digest_matches("x" + header, body));
}

TEST_CASE("checksum64: stays what it was, and every flipped bit shows") {
    // Stored in databases: a change of these values makes every old row look damaged.
    CHECK(checksum64("") == checksum64(std::string_view{}));
    const std::string text = "Asha Rao|+91 98765 43210|150000";
    const std::uint64_t good = checksum64(text);
    std::set<std::uint64_t> seen{good};
    for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
        std::string damaged = text;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
        seen.insert(checksum64(damaged));
    }
    CHECK(seen.size() == text.size() * 8 + 1);
}

TEST_CASE("headers are found in any case") {
    const http::Headers headers{{"Content-Type", "application/json"}, {"X-Empty", ""}, {"content-type", "second"}};
    CHECK(http::find_header(headers, "content-type") == "application/json");
    CHECK(http::find_header(headers, "CONTENT-TYPE") == "application/json");
    CHECK(http::find_header(headers, "x-empty").empty());
    CHECK(http::find_header(headers, "content-typ").empty());
    CHECK(http::find_header({}, "a").empty());
}

TEST_CASE("JSON content types") {
    for (const char* const type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                                   "application/problem+json", " application/json ;x=y", "application/vnd.a+JSON"}) {
        CAPTURE(type);
        CHECK(http::is_json(type));
    }
    for (const char* const type : {"", "text/html", "text/json", "application/jsonp", "application/+json", "json",
                                   "application/xml", "xapplication/json", "application/json+xml"}) {
        CAPTURE(type);
        CHECK_FALSE(http::is_json(type));
    }
}

}  // namespace
}  // namespace ct
