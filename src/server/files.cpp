#include "server/files.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "server/upload_answers.h"
#include "server/upload_headers.h"
#include "sync/wire.h"

namespace ct::server {

namespace {

// tus, "X-HTTP-Method-Override": for surroundings that let only GET and POST through.
std::string_view method_of(const http::Request& request) {
    const std::string_view other = http::find_header(request.headers, "X-HTTP-Method-Override");
    return other.empty() ? std::string_view(request.method) : other;
}

tl::unexpected<Refusal> no_files() { return refuse(501, "NO_FILES", "this server keeps no attachments"); }

/// An EMPLOYEE sees what hangs on their own leads.
std::string owner_of(const Session& session) {
    return session.user.role == Role::employee ? session.user.id : std::string();
}

nlohmann::json to_json(const Attachment& attachment) {
    return {{"id", attachment.id},         {"model", attachment.model}, {"recordId", attachment.record_id},
            {"name", attachment.name},     {"type", attachment.type},   {"size", attachment.size},
            {"sha256", attachment.sha256}, {"by", attachment.user_id},  {"at", format_rfc3339(attachment.created_at)}};
}

/// The value of `name` in "a=b&c=d"; nothing that these addresses take needs escaping.
std::string_view parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const std::size_t equals = pair.find('=');
        if (pair.substr(0, equals) == name && equals != std::string_view::npos) return pair.substr(equals + 1);
    }
    return {};
}

}  // namespace

bool Files::owns(std::string_view path) {
    if (!path.starts_with(kFilesPath)) return false;
    path.remove_prefix(kFilesPath.size());
    return path.empty() || (path.size() > 1 && path[0] == '/' && path.find('/', 1) == std::string_view::npos);
}

bool Files::streams(const http::Request& head) {
    return owns(head.path) && head.path.size() > kFilesPath.size() && method_of(head) == "PATCH";
}

std::mutex& Files::lock_of(std::string_view what) { return locks_[checksum64(what) % locks_.size()]; }

http::Answered Files::handle(const http::Request& request) {
    if (request.method == "OPTIONS") return options();
    const auto session = who_(request);
    if (!session) return refused(session.error());
    Asked asked{request, *session, {}};
    if (request.path.size() > kFilesPath.size()) {
        const auto id = Uuid::parse(std::string_view(request.path).substr(kFilesPath.size() + 1));
        asked.id = id ? id->str() : "-";  // names nothing
    }
    auto reply = route(asked, method_of(request));
    if (!reply) return refused(reply.error());
    return std::move(*reply);
}

http::Response Files::refused(const Refusal& refusal) const {
    auto response = to_response(tl::unexpected(refusal));
    if (refusal.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    if (refusal.status == 412) response.headers.emplace_back("Tus-Version", kTusVersion);
    if (refusal.status == 413) response.headers.emplace_back("Tus-Max-Size", std::to_string(options_.size_max));
    return response;
}

http::Response Files::options() const {
    if (options_.directory.empty()) return refused(no_files().value());
    auto response = upload_answer(204);
    response.headers.emplace_back("Tus-Version", kTusVersion);
    response.headers.emplace_back("Tus-Extension", "creation,termination,checksum");
    response.headers.emplace_back("Tus-Checksum-Algorithm", "sha256,sha1");
    response.headers.emplace_back("Tus-Max-Size", std::to_string(options_.size_max));
    return response;
}

Files::Reply Files::route(const Asked& asked, std::string_view method) {
    if (options_.directory.empty()) return no_files();
    const bool one = !asked.id.empty();
    if (method == "GET") return one ? download(asked) : list(asked);
    if (method == "HEAD" && !one) return list(asked);
    if (asked.request.method == "HEAD" && asked.header("Tus-Resumable").empty()) {  // not of tus: what GET would answer
        if (const auto found = find(asked); found && found->complete()) return download(asked);
    }
    const bool known = one ? method == "HEAD" || method == "PATCH" || method == "DELETE" : method == "POST";
    if (!known) {
        const std::string allowed = one ? "OPTIONS, HEAD, GET, PATCH, DELETE" : "OPTIONS, HEAD, GET, POST";
        auto response = to_response(refuse(405, "METHOD_NOT_ALLOWED", "this address takes " + allowed));
        response.headers.emplace_back("Allow", allowed);
        return response;
    }
    if (asked.header("Tus-Resumable") != kTusVersion) {
        return refuse(412, "TUS_VERSION", "Tus-Resumable must be " + std::string(kTusVersion));
    }
    if (method == "POST") return create(asked);
    if (method == "HEAD") return tell(asked);
    return method == "PATCH" ? append(asked) : remove(asked);
}

// ---- who may

tl::expected<void, Refusal> Files::check_record(const Asked& asked, const Attachment& attachment) {
    const auto sees =
        rows_.sees_record(asked.workspace(), attachment.model, attachment.record_id, owner_of(asked.session));
    if (!sees) return refuse(sees.error());
    if (!*sees) return refuse(404, "NO_RECORD", "there is no such record");
    return {};
}

tl::expected<Attachment, Refusal> Files::find(const Asked& asked) {
    auto found = rows_.attachment(asked.workspace(), asked.id);
    if (!found) return refuse(found.error());
    if (!*found || (!(*found)->complete() && (*found)->user_id != asked.session.user.id)) return no_such_upload();
    if (auto checked = check_record(asked, **found); !checked) {
        return checked.error().status == 404 ? no_such_upload() : tl::unexpected(checked.error());
    }
    return std::move(**found);
}

// ---- reading

Files::Reply Files::list(const Asked& asked) {
    const auto model = crm::find_model(parameter(asked.request.query, "model"));
    const auto record = Uuid::parse(parameter(asked.request.query, "recordId"));
    if (!model || !record) return refuse(400, "MALFORMED", "give model and recordId");
    Attachment of;
    of.model = crm::name(*model);
    of.record_id = record->str();
    if (auto checked = check_record(asked, of); !checked) return tl::unexpected(checked.error());
    const auto found = rows_.attachments_of(asked.workspace(), of.model, of.record_id);
    if (!found) return refuse(found.error());
    nlohmann::json attachments = nlohmann::json::array();
    for (const Attachment& attachment : *found) attachments.push_back(to_json(attachment));
    return to_response(nlohmann::json{{"attachments", std::move(attachments)}}.dump());
}

}  // namespace ct::server
