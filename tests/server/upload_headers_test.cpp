// The headers of uploads and downloads, and the names that files are given.
#include "server/upload_headers.h"

#include <doctest/doctest.h>

#include "base/utf8.h"
#include "sync/file_name.h"

namespace ct::server::test {
namespace {

TEST_CASE("file names: what is shown and saved anywhere") {
    using sync::clean_file_name;
    CHECK(clean_file_name("plan.pdf") == "plan.pdf");
    CHECK(clean_file_name("../../etc/passwd") == "passwd");
    CHECK(clean_file_name("C:\\Users\\x\\plan.pdf") == "plan.pdf");
    CHECK(clean_file_name("..") == "file");
    CHECK(clean_file_name("") == "file");
    CHECK(clean_file_name(" .hidden. ") == "hidden");
    CHECK(clean_file_name("a\nb\x7f\tc") == "abc");
    CHECK(clean_file_name("a<b>:\"|?*") == "a_b______");
    CHECK(clean_file_name("fact\u202egpj.exe") == "factgpj.exe");
    CHECK(clean_file_name("\xffoo.txt") == "_oo.txt");
    CHECK(clean_file_name("योजना.pdf") == "योजना.pdf");
    std::string long_name(300, 'x');
    long_name = clean_file_name(long_name.append("é.pdf"));
    CHECK(long_name.size() <= sync::kFileNameMax);
    CHECK(long_name.ends_with(".pdf"));
    CHECK(valid_utf8(clean_file_name(std::string(197, 'x') + std::string("éééé"))));
}

TEST_CASE("upload headers: ranges, types, dispositions") {
    CHECK_FALSE(parse_range("bytes=0-", 0).has_value());
    CHECK_FALSE(parse_range("bytes=-0", 9).has_value());
    CHECK(parse_range("bytes=2-1", 9)->length == 9);
    CHECK(parse_range("bytes=1-2,4-5", 9)->length == 9);
    CHECK(parse_range("bytes=-", 9)->length == 9);
    CHECK(parse_range("bytes=-20", 9)->length == 9);
    CHECK(parse_range("bytes=8-99", 9)->length == 1);
    CHECK(clean_media_type("text/html; charset=utf-8") == "text/html");
    CHECK(clean_media_type("text") == "application/octet-stream");
    CHECK(clean_media_type("te xt/html") == "application/octet-stream");
    CHECK(clean_media_type("a/b\r\nX: y") == "application/octet-stream");
    CHECK(content_disposition("é\".pdf") == "attachment; filename=\"___.pdf\"; filename*=UTF-8''%c3%a9%22.pdf");
}

}  // namespace
}  // namespace ct::server::test
