// A flood of deletions between real programs: `colortouchctl sync` stops before it, and says how to go on.
#include <doctest/doctest.h>

#include "server.h"

using namespace e2e;

TEST_CASE("a sync that would remove very much stops, keeps everything, and goes on when it is told to") {
    Server server;
    server.start();
    Laptop a, b;
    a.login(server);
    b.login(server);
    std::vector<std::string> ids;
    for (int i = 0; i < 70; ++i) ids.push_back(a.add({"Lead", "name=Lead " + std::to_string(i)}));
    (void)a.json({"sync"});
    CHECK(b.json({"sync"})["pulled"] == 70);
    for (int i = 0; i < 60; ++i) (void)a.json({"rm", "Lead", ids[static_cast<std::size_t>(i)]});
    (void)a.json({"sync"});

    const std::string mine = b.add({"Lead", "name=Mine"});
    const Ran stopped = b.ctl({"sync"});
    CHECK(stopped.exit_code == 4);
    CHECK(stopped.err.find("receiving would remove 60 of 71 leads here") != std::string::npos);
    CHECK(stopped.err.find("--allow-deletes") != std::string::npos);
    CHECK(b.json({"list", "Lead"}).size() == 71);
    CHECK(b.json({"queue", "list"}).empty());  // what was to go has gone
    CHECK(b.json({"sync"}, 4)["pushed"] == 0);

    CHECK(b.json({"sync", "--allow-deletes"})["pulled"] == 60);
    CHECK(b.json({"list", "Lead"}).size() == 11);
    CHECK(b.ctl({"sync", "--watch", "--allow-deletes"}).exit_code == 2);
}
