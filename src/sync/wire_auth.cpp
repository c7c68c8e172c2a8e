// Codec of sign-in, health and problem documents.
#include "sync/wire.h"
#include "sync/wire_json.h"

namespace ct::sync {

using wire::ObjectWriter;
using wire::Reader;

std::string encode(const LoginRequest& request) {
    std::string out;
    ObjectWriter object(out);
    object.text("email", request.email).text("password", request.password);
    if (!request.workspace.empty()) object.text("workspace", request.workspace);
    object.begin("device");
    ObjectWriter device(out);
    device.text("id", request.device_id).text("name", request.device_name).end();
    object.end();
    return out;
}

Result<LoginRequest> decode_login_request(std::string_view body) {
    const auto document = wire::parse_object(body);
    if (!document) return fail(document.error());
    Reader reader(*document);
    LoginRequest request;
    request.email = reader.text("email");
    request.password = reader.text("password");
    request.workspace = reader.text_or("workspace");
    const auto* device = reader.object("device");
    if (!reader.ok()) return reader.failure();
    Reader device_reader(*device, "device");
    request.device_id = device_reader.text("id");
    request.device_name = device_reader.text_or("name");
    if (!device_reader.ok()) return device_reader.failure();
    return request;
}

std::string encode(const LoginAnswer& answer) {
    std::string out;
    ObjectWriter object(out);
    object.text("token", answer.token).time("expiresAt", answer.expires_at);
    object.begin("user");
    ObjectWriter user(out);
    user.text("id", answer.user.id).text("name", answer.user.name).text("email", answer.user.email);
    user.text("role", answer.user.role).end();
    object.begin("workspace");
    ObjectWriter workspace(out);
    workspace.text("id", answer.workspace_id).text("name", answer.workspace_name).end();
    object.text("epoch", answer.epoch).time("serverTime", answer.server_time).end();
    return out;
}

Result<LoginAnswer> decode_login_answer(std::string_view body) {
    const auto document = wire::parse_object(body);
    if (!document) return fail(document.error());
    Reader reader(*document);
    LoginAnswer answer;
    answer.token = reader.text("token");
    answer.expires_at = reader.time_or("expiresAt", 0);
    answer.epoch = reader.text("epoch");
    answer.server_time = reader.time("serverTime");
    const auto* user = reader.object("user");
    const auto* workspace = reader.object("workspace");
    if (!reader.ok()) return reader.failure();
    Reader user_reader(*user, "user");
    answer.user = {user_reader.text("id"), user_reader.text_or("name"), user_reader.text_or("email"),
                   user_reader.text_or("role")};
    Reader workspace_reader(*workspace, "workspace");
    answer.workspace_id = workspace_reader.text("id");
    answer.workspace_name = workspace_reader.text_or("name");
    if (!user_reader.ok()) return user_reader.failure();
    if (!workspace_reader.ok()) return workspace_reader.failure();
    return answer;
}

std::string encode(const Health& health) {
    std::string out;
    ObjectWriter object(out);
    object.text("product", health.product).text("version", health.version).text("epoch", health.epoch);
    object.time("serverTime", health.server_time).end();
    return out;
}

Result<Health> decode_health(std::string_view body) {
    const auto document = wire::parse_object(body);
    if (!document) return fail(document.error());
    Reader reader(*document);
    Health health{reader.text("product"), reader.text_or("version"), reader.text_or("epoch"),
                  reader.time_or("serverTime", 0)};
    if (!reader.ok()) return reader.failure();
    return health;
}

namespace {

std::string_view reason_phrase(int status) {
    switch (status) {
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 426: return "Upgrade Required";
        case 429: return "Too Many Requests";
        case 500: return "Internal Server Error";
        case 503: return "Service Unavailable";
        default: return "Error";
    }
}

}  // namespace

std::string encode(const Problem& problem) {
    std::string out;
    ObjectWriter object(out);
    object.text("type", "about:blank").text("title", reason_phrase(problem.status));
    object.integer("status", problem.status).text("code", problem.code);
    if (!problem.detail.empty()) object.text("detail", problem.detail);
    if (problem.expected >= 0) object.integer("expected", problem.expected);
    if (!problem.epoch.empty()) object.text("epoch", problem.epoch);
    object.end();
    return out;
}

Result<Problem> decode_problem(std::string_view body) {
    const auto document = wire::parse_object(body);
    if (!document) return fail(document.error());
    Reader reader(*document);
    Problem problem;
    problem.status = static_cast<int>(reader.integer_or("status", 0));
    problem.code = reader.text("code");
    problem.detail = reader.text_or("detail");
    problem.expected = reader.integer_or("expected", -1);
    problem.epoch = reader.text_or("epoch");
    if (!reader.ok()) return reader.failure();
    return problem;
}

}  // namespace ct::sync
