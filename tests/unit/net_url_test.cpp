#include <doctest/doctest.h>

#include "net/http_client.h"
#include "net/url.h"

using namespace ct;
using namespace ct::net;

TEST_CASE("a server's address is taken apart") {
    struct Row {
        const char* text;
        bool https;
        const char* host;
        int port;
        const char* prefix;
        const char* authority;
    };
    const Row rows[] = {
        {"http://127.0.0.1:8787", false, "127.0.0.1", 8787, "", "127.0.0.1:8787"},
        {"https://crm.example.com", true, "crm.example.com", 443, "", "crm.example.com"},
        {"HTTPS://CRM.Example.com/", true, "crm.example.com", 443, "", "crm.example.com"},
        {"https://crm.example.com:8443/office/crm/", true, "crm.example.com", 8443, "/office/crm",
         "crm.example.com:8443"},
        {"http://[::1]:80", false, "::1", 80, "", "[::1]"},
        {"https://[FE80::1]:9000/x", true, "fe80::1", 9000, "/x", "[fe80::1]:9000"},
        {"http://my_host-1:65535", false, "my_host-1", 65535, "", "my_host-1:65535"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto url = parse_base_url(row.text);
        REQUIRE(url);
        CHECK(url->https == row.https);
        CHECK(url->host == row.host);
        CHECK(url->port == row.port);
        CHECK(url->prefix == row.prefix);
        CHECK(url->authority() == row.authority);
    }
}

TEST_CASE("what is no address is refused with a reason and sends nothing") {
    for (const char* text : {"",
                             "crm.example.com",
                             "ftp://crm.example.com",
                             "http://",
                             "http:///path",
                             "http://host:0",
                             "http://host:65536",
                             "http://host:",
                             "http://host:80x",
                             "http://host:-1",
                             "http://host:+80",
                             "http://ho st",
                             "http://h\tost",
                             "http://[::1",
                             "http://[localhost]",
                             "http://[::1]x",
                             "http://user:secret@host",
                             "http://host/a b",
                             "http://host/?q=1",
                             "http://host/#part",
                             "http://host\r\nX: y",
                             "http://h\xC3\xB6st",
                             "http:/host"}) {
        CAPTURE(text);
        const auto url = parse_base_url(text);
        REQUIRE_FALSE(url);
        CHECK(url.error().code == "BAD_URL");
        CHECK(url.error().kind == ErrorKind::invalid);
        CHECK(url.error().message.find("secret") == std::string::npos);

        HttpClient client({text, "", 1'024, 1'024});
        http::Request request;
        request.method = "GET";
        request.path = "/";
        const HttpOutcome outcome = client.send(request, {});
        CHECK(outcome.failure == NetFailure::bad_url);
        CHECK(outcome.response.traffic.bytes_sent == 0);
    }
}

TEST_CASE("plain http is safe only where nothing leaves the machine") {
    CHECK(is_loopback("localhost"));
    CHECK(is_loopback("127.0.0.1"));
    CHECK(is_loopback("127.8.9.10"));
    CHECK(is_loopback("::1"));
    CHECK_FALSE(is_loopback("127.example.com"));
    CHECK_FALSE(is_loopback("127.0.0.1.example.com"));
    CHECK_FALSE(is_loopback("10.0.0.1"));
    CHECK_FALSE(is_loopback(""));
    CHECK(transport_is_safe("https://crm.example.com"));
    CHECK(transport_is_safe("http://localhost:8787"));
    CHECK_FALSE(transport_is_safe("http://crm.example.com"));
    CHECK_FALSE(transport_is_safe("http://localhost.example.com"));
    CHECK_FALSE(transport_is_safe("nonsense"));
}
