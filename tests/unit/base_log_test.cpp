// What the log writes can be read again, line by line.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/log.h"

namespace ct::log {
namespace {

TEST_CASE("read_line: takes apart what was written") {
    std::vector<std::string> lines;
    to_function([&lines](std::string_view line) { lines.emplace_back(line); });
    warn("cannot read \"a=b\" of C:\\data");
    info("short");
    event(Level::error, "request", {{"status", "500"}, {"what", "two words"}});
    {
        const RequestScope scope("7f3a-12");
        info("within a request");
    }
    to_function(nullptr);
    REQUIRE(lines.size() == 4);
    const auto first = read_line(lines[0]);
    REQUIRE(first.has_value());
    CHECK(first->level == Level::warn);
    CHECK(first->text == "cannot read \"a=b\" of C:\\data");
    CHECK(first->time.size() == 29);
    CHECK(first->time[10] == 'T');
    const auto second = read_line(lines[1]);
    REQUIRE(second.has_value());
    CHECK(second->level == Level::info);
    CHECK(second->text == "short");
    const auto third = read_line(lines[2]);
    REQUIRE(third.has_value());
    CHECK(third->level == Level::error);
    CHECK(third->text == "event=request status=500 what=\"two words\"");
    CHECK(read_line(lines[3])->text == "within a request request=7f3a-12");
}

TEST_CASE("read_line: what another wrote is nothing") {
    for (const char* line : {"", "time=", "half a line", "time=2026-11-27T12:00:00.000+0000 level=loud msg=x",
                             "level=info msg=x", "time=2026-11-27T12:00:00.000+0000 info x"}) {
        CAPTURE(line);
        CHECK_FALSE(read_line(line));
    }
    CHECK(read_line("time=2026-11-27T12:00:00.000+0000 level=info")->text.empty());
    CHECK(read_line("time=2026-11-27T12:00:00.000+0000 level=info msg=\"cut of")->text == "cut of");
}

}  // namespace
}  // namespace ct::log
