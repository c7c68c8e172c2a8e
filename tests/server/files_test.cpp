// /api/files: uploads in parts, downloads by ranges, and who may not.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <thread>

#include "base/digest.h"
#include "base/part_file.h"
#include "server/contract.h"
#include "server/failing_flush.h"
#include "server/kit.h"

namespace ct::server::test {
namespace {

struct TempDir {
    TempDir() {
        char name[] = "/tmp/ct-files-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~TempDir() { std::filesystem::remove_all(path); }
    std::string path;
};

std::string hash_of(const std::string& bytes) { return to_hex(bytes_of(sha256(bytes))); }

/// A server that keeps attachments, with a manager and an employee.
struct Desk {
    static ServiceOptions options(const std::string& directory, std::int64_t size_max) {
        ServiceOptions options;
        options.files.directory = directory;
        options.files.size_max = size_max;
        options.files.open_max = 3;
        return options;
    }
    explicit Desk(std::int64_t size_max = 1'000'000) : site{{}, options(directory.path, size_max)} {
        site.add_user("asha@example.org", Role::manager);
        site.add_user("ravi@example.org", Role::employee);
        site.add_user("mira@example.org", Role::employee);
    }

    using Headers = http::Headers;
    static std::string_view find_override(const http::Request& request) {
        return http::find_header(request.headers, "X-HTTP-Method-Override");
    }
    http::Response ask(const Laptop& who, const std::string& method, const std::string& path, Headers headers = {},
                       const std::string& body = {}) {
        http::Request request;
        request.method = method;
        const std::size_t question = path.find('?');
        request.path = path.substr(0, question);
        if (question != std::string::npos) request.query = path.substr(question + 1);
        request.headers = std::move(headers);
        request.headers.emplace_back("Authorization", "Bearer " + who.token);
        request.headers.emplace_back("Tus-Resumable", "1.0.0");
        request.body = body;
        http::Response response = site.service->handle(request);
        if (find_override(request).empty()) check_documented(request, response);
        return response;
    }
    static std::string metadata(const std::string& record, const std::string& content, const std::string& more = {},
                                const std::string& name = "plan.pdf") {
        return "filename " + to_base64(name) + ",filetype " + to_base64("application/pdf") + ",model " +
               to_base64("Lead") + ",recordId " + to_base64(record) + ",sha256 " + to_base64(hash_of(content)) + more;
    }
    http::Response create(const Laptop& who, const std::string& record, const std::string& content,
                          const std::string& more = {}) {
        return ask(
            who, "POST", "/api/files",
            {{"Upload-Length", std::to_string(content.size())}, {"Upload-Metadata", metadata(record, content, more)}});
    }
    /// The address of an upload that was begun.
    std::string begin(const Laptop& who, const std::string& record, const std::string& content) {
        const auto made = create(who, record, content);
        REQUIRE_MESSAGE(made.status == 201, made.body);
        return std::string(http::find_header(made.headers, "Location"));
    }
    http::Response patch(const Laptop& who, const std::string& address, std::int64_t offset, const std::string& part,
                         Headers more = {}) {
        more.emplace_back("Content-Type", "application/offset+octet-stream");
        more.emplace_back("Upload-Offset", std::to_string(offset));
        return ask(who, "PATCH", address, std::move(more), part);
    }
    /// What HEAD says, having waited for another request for long enough.
    std::string offset_at_last(const Laptop& who, const std::string& address) {
        http::Request request;
        request.method = "HEAD";
        request.path = address;
        request.headers = {{"Authorization", "Bearer " + who.token}, {"Tus-Resumable", "1.0.0"}};
        request.waited_ms = 10'000;
        return std::string(http::find_header(site.service->answer(request).response.headers, "Upload-Offset"));
    }
    /// A PATCH of which only the head has come.
    std::unique_ptr<http::BodySink> patch_slowly(const Laptop& who, const std::string& address,
                                                 const std::string& checksum = {}) {
        http::Request head;
        head.method = "PATCH";
        head.path = address;
        head.headers = {{"Authorization", "Bearer " + who.token},
                        {"Tus-Resumable", "1.0.0"},
                        {"Content-Type", "application/offset+octet-stream"},
                        {"Upload-Offset", "0"}};
        if (!checksum.empty()) head.headers.emplace_back("Upload-Checksum", checksum);
        head.body_follows = -1;
        auto answered = site.service->answer(head);
        REQUIRE_MESSAGE(answered.body_sink, answered.response.body);
        return std::move(answered.body_sink);
    }
    std::string upload(const Laptop& who, const std::string& record, const std::string& content) {
        const std::string address = begin(who, record, content);
        const auto done = patch(who, address, 0, content);
        REQUIRE_MESSAGE(done.status == 204, done.body);
        return address;
    }
    std::string offset(const Laptop& who, const std::string& address) {
        return std::string(http::find_header(ask(who, "HEAD", address).headers, "Upload-Offset"));
    }
    json list(const Laptop& who, const std::string& record) {
        return parsed(ask(who, "GET", "/api/files?model=Lead&recordId=" + record))["attachments"];
    }
    std::size_t stored() const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path)) {
            if (entry.is_regular_file()) ++count;
        }
        return count;
    }

    TempDir directory;
    Site site;
};

const std::string kContent = std::string("%PDF-1.7 ") + std::string(40'000, 'q') + "end";

TEST_CASE("files: an upload in parts is taken up at the byte, and shown when it is whole") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string lead = asha.add_lead("Meera");
    const std::string address = desk.begin(asha, lead, kContent);
    CHECK(desk.offset(asha, address) == "0");
    const auto first = desk.patch(asha, address, 0, kContent.substr(0, 10'000));
    CHECK(first.status == 204);
    CHECK(http::find_header(first.headers, "Upload-Offset") == "10000");
    CHECK(desk.list(asha, lead).empty());
    CHECK(desk.ask(asha, "GET", address).status == 404);

    const auto wrong = desk.patch(asha, address, 0, kContent.substr(0, 10'000));
    CHECK(check_problem(wrong, 409, "WRONG_OFFSET")["offset"] == 10'000);
    check_problem(desk.patch(asha, address, 10'001, "x"), 409, "WRONG_OFFSET");
    const auto head = desk.ask(asha, "HEAD", address);
    CHECK(head.status == 200);
    CHECK(http::find_header(head.headers, "Upload-Offset") == "10000");
    CHECK(http::find_header(head.headers, "Upload-Length") == std::to_string(kContent.size()));
    CHECK(http::find_header(head.headers, "Cache-Control") == "no-store");

    check_problem(desk.patch(asha, address, 10'000, kContent), 413, "TOO_LARGE");
    CHECK(desk.patch(asha, address, 10'000, kContent.substr(10'000)).status == 204);
    const json list = desk.list(asha, lead);
    REQUIRE(list.size() == 1);
    CHECK(list[0]["name"] == "plan.pdf");
    CHECK(list[0]["type"] == "application/pdf");
    CHECK(list[0]["size"] == kContent.size());
    CHECK(list[0]["sha256"] == hash_of(kContent));
    CHECK(list[0]["recordId"] == lead);
    CHECK("/api/files/" + list[0]["id"].get<std::string>() == address);
    CHECK(desk.offset(asha, address) == std::to_string(kContent.size()));
    check_problem(desk.patch(asha, address, static_cast<std::int64_t>(kContent.size()), "x"), 409, "WRONG_OFFSET");
}

TEST_CASE("files: downloads go on at any byte") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string lead = asha.add_lead("Meera");
    const std::string address = desk.upload(asha, lead, kContent);
    const auto whole = desk.ask(asha, "GET", address);
    CHECK(whole.status == 200);
    CHECK(whole.body == kContent);
    CHECK(http::find_header(whole.headers, "ETag") == "\"" + hash_of(kContent) + "\"");
    CHECK(content_digest_matches(http::find_header(whole.headers, "Content-Digest"), whole.body));
    CHECK(http::find_header(whole.headers, "Accept-Ranges") == "bytes");
    const std::string tag = "\"" + hash_of(kContent) + "\"";
    const auto size = std::to_string(kContent.size());
    const auto rest = desk.ask(asha, "GET", address, {{"Range", "bytes=9-"}});
    CHECK(rest.status == 206);
    CHECK(rest.body == kContent.substr(9));
    CHECK(http::find_header(rest.headers, "Content-Range") ==
          "bytes 9-" + std::to_string(kContent.size() - 1) + "/" + size);
    CHECK(desk.ask(asha, "GET", address, {{"Range", "bytes=0-7"}}).body == "%PDF-1.7");
    CHECK(desk.ask(asha, "GET", address, {{"Range", "bytes=-3"}}).body == "end");
    CHECK(desk.ask(asha, "GET", address, {{"Range", "lines=1-2"}}).status == 200);
    CHECK(desk.ask(asha, "GET", address, {{"Range", "bytes=0-7"}, {"If-Range", "\"other\""}}).status == 200);
    for (const std::string& tags : {tag, "\"x\", W/" + tag, std::string("*")}) {
        const auto same = desk.ask(asha, "GET", address, {{"If-None-Match", tags}, {"Range", "bytes=0-7"}});
        CHECK(same.status == 304);
        CHECK(http::find_header(same.headers, "ETag") == tag);
        CHECK(same.body.empty());
    }
    CHECK(desk.ask(asha, "GET", address, {{"If-None-Match", "\"other\""}}).status == 200);
    CHECK(desk.ask(asha, "GET", address, {{"Range", "bytes=0-7"}, {"If-Range", tag}}).status == 206);
    const auto outside = desk.ask(asha, "GET", address, {{"Range", "bytes=" + size + "-"}});
    check_problem(outside, 416, "BAD_RANGE");
    CHECK(http::find_header(outside.headers, "Content-Range") == "bytes */" + size);
}

TEST_CASE("files: HEAD without tus says what GET would") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string lead = asha.add_lead("Meera"), address = desk.upload(asha, lead, kContent);
    http::Request head{"HEAD", address, {}, {{"Authorization", "Bearer " + asha.token}, {"Range", "bytes=0-7"}},
                       {},     {}};
    const auto told = desk.site.service->handle(head);
    CHECK(told.status == 200);  // ranges are of GET alone
    CHECK(http::find_header(told.headers, "ETag") == "\"" + hash_of(kContent) + "\"");
    CHECK(http::find_header(told.headers, "Upload-Offset").empty());
    head.path = desk.begin(asha, lead, kContent + "2");  // nobody sees it yet
    check_problem(desk.site.service->handle(head), 412, "TUS_VERSION");
}

TEST_CASE("files: a part that does not match its checksum leaves no trace") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string address = desk.begin(asha, asha.add_lead("Meera"), "hello world");
    const std::string good = "sha256 " + to_base64(bytes_of(sha256("hello ")));
    check_problem(desk.patch(asha, address, 0, "jello ", {{"Upload-Checksum", good}}), 460, "CHECKSUM_MISMATCH");
    CHECK(desk.offset(asha, address) == "0");
    for (const char* odd : {"md5 AAAA", "sha256", "sha256 ?", "sha256 "}) {
        CAPTURE(odd);
        CHECK(desk.patch(asha, address, 0, "hello ", {{"Upload-Checksum", odd}}).status != 204);
        CHECK(desk.offset(asha, address) == "0");
    }
    CHECK(desk.patch(asha, address, 0, "hello ", {{"Upload-Checksum", good}}).status == 204);
    CHECK(desk.patch(asha, address, 6, "world", {{"Upload-Checksum", "sha1 " + to_base64(sha1("world"))}}).status ==
          204);
}

TEST_CASE("files: what is not what was announced is never shown, and can be sent anew") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string lead = asha.add_lead("Meera");
    const std::string address = desk.begin(asha, lead, "hello world");
    check_problem(desk.patch(asha, address, 0, "jello world"), 460, "CONTENT_MISMATCH");
    CHECK(desk.list(asha, lead).empty());
    CHECK(desk.ask(asha, "HEAD", address).status == 404);
    CHECK(desk.stored() == 0);
    (void)desk.upload(asha, lead, "hello world");
    CHECK(desk.list(asha, lead).size() == 1);
}

TEST_CASE("files: asking twice for the same upload is answered as the first time") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    Laptop other(desk.site, "ravi@example.org");
    const std::string lead = asha.add_lead("Meera", {{"ownerId", other.user}});
    const std::string id = asha.new_id(), more = ",id " + to_base64(id);
    for (int i = 0; i < 2; ++i) {
        const auto made = desk.create(asha, lead, kContent, more);
        CHECK(made.status == 201);
        CHECK(http::find_header(made.headers, "Location") == "/api/files/" + id);
    }
    check_problem(desk.create(asha, lead, "another", more), 409, "ID_REUSED");
    check_problem(desk.create(other, lead, kContent, more), 409, "ID_REUSED");
    check_problem(desk.create(asha, lead, kContent, ",id " + to_base64("x")), 400, "MALFORMED");
}

TEST_CASE("files: the same content twice is kept once, and goes with the last of them") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string one = asha.add_lead("One"), two = asha.add_lead("Two");
    const std::string first = desk.upload(asha, one, kContent), second = desk.upload(asha, two, kContent);
    CHECK(desk.stored() == 1);
    CHECK(desk.ask(asha, "DELETE", first).status == 204);
    CHECK(desk.ask(asha, "GET", first).status == 404);
    CHECK(desk.ask(asha, "GET", second).body == kContent);
    CHECK(desk.ask(asha, "DELETE", first).status == 404);
    CHECK(desk.ask(asha, "DELETE", second).status == 204);
    CHECK(desk.stored() == 0);
}

TEST_CASE("files: an empty file is complete at once") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string lead = asha.add_lead("Meera");
    const std::string address = desk.begin(asha, lead, "");
    CHECK(desk.list(asha, lead).size() == 1);
    const auto got = desk.ask(asha, "GET", address);
    CHECK(got.status == 200);
    CHECK(got.body.empty());
}

TEST_CASE("files: who does not see the record learns nothing of its files") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org"), ravi(desk.site, "ravi@example.org"),
        mira(desk.site, "mira@example.org");
    const Workspace elsewhere = desk.site.add_workspace("Elsewhere");
    desk.site.add_user("eve@example.org", Role::admin, elsewhere);
    Laptop eve(desk.site, "eve@example.org");
    const std::string lead = asha.add_lead("Meera", {{"ownerId", ravi.user}});
    const std::string address = desk.upload(asha, lead, kContent);
    CHECK(desk.ask(ravi, "GET", address).body == kContent);
    CHECK(desk.list(ravi, lead).size() == 1);

    const std::string nothing = "/api/files/" + asha.new_id();
    for (Laptop* who : {&mira, &eve}) {
        for (const char* method : {"GET", "HEAD", "DELETE"}) {
            CAPTURE(method);
            const auto refused = desk.ask(*who, method, address), absent = desk.ask(*who, method, nothing);
            CHECK(refused.status == 404);
            CHECK(refused.body == absent.body);
        }
        CHECK(desk.patch(*who, address, 0, "x").body == desk.patch(*who, nothing, 0, "x").body);
        const auto listed = desk.ask(*who, "GET", "/api/files?model=Lead&recordId=" + lead);
        check_problem(listed, 404, "NO_RECORD");
        CHECK(listed.body == desk.ask(*who, "GET", "/api/files?model=Lead&recordId=" + who->new_id()).body);
        check_problem(desk.create(*who, lead, kContent), 404, "NO_RECORD");
    }
    // What is under way is its uploader's alone; a record that is taken away takes its files along.
    const std::string open = desk.begin(asha, lead, "hello");
    CHECK(desk.ask(ravi, "HEAD", open).status == 404);
    (void)asha.push_one(asha.update("Lead", lead, 0, {{"ownerId", mira.user}}, {{"policy", "force"}}));
    CHECK(desk.ask(ravi, "GET", address).status == 404);
    CHECK(desk.ask(mira, "GET", address).status == 200);
    (void)asha.push_one(asha.remove("Lead", lead, 0, {{"policy", "force"}}));
    CHECK(desk.ask(asha, "GET", address).status == 404);
    CHECK(desk.ask(asha, "HEAD", open).status == 404);
}

TEST_CASE("files: the same content in another workspace is another file") {
    Desk desk;
    desk.site.add_user("eve@example.org", Role::admin, desk.site.add_workspace("Elsewhere"));
    Laptop asha(desk.site, "asha@example.org"), eve(desk.site, "eve@example.org");
    const std::string mine = desk.upload(asha, asha.add_lead("Mine"), kContent);
    const std::string theirs = desk.upload(eve, eve.add_lead("Theirs"), kContent);
    CHECK(desk.stored() == 2);
    CHECK(desk.ask(eve, "DELETE", theirs).status == 204);
    CHECK(desk.ask(asha, "GET", mine).body == kContent);
}

TEST_CASE("files: limits") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string lead = asha.add_lead("Meera");
    const auto large = desk.ask(asha, "POST", "/api/files",
                                {{"Upload-Length", "1000001"}, {"Upload-Metadata", Desk::metadata(lead, "x")}});
    check_problem(large, 413, "FILE_TOO_LARGE");
    CHECK(http::find_header(large.headers, "Tus-Max-Size") == "1000000");
    const std::string long_one = Desk::metadata(lead, "x", ",more " + to_base64(std::string(5'000, 'm')));
    check_problem(desk.ask(asha, "POST", "/api/files", {{"Upload-Length", "1"}, {"Upload-Metadata", long_one}}), 400,
                  "METADATA_TOO_LONG");
    std::string open;
    for (int i = 0; i < 3; ++i) open = desk.begin(asha, lead, kContent);
    const auto more = desk.create(asha, lead, kContent);
    check_problem(more, 429, "TOO_MANY_UPLOADS");
    CHECK(http::find_header(more.headers, "Retry-After") == "60");
    CHECK(desk.patch(asha, open, 0, kContent.substr(0, 9)).status == 204);
    CHECK(desk.ask(asha, "DELETE", open).status == 204);
    CHECK(desk.stored() == 0);
    (void)desk.upload(asha, lead, kContent);
    (void)desk.upload(asha, lead, kContent);
}

TEST_CASE("files: every wrong request is refused and changes nothing") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string lead = asha.add_lead("Meera"), good = Desk::metadata(lead, "x");
    const auto post = [&](const std::string& length, const std::string& metadata) {
        return desk.ask(asha, "POST", "/api/files", {{"Upload-Length", length}, {"Upload-Metadata", metadata}});
    };
    for (const char* length : {"", "-1", "1.5", "x", "9999999999999999999"}) {
        CAPTURE(length);
        check_problem(post(length, good), 400, "MALFORMED");
    }
    for (const std::string& metadata :
         {std::string(), std::string("filename"), good + "," + good, std::string("filename ???"), good + ",k\xff\xfe",
          good + ",k\x7f", good + ",naïve eA==", Desk::metadata("no id", "x"),
          "model " + to_base64("Cat") + "," + good.substr(good.find(',') + 1)}) {
        CAPTURE(metadata);
        check_problem(post("1", metadata), 400, "MALFORMED");
    }
    check_problem(desk.ask(asha, "POST", "/api/files", {}, "body"), 415, "UNSUPPORTED_MEDIA_TYPE");
    check_problem(post("1", Desk::metadata(asha.new_id(), "x")), 404, "NO_RECORD");
    check_problem(desk.ask(asha, "GET", "/api/files"), 400, "MALFORMED");
    check_problem(desk.ask(asha, "GET", "/api/files?model=Cat&recordId=" + lead), 400, "MALFORMED");
    const auto put = desk.ask(asha, "PUT", "/api/files");
    check_problem(put, 405, "METHOD_NOT_ALLOWED");
    CHECK(http::find_header(put.headers, "Allow") == "OPTIONS, HEAD, GET, POST");
    check_problem(desk.ask(asha, "GET", "/api/files/not-an-id"), 404, "NO_FILE");
    check_problem(desk.ask(asha, "GET", "/api/files/a/b"), 404, "NOT_FOUND");

    const std::string address = desk.begin(asha, lead, "x");
    check_problem(desk.ask(asha, "PATCH", address, {{"Content-Type", "text/plain"}, {"Upload-Offset", "0"}}, "x"), 415,
                  "UNSUPPORTED_MEDIA_TYPE");
    check_problem(desk.ask(asha, "PATCH", address, {{"Content-Type", "application/offset+octet-stream"}}, "x"), 400,
                  "MALFORMED");
    http::Request old{"HEAD", address, {}, {{"Authorization", "Bearer " + asha.token}}, {}, {}};
    const auto version = desk.site.service->handle(old);
    check_problem(version, 412, "TUS_VERSION");
    CHECK(http::find_header(version.headers, "Tus-Version") == "1.0.0");
    old.headers.clear();
    const auto unknown = desk.site.service->handle(old);
    check_problem(unknown, 401, "UNAUTHENTICATED");
    CHECK(desk.site.ask("OPTIONS", "/api/files").status == 204);
    CHECK(desk.offset(asha, address) == "0");
}

TEST_CASE("files: OPTIONS tells what there is, and methods may travel in a header") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const auto options = desk.ask(asha, "OPTIONS", "/api/files");
    CHECK(options.status == 204);
    CHECK(http::find_header(options.headers, "Tus-Extension") == "creation,termination,checksum");
    CHECK(http::find_header(options.headers, "Tus-Max-Size") == "1000000");
    const std::string address = desk.begin(asha, asha.add_lead("Meera"), "x");
    const auto patched = desk.ask(asha, "POST", address,
                                  {{"X-HTTP-Method-Override", "PATCH"},
                                   {"Content-Type", "application/offset+octet-stream"},
                                   {"Upload-Offset", "0"}},
                                  "x");
    CHECK(patched.status == 204);
}

TEST_CASE("files: a server without a directory keeps none, and says so") {
    Site site;
    site.add_user("asha@example.org", Role::manager);
    Laptop asha(site, "asha@example.org");
    check_problem(site.ask("GET", "/api/files/" + asha.new_id(), {}, asha.token), 501, "NO_FILES");
}

TEST_CASE("files: an upload whose power went between being complete and being in its place") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string lead = asha.add_lead("Meera");
    const std::string address = desk.upload(asha, lead, kContent);
    const std::string hash = hash_of(kContent), base = desk.directory.path + "/1/";
    REQUIRE(move_file(base + hash.substr(0, 2) + "/" + hash, base + "open/" + address.substr(11)));
    CHECK(desk.ask(asha, "GET", address).body == kContent);
    CHECK(desk.ask(asha, "GET", address, {{"Range", "bytes=-3"}}).body == "end");
}

/// Twenty uploads, each completed on a thread of its own while `meanwhile` is done about it.
void while_completed(Desk& desk, const Laptop& who, const std::string& lead,
                     const std::function<void(const std::string& address, const std::string& content)>& meanwhile) {
    for (int i = 0; i < 20; ++i) {
        const std::string content = kContent + std::to_string(i), address = desk.begin(who, lead, content);
        const auto body = desk.patch_slowly(who, address);
        REQUIRE_FALSE(body->take(content));
        std::thread ending([&] { (void)body->end(); });
        meanwhile(address, content);
        ending.join();
    }
}

TEST_CASE("files: whoever asks while an upload is being completed hears of all of it") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string lead = asha.add_lead("Meera");
    while_completed(desk, asha, lead, [&](const std::string& address, const std::string& content) {
        CHECK(desk.offset_at_last(asha, address) == std::to_string(content.size()));
    });
    for (const json& one : desk.list(asha, lead)) {
        const std::string address = "/api/files/" + one["id"].get<std::string>();
        CHECK(hash_of(desk.ask(asha, "GET", address).body) == one["sha256"]);
    }
    CHECK(desk.list(asha, lead).size() == 20);
    CHECK(desk.stored() == 20);  // and nothing beside the contents
}

TEST_CASE("files: what is taken away while its last bytes come leaves nothing") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    std::vector<std::string> gone;
    while_completed(desk, asha, asha.add_lead("Meera"), [&](const std::string& address, const std::string&) {
        CHECK(desk.ask(asha, "DELETE", address).status == 204);
        gone.push_back(address);
    });
    for (const std::string& address : gone) CHECK(desk.ask(asha, "HEAD", address).status == 404);
    CHECK(desk.stored() == 0);
}

TEST_CASE("files: what another process completes between a look and a cut is not cut") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string lead = asha.add_lead("Meera"), address = desk.begin(asha, lead, kContent);
    const auto body = desk.patch_slowly(asha, address, "sha256 " + to_base64(bytes_of(sha256("x"))));
    REQUIRE_FALSE(body->take(kContent));
    const std::string id = address.substr(11), hash = hash_of(kContent), folder = desk.directory.path + "/1/";
    const auto file = PartFile::open_existing(folder + "open/" + id);
    REQUIRE(file);
    auto hold = std::optional(file->hold());
    REQUIRE(*hold);
    http::Response late;
    std::thread ending([&] { late = body->end(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // for one that would not wait to cut it
    REQUIRE(desk.site.storage->attachments().complete_attachment(desk.site.workspace.key, id, kStart));
    std::filesystem::create_directory(folder + hash.substr(0, 2));
    REQUIRE(move_file(folder + "open/" + id, folder + hash.substr(0, 2) + "/" + hash));
    hold.reset();
    ending.join();
    check_problem(late, 409, "TAKEN_OVER");
    CHECK((desk.ask(asha, "GET", address).body == kContent));
}

TEST_CASE("files: a content that another process needs from now on is not taken away") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string one = asha.add_lead("One"), two = asha.add_lead("Two");
    const std::string first = desk.upload(asha, one, kContent), second = desk.begin(asha, two, kContent);
    auto hold = std::optional(FolderHold::wait_for(desk.directory.path + "/1"));
    REQUIRE(*hold);
    int status = 0;
    std::thread removing([&] { status = desk.ask(asha, "DELETE", first).status; });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // for one that would not wait to count
    REQUIRE(desk.site.storage->attachments().complete_attachment(desk.site.workspace.key, second.substr(11), kStart));
    hold.reset();
    removing.join();
    CHECK(status == 204);
    CHECK((desk.ask(asha, "GET", second).body == kContent));
}

TEST_CASE("files: an upload is on the disk before anybody hears that it is complete") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string lead = asha.add_lead("Meera"), address = desk.begin(asha, lead, kContent);
    const std::string cut_short = desk.begin(asha, lead, kContent + "2");
    {
        const FailingFlush broken(desk.directory.path + "/1/open/");
        check_problem(desk.patch(asha, address, 0, kContent), 503, "UNAVAILABLE");
        CHECK(desk.ask(asha, "HEAD", address).status == 503);
        const auto body = desk.patch_slowly(asha, cut_short);
        REQUIRE_FALSE(body->take(kContent + "2"));
        body->cut();
        CHECK(broken.failed() >= 3);
        CHECK(desk.list(asha, lead).empty());
    }
    // What the disk would not take may be lost although it is read back: it comes again.
    for (const std::string& one : {address, cut_short}) CHECK(desk.offset(asha, one) == "0");
    CHECK(desk.list(asha, lead).empty());
    CHECK(desk.patch(asha, address, 0, kContent).status == 204);
    CHECK(desk.list(asha, lead).size() == 1);
}

TEST_CASE("files: who loses the record while the last bytes come finishes nothing on it") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org"), ravi(desk.site, "ravi@example.org");
    const auto hand_over = [&](const std::string& lead, const std::string& to) {
        (void)asha.push_one(asha.update("Lead", lead, 0, {{"ownerId", to}}, {{"policy", "force"}}));
    };
    for (const bool whole : {false, true}) {
        CAPTURE(whole);
        const std::string lead = asha.add_lead("Meera", {{"ownerId", ravi.user}});
        const std::string address = desk.begin(ravi, lead, kContent);
        const auto body = desk.patch_slowly(ravi, address);
        REQUIRE_FALSE(body->take(kContent));
        hand_over(lead, asha.user);
        if (whole)
            CHECK(body->end().status == 404);
        else
            body->cut();
        CHECK(desk.list(asha, lead).empty());
        hand_over(lead, ravi.user);
        CHECK(desk.offset(ravi, address) == std::to_string(kContent.size()));  // nothing of it was lost
        CHECK(desk.list(asha, lead).size() == 1);
    }
}

TEST_CASE("files: a sign-in that ends while a body comes finishes nothing") {
    Desk desk;
    Laptop asha(desk.site, "asha@example.org");
    const std::string lead = asha.add_lead("Meera");
    for (const bool whole : {false, true}) {
        CAPTURE(whole);
        Laptop lost(desk.site, "asha@example.org");
        const std::string content = kContent + (whole ? "1" : "0"), address = desk.begin(lost, lead, content);
        const auto body = desk.patch_slowly(lost, address);
        REQUIRE_FALSE(body->take(content));
        REQUIRE(desk.site.ask("DELETE", "/api/auth/devices/" + lost.device, {}, asha.token).status == 200);
        const std::size_t before = desk.list(asha, lead).size();
        if (whole) {
            const auto refused = body->end();
            check_problem(refused, 401, "UNAUTHENTICATED");
            CHECK(http::find_header(refused.headers, "WWW-Authenticate") == "Bearer");
        } else {
            body->cut();
        }
        CHECK(desk.list(asha, lead).size() == before);
        CHECK(desk.offset(asha, address) == std::to_string(content.size()));  // its user goes on elsewhere
    }
}

TEST_CASE("files: a sign-in that ends while a body comes does not fill the disk") {
    Desk desk(100 << 20);
    Laptop asha(desk.site, "asha@example.org"), lost(desk.site, "asha@example.org");
    const std::string content(40 << 20, 'x'), address = desk.begin(lost, asha.add_lead("Meera"), content);
    const auto body = desk.patch_slowly(lost, address);
    REQUIRE(desk.site.ask("DELETE", "/api/auth/devices/" + lost.device, {}, asha.token).status == 200);
    const std::string_view bytes = content;
    std::optional<http::Response> refused;
    std::size_t taken = 0;
    for (; taken < bytes.size() && !refused; taken += 1 << 20) refused = body->take(bytes.substr(taken, 1 << 20));
    REQUIRE(refused);
    check_problem(*refused, 401, "UNAUTHENTICATED");
    CHECK(taken <= 8 << 20);
    CHECK(desk.offset(asha, address) == std::to_string(taken));
}

}  // namespace
}  // namespace ct::server::test
