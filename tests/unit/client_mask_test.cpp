// What the diagnostics file does to texts.
#include <doctest/doctest.h>

#include "client/mask.h"

namespace ct::client {

TEST_CASE("mask: equal values stay equal under one key, and are others under another") {
    SeededRandom random(1);
    Mask mask(random), other(random);
    CHECK(mask.value("Asha Rao") == mask.value("Asha Rao"));
    CHECK(mask.value("Asha Rao") != mask.value("Asha Rai"));
    CHECK(mask.value("Asha Rao") != other.value("Asha Rao"));
    CHECK(mask.value("Asha Rao").size() == 17);
    CHECK(mask.hashed() == 6);
}

TEST_CASE("mask: sentences lose what is somebody's and nothing else") {
    SeededRandom random(1);
    Mask mask(random);
    mask.learn("Asha Rao");
    mask.learn("Żaneta");
    mask.learn("+91 98765 43210");
    mask.learn("prefers calls after six on all days but not on the second Monday");
    mask.learn("in");
    mask.learn_path("/home/asha/profile/", "<profile>");
    mask.learn_path("/home/asha", "<home>");
    struct Row {
        const char *said, *kept;  // "?" stands for a hash
    };
    const Row rows[] = {
        {"a round ended: done", "a round ended: done"},
        {"lead ASHA RAO is not there", "lead ? is not there"},
        {"for Żaneta, at last", "for ?, at last"},
        {"Asha alone", "Asha alone"},
        {"she prefers calls after six, as ever", "she ?, as ever"},
        {"write to o'brien.k@customer.example now", "write to ? now"},
        {"call 98765 43210 or +919876543211.", "call ? or ?."},
        {"amount 1,50,000.50 given", "amount ? given"},
        {"workspace \"Rao & Sons\" is another", "workspace \"?\" is another"},
        {"an empty \"\" stays", "an empty \"\" stays"},
        {"cannot write /home/asha/profile/colortouch.db", "cannot write <profile>/colortouch.db"},
        {"cannot read /home/asha/quotation.pdf", "cannot read <home>/quotation.pdf"},
        {"connect to 127.0.0.1:8787: refused after 20000 bytes",
         "connect to 127.0.0.1:8787: refused after 20000 bytes"},
        {"since 2026-11-27T10:11:12.345Z", "since 2026-11-27T10:11:12.345Z"},
        {"on 2026-11-27 in all", "on 2026-11-27 in all"},
        {"operation 0192f3c4-a5b6-7000-8000-0123456789ab went", "operation 0192f3c4-a5b6-7000-8000-0123456789ab went"},
        {"stamp 0192f3c4a5b6-0001-device", "stamp 0192f3c4a5b6-0001-device"},
        {"HTTP 503, 12 of 500 rows in 3 pages", "HTTP 503, 12 of 500 rows in 3 pages"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.said);
        std::string text = mask.sentence(row.said);
        for (std::size_t at = 0; (at = text.find('#', at)) != std::string::npos;)
            text = text.substr(0, at) + "?" + text.substr(at + 17);
        CHECK(text == row.kept);
    }
}

}  // namespace ct::client
