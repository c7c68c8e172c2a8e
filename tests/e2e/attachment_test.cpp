// Files on records: sent behind them, in parts, on from the byte where a cut was; checked before anybody sees them.
#include <doctest/doctest.h>
#include <signal.h>

#include <fstream>
#include <iterator>
#include <random>
#include <thread>

#include "server.h"

using namespace e2e;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string contents(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct Desk {
    Desk() {
        server.start();
        a.login(server);
        b.login(server);
        lead = a.add({"lead", "name=Asha Rao"});
        (void)a.json({"sync"});
    }
    [[nodiscard]] fs::path file(const std::string& name, std::size_t size) {
        const fs::path path = directory / name;
        std::string bytes(size, '\0');
        for (char& byte : bytes) byte = static_cast<char>(random());
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }
    [[nodiscard]] std::string attach(const Laptop& laptop, const fs::path& path) const {
        return laptop.json({"attach", "lead", lead, path.string()})["id"];
    }
    /// The bytes of files on the server, whole ones and parts.
    [[nodiscard]] std::uintmax_t kept() const {
        std::uintmax_t bytes = 0;
        std::error_code gone;  // a part becomes a whole file under our eyes
        if (!fs::exists(server.files(), gone)) return 0;
        for (const auto& entry : fs::recursive_directory_iterator(server.files())) {
            const std::uintmax_t size = entry.is_regular_file(gone) ? entry.file_size(gone) : 0;
            if (!gone) bytes += size;
        }
        return bytes;
    }
    [[nodiscard]] json listed(const Laptop& laptop) const { return laptop.json({"attachments", "lead", lead}); }

    Server server;
    Laptop a, b;
    TempDir directory;
    std::mt19937 random{7};
    std::string lead;
};

}  // namespace

TEST_CASE_FIXTURE(Desk, "a file attached offline is on the other laptop, byte by byte, and goes when it is detached") {
    server.stop();
    const fs::path photo = file("Straße ₹.jpg", 700'000);
    const std::string id = attach(a, photo);
    CHECK(listed(a)[0]["state"] == "queued");
    CHECK(a.ctl({"sync"}).exit_code == 3);
    CHECK(a.json({"status"})["filesPending"] == 1);
    CHECK(a.json({"status"})["filesPendingBytes"] == 700'000);
    server.start();
    CHECK(a.json({"sync"})["attachments"]["sent"] == 1);
    CHECK(listed(a)[0]["state"] == "done");
    CHECK(a.json({"status"})["filesPending"] == 0);

    (void)b.json({"sync"});
    const json there = listed(b);
    REQUIRE(there.size() == 1);
    CHECK(there[0]["state"] == "remote");
    CHECK(there[0]["name"] == "Straße ₹.jpg");
    const fs::path saved = directory / "saved";
    CHECK(b.ctl({"fetch", id, saved.string()}).exit_code == 0);
    CHECK((contents(saved) == contents(photo)));

    CHECK(b.ctl({"detach", id}).exit_code == 0);
    (void)b.json({"sync"});
    CHECK(listed(a).empty());
    CHECK(a.ctl({"fetch", id, saved.string()}).exit_code == 2);
}

TEST_CASE_FIXTURE(Desk, "kill -9 of either end while a file goes up: it goes on at the byte, and arrives whole") {
    const fs::path film = file("film.mp4", 64'000'000);
    const std::string id = attach(a, film);
    // It ends however often it is cut: what a restart throws away is a part of the file, never all of it.
    bool done = false;
    int cuts = 0;
    for (int attempt = 0; attempt < 40 && !done; ++attempt) {
        const std::uintmax_t before = kept();
        Process sync(a.command({"sync"}));
        for (int wait = 0; wait < 1000 && kept() <= before; ++wait) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        if (attempt % 2 == 0) {
            sync.send(SIGKILL);
        } else {
            server.kill();
        }
        cuts += kept() < 64'000'000 ? 1 : 0;
        if (attempt % 2 != 0) server.start();
        (void)sync.finish(std::chrono::seconds(20));
        done = listed(a)[0]["state"] == "done";
    }
    CHECK(cuts >= 2);
    (void)a.json({"sync"});
    CHECK(listed(a)[0]["state"] == "done");
    (void)b.json({"sync"});
    (void)listed(b);  // which asks for the list
    const fs::path saved = directory / "saved";
    for (int attempt = 0; attempt < 3; ++attempt) {
        Process fetch(b.command({"fetch", id, saved.string()}));
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        fetch.send(SIGKILL);
        (void)fetch.finish(std::chrono::seconds(20));
    }
    CHECK(b.ctl({"fetch", id, saved.string()}).exit_code == 0);
    CHECK((contents(saved) == contents(film)));
}

TEST_CASE_FIXTURE(Desk, "the same bytes lie on the server once, and stay until their last record lets go") {
    const fs::path photo = file("photo.jpg", 300'000);
    const std::string first = attach(a, photo), second = attach(a, photo);
    CHECK(a.json({"sync"})["attachments"]["sent"] == 2);
    CHECK(kept() == 300'000);
    CHECK(a.ctl({"detach", first}).exit_code == 0);
    (void)a.json({"sync"});
    (void)b.json({"sync"});
    CHECK(listed(b).size() == 1);
    const fs::path saved = directory / "saved";
    CHECK(b.ctl({"fetch", second, saved.string()}).exit_code == 0);
    CHECK((contents(saved) == contents(photo)));
}

TEST_CASE_FIXTURE(Desk, "bytes that were damaged on the server are not shown to anybody") {
    const std::string id = attach(a, file("contract.pdf", 200'000));
    (void)a.json({"sync"});
    for (const auto& entry : fs::recursive_directory_iterator(server.files())) {
        if (!entry.is_regular_file()) continue;
        std::fstream damaged(entry.path(), std::ios::binary | std::ios::in | std::ios::out);
        damaged.seekp(100'000).write("XXXX", 4);
    }
    (void)b.json({"sync"});
    (void)listed(b);
    const fs::path saved = directory / "saved";
    const Ran fetched = b.ctl({"fetch", id, saved.string()});
    CHECK(fetched.exit_code != 0);
    CHECK_MESSAGE(fetched.err.find("CONTENT_MISMATCH") != std::string::npos, fetched.err);
    CHECK_FALSE(fs::exists(saved));
}
