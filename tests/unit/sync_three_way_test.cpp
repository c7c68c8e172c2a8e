#include <doctest/doctest.h>

#include <vector>

#include "base/random.h"
#include "sync/three_way.h"

using namespace ct;
using namespace ct::sync;

TEST_CASE("three-way: sets keep what either added and drop what either removed") {
    CHECK(merge_sets("", "a", "b") == "a\nb");
    CHECK(merge_sets("x\ny", "y", "x\ny\nz") == "y\nz");
    CHECK(merge_sets("x", "", "") == "");
    CHECK(merge_sets("x", "x", "") == "");
    CHECK(merge_sets("a", "a\nc", "a\nb") == "a\nb\nc");
    CHECK(merge_sets("", "आशा\nb", "b") == "b\nआशा");
}

TEST_CASE("three-way: lines") {
    struct Case {
        const char *base, *first, *second;
        const char* merged;  // null: both changed the same
    };
    const Case cases[] = {
        {"a\nb\nc", "a\nb\nc", "a\nB\nc", "a\nB\nc"},
        {"a\nb\nc", "A\nb\nc", "a\nb\nC", "A\nb\nC"},
        {"a\nb\nc", "a\nx\nc", "a\ny\nc", nullptr},
        {"a\nb\nc", "a\nx\nc", "a\nx\nc", "a\nx\nc"},
        {"a\nb\nc", "a\nc", "a\nb\nc\nd", "a\nc\nd"},
        {"a", "a\nfirst", "a\nsecond", "a\nfirst\nsecond"},
        {"a", "first\na", "second\na", "first\nsecond\na"},
        {"", "first", "second", "first\nsecond"},
        {"", "same", "same", "same"},
        {"a\nb", "a", "a\nB", nullptr},
        {"a\nb", "", "a\nb\nc", nullptr},  // one emptied what the other went on with
        {"a\n", "a\nx\n", "a\ny\n", "a\nx\ny\n"},
        {"1\n2\n3\n4\n5", "1\n3\n4\n5\n6", "0\n1\n2\n3\n4", nullptr},
        {"1\n2\n3\n4\n5", "1\n3\n4\n5", "0\n1\n2\n3\n4", "0\n1\n3\n4"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.base);
        CAPTURE(each.first);
        CAPTURE(each.second);
        const auto merged = merge_lines(each.base, each.first, each.second);
        CHECK(merged.has_value() == (each.merged != nullptr));
        if (merged && each.merged != nullptr) CHECK(*merged == each.merged);
    }
}

TEST_CASE("three-way: texts with nothing in common are left to the policy") {
    std::string base, first;
    for (int i = 0; i < 3'000; ++i) {
        base += "b" + std::to_string(i) + "\n";
        first += "f" + std::to_string(i) + "\n";
    }
    CHECK_FALSE(merge_lines(base, first, base + "x").has_value());
    CHECK(merge_lines(base, first, base) == first);
}

namespace {

std::string random_text(Random& random, std::size_t lines) {
    std::string text;
    for (std::size_t i = 0; i < lines; ++i) {
        if (i > 0) text += '\n';
        text += static_cast<char>('a' + random.below(4));
    }
    return text;
}

}  // namespace

TEST_CASE("three-way: whatever the texts, one side alone wins unopposed, and a clean merge does not depend on sides") {
    SeededRandom random(11);
    int clean = 0;
    for (int run = 0; run < 20'000; ++run) {
        const std::string base = random_text(random, random.below(6));
        const std::string first = random_text(random, random.below(6));
        const std::string second = random_text(random, random.below(6));
        CAPTURE(base);
        CAPTURE(first);
        CAPTURE(second);
        CHECK(merge_lines(base, first, base) == first);
        CHECK(merge_lines(base, base, second) == second);
        const auto merged = merge_lines(base, first, second);
        const auto turned = merge_lines(base, second, first);
        REQUIRE(merged.has_value() == turned.has_value());
        if (!merged) continue;
        ++clean;
        CHECK(merged->size() == turned->size());
        CHECK(merge_sets(base, first, second) == merge_sets(base, second, first));
    }
    CHECK(clean > 2'000);
}
