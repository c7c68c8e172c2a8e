#include "server/answer.h"

#include "base/log.h"
#include "crm/json_codec.h"
#include "sync/wire.h"

namespace ct::server {

namespace {

std::string problem_json(const Refusal& refusal) {
    sync::Problem problem;
    problem.status = refusal.status;
    problem.code = refusal.code;
    problem.detail = refusal.detail;
    std::string body = sync::encode(problem);
    if (!refusal.members.empty()) {
        body.pop_back();
        body.append(refusal.members).append("}");
    }
    return body;
}

}  // namespace

tl::unexpected<Refusal> refuse(int status, std::string_view code, std::string detail, std::string members) {
    return tl::unexpected<Refusal>(Refusal{status, std::string(code), std::move(detail), std::move(members)});
}

tl::unexpected<Refusal> refuse(const Error& error) {
    switch (error.kind) {
        case ErrorKind::invalid:
        case ErrorKind::protocol: return refuse(400, error.code, error.message);
        case ErrorKind::not_found: return refuse(404, error.code, error.message);
        case ErrorKind::denied: return refuse(403, error.code, error.message);
        default: break;
    }
    log::error(error.message);  // says what the database said; the client is told no more than that it failed
    auto refusal = refuse(503, "UNAVAILABLE", "the server's database does not answer; nothing was changed");
    refusal.value().retry_after_s = 5;
    return refusal;
}

http::Response to_response(const Answer& answer) {
    http::Response response;
    response.status = answer ? 200 : answer.error().status;
    response.headers.emplace_back("Content-Type", answer ? sync::kJson : sync::kProblemJson);
    response.headers.emplace_back(sync::kProtocolHeader, std::to_string(sync::kProtocol));
    response.headers.emplace_back("Cache-Control", "no-store");
    if (!answer && answer.error().retry_after_s >= 0) {
        response.headers.emplace_back("Retry-After", std::to_string(answer.error().retry_after_s));
    }
    response.body = answer ? answer->body : problem_json(answer.error());
    return response;
}

std::string json_member(std::string_view name, std::string_view value) {
    std::string text = ",";
    crm::JsonWriter json(text);
    json.string(name);
    json.raw(":");
    json.string(value);
    return text;
}

std::string json_member(std::string_view name, std::int64_t value) {
    std::string text = ",";
    crm::JsonWriter json(text);
    json.string(name);
    json.raw(":");
    json.number(value);
    return text;
}

}  // namespace ct::server
