#include "server/contract.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "assets/openapi.h"

namespace ct::server::test {

namespace {

using nlohmann::json;

const json& paths() {
    static const json document = json::parse(assets::openapi());
    return document["paths"];
}

/// "/api/files/{id}" takes one further word.
bool fits(std::string_view described, std::string_view path) {
    const auto open = described.find('{');
    if (open == std::string_view::npos) return described == path;
    const std::string_view before = described.substr(0, open);
    return path.starts_with(before) && path.size() > before.size() &&
           path.find('/', before.size()) == std::string_view::npos;
}

}  // namespace

void check_documented(const http::Request& request, const http::Response& response) {
    std::string method = request.method;
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    for (const auto& path : paths().items()) {
        const std::string& described = path.key();
        const json& methods = path.value();
        if (!fits(described, request.path)) continue;
        if (!methods.contains(method)) {
            const bool refused = response.status == 405 || response.status == 401;
            CHECK_MESSAGE(refused, request.method << " " << request.path << " is " << response.status);
            return;
        }
        CHECK_MESSAGE(methods.at(method).at("responses").contains(std::to_string(response.status)),
                      request.method << " " << described << " answers " << response.status << ", says nobody");
        return;
    }
    CHECK(response.status == 404);
}

}  // namespace ct::server::test
