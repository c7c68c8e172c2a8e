#include "server/files.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "server/upload_headers.h"
#include "sync/file_name.h"
#include "sync/wire.h"

namespace ct::server {

namespace {

constexpr std::string_view kPath = "/api/files";
constexpr std::string_view kTusVersion = "1.0.0";
constexpr int kChecksumMismatch = 460;  // tus, "Checksum"

tl::unexpected<Refusal> no_such_file() { return refuse(404, "NO_FILE", "there is no such file"); }

http::Response empty_answer(int status) {
    http::Response response;
    response.status = status;
    response.headers = {{std::string(sync::kProtocolHeader), std::to_string(sync::kProtocol)},
                        {"Cache-Control", "no-store"}};
    return response;
}

/// An EMPLOYEE sees what hangs on their own leads.
std::string owner_of(const Session& session) {
    return session.user.role == Role::employee ? session.user.id : std::string();
}

/// A client that tries again must not make a second one: its first attempt counts, if it was the same.
bool same_upload(const Attachment& a, const Attachment& b) {
    return a.model == b.model && a.record_id == b.record_id && a.size == b.size && a.sha256 == b.sha256 &&
           a.user_id == b.user_id;
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
    if (!path.starts_with(kPath)) return false;
    path.remove_prefix(kPath.size());
    return path.empty() || (path.size() > 1 && path[0] == '/' && path.find('/', 1) == std::string_view::npos);
}

std::mutex& Files::lock_of(std::string_view what) { return locks_[checksum64(what) % locks_.size()]; }

http::Response Files::handle(const http::Request& request, const Session& session) {
    Asked asked{request, session, {}};
    if (request.path.size() > kPath.size()) {
        const auto id = Uuid::parse(std::string_view(request.path).substr(kPath.size() + 1));
        asked.id = id ? id->str() : "-";  // names nothing
    }
    // tus, "X-HTTP-Method-Override": for surroundings that let only GET and POST through.
    const std::string_view other = asked.header("X-HTTP-Method-Override");
    auto reply = route(asked, other.empty() ? std::string_view(request.method) : other);
    http::Response response = reply ? std::move(*reply) : to_response(tl::unexpected(reply.error()));
    response.headers.emplace_back("Tus-Resumable", kTusVersion);
    if (response.status == 412) response.headers.emplace_back("Tus-Version", kTusVersion);
    if (response.status == 413) response.headers.emplace_back("Tus-Max-Size", std::to_string(options_.size_max));
    return response;
}

Files::Reply Files::route(const Asked& asked, std::string_view method) {
    if (options_.directory.empty()) {
        return refuse(501, "NO_FILES", "this server keeps no attachments");
    }
    const bool one = !asked.id.empty();
    if (method == "GET") return one ? download(asked) : list(asked);
    if (method == "OPTIONS") {
        auto response = empty_answer(204);
        response.headers.emplace_back("Tus-Version", kTusVersion);
        response.headers.emplace_back("Tus-Extension", "creation,termination,checksum");
        response.headers.emplace_back("Tus-Checksum-Algorithm", "sha256,sha1");
        response.headers.emplace_back("Tus-Max-Size", std::to_string(options_.size_max));
        return response;
    }
    const bool known = one ? method == "HEAD" || method == "PATCH" || method == "DELETE" : method == "POST";
    if (!known) {
        return refuse(405, "METHOD_NOT_ALLOWED",
                      one ? "this address takes OPTIONS, HEAD, GET, PATCH and DELETE"
                          : "this address takes OPTIONS, GET and POST");
    }
    if (asked.header("Tus-Resumable") != kTusVersion) {
        return refuse(412, "TUS_VERSION", "Tus-Resumable must be 1.0.0");
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
    if (!*found || (!(*found)->complete() && (*found)->user_id != asked.session.user.id)) return no_such_file();
    if (auto checked = check_record(asked, **found); !checked) {
        return checked.error().status == 404 ? no_such_file() : tl::unexpected(checked.error());
    }
    return std::move(**found);
}

// ---- uploads

tl::expected<Attachment, Refusal> Files::announced(const Asked& asked) {
    const auto length = parse_size(asked.header("Upload-Length"));
    if (!length) return refuse(400, "MALFORMED", "Upload-Length must be a whole number of bytes");
    if (*length > options_.size_max) {
        return refuse(413, "FILE_TOO_LARGE", "a file has at most " + std::to_string(options_.size_max) + " bytes");
    }
    if (asked.header("Upload-Metadata").size() > options_.metadata_max) {
        return refuse(400, "METADATA_TOO_LONG",
                      "Upload-Metadata has at most " + std::to_string(options_.metadata_max) + " bytes");
    }
    auto metadata = parse_upload_metadata(asked.header("Upload-Metadata"));
    if (!metadata) return refuse(400, "MALFORMED", "Upload-Metadata must be pairs of a key and a base64 value");
    const auto model = crm::find_model((*metadata)["model"]);
    const auto record = Uuid::parse((*metadata)["recordId"]);
    const auto hash = parse_sha256((*metadata)["sha256"]);
    if (!model || !record || !hash || (*metadata)["filename"].empty()) {
        return refuse(400, "MALFORMED", "Upload-Metadata must hold filename, model, recordId and sha256");
    }
    Attachment attachment;
    if (metadata->contains("id")) {
        const auto id = Uuid::parse((*metadata)["id"]);
        if (!id || id->nil()) return refuse(400, "MALFORMED", "the id in Upload-Metadata must be a UUID");
        attachment.id = id->str();
    } else {
        attachment.id = UuidGenerator(clock_, random_).next().str();
    }
    attachment.model = crm::name(*model);
    attachment.record_id = record->str();
    attachment.name = sync::clean_file_name((*metadata)["filename"]);
    attachment.type = clean_media_type((*metadata)["filetype"]);
    attachment.size = *length;
    attachment.sha256 = *hash;
    attachment.user_id = asked.session.user.id;
    attachment.device_id = asked.session.device;
    attachment.created_at = clock_.now();
    return attachment;
}

Files::Reply Files::create(const Asked& asked) {
    if (!asked.request.body.empty()) return refuse(415, "UNSUPPORTED_MEDIA_TYPE", "the bytes follow by PATCH");
    auto attachment = announced(asked);
    if (!attachment) return tl::unexpected(attachment.error());
    if (auto checked = check_record(asked, *attachment); !checked) return tl::unexpected(checked.error());
    const auto added = rows_.add_attachment(asked.workspace(), *attachment, options_.open_max);
    if (!added) return refuse(added.error());
    if (*added == Attachments::Added::too_many) {
        auto refusal = refuse(429, "TOO_MANY_UPLOADS", "finish or end the uploads of this device that are under way");
        refusal.value().retry_after_s = 60;
        return refusal;
    }
    if (*added == Attachments::Added::exists) {
        const auto first = rows_.attachment(asked.workspace(), attachment->id);
        if (!first) return refuse(first.error());
        if (!*first || !same_upload(**first, *attachment)) {
            return refuse(409, "ID_REUSED", "this id is taken by another file");
        }
        *attachment = **first;
    } else if (attachment->size == 0) {  // there is nothing to wait for
        const std::scoped_lock lock(lock_of(attachment->id));
        if (auto written = blobs_.append(asked.workspace(), *attachment, 0, {}); !written) {
            return refuse(written.error());
        }
        if (auto finished = finish(asked, *attachment); !finished) return tl::unexpected(finished.error());
    }
    const auto received = blobs_.received(asked.workspace(), *attachment);
    if (!received) return refuse(received.error());
    auto response = empty_answer(201);
    response.headers.emplace_back("Location", std::string(kPath) + "/" + attachment->id);
    response.headers.emplace_back("Upload-Offset", std::to_string(*received));  // saves whoever resumes a HEAD
    return response;
}

Files::Reply Files::tell(const Asked& asked) {
    const auto attachment = find(asked);
    if (!attachment) return tl::unexpected(attachment.error());
    const auto received = blobs_.received(asked.workspace(), *attachment);
    if (!received) return refuse(received.error());
    auto response = empty_answer(200);
    response.headers.emplace_back("Upload-Offset", std::to_string(*received));
    response.headers.emplace_back("Upload-Length", std::to_string(attachment->size));
    response.headers.emplace_back(
        "Upload-Metadata", "filename " + to_base64(attachment->name) + ",filetype " + to_base64(attachment->type));
    return response;
}

Files::Reply Files::append(const Asked& asked) {
    if (asked.header("Content-Type") != kOffsetStream) {
        return refuse(415, "UNSUPPORTED_MEDIA_TYPE", "the body must be " + std::string(kOffsetStream));
    }
    const auto offset = parse_size(asked.header("Upload-Offset"));
    if (!offset) return refuse(400, "MALFORMED", "Upload-Offset must be a whole number of bytes");
    const auto checksum = check_upload(asked.header("Upload-Checksum"), asked.request.body);
    if (checksum == Checksum::unknown) {
        return refuse(400, "MALFORMED", "Upload-Checksum must be sha256 or sha1 and a base64 value");
    }
    auto attachment = find(asked);
    if (!attachment) return tl::unexpected(attachment.error());
    const std::scoped_lock lock(lock_of(attachment->id));
    auto again = find(asked);  // another request may have finished or ended it meanwhile
    if (!again) return tl::unexpected(again.error());
    const auto received = blobs_.received(asked.workspace(), *again);
    if (!received) return refuse(received.error());
    if (*received != *offset || again->complete()) {
        return refuse(409, "WRONG_OFFSET", "there are " + std::to_string(*received) + " bytes here",
                      json_member("offset", *received));
    }
    const auto size = static_cast<std::int64_t>(asked.request.body.size());
    if (size > again->size - *offset) return refuse(413, "TOO_LARGE", "more bytes than Upload-Length announced");
    if (checksum == Checksum::mismatch) {
        return refuse(kChecksumMismatch, "CHECKSUM_MISMATCH", "the part does not match its Upload-Checksum");
    }
    if (auto written = blobs_.append(asked.workspace(), *again, *offset, asked.request.body); !written) {
        return refuse(written.error());
    }
    if (*offset + size == again->size) {
        if (auto finished = finish(asked, *again); !finished) return tl::unexpected(finished.error());
    }
    auto response = empty_answer(204);
    response.headers.emplace_back("Upload-Offset", std::to_string(*offset + size));
    return response;
}

tl::expected<void, Refusal> Files::finish(const Asked& asked, Attachment& attachment) {
    const auto same = blobs_.verify(asked.workspace(), attachment);
    if (!same) return refuse(same.error());
    if (!*same) {
        // Of no use to anybody, and it cannot be known which part is wrong.
        if (auto removed = rows_.remove_attachment(asked.workspace(), attachment); !removed) {
            return refuse(removed.error());
        }
        if (auto dropped = blobs_.drop_upload(asked.workspace(), attachment); !dropped) return refuse(dropped.error());
        return refuse(kChecksumMismatch, "CONTENT_MISMATCH", "the file is not the one that was announced");
    }
    // In this order: what is complete and not in its place yet is put there by whoever reads it first.
    const std::scoped_lock lock(content_mutex_);
    const auto now = clock_.now();
    if (auto done = rows_.complete_attachment(asked.workspace(), attachment.id, now); !done) {
        return refuse(done.error());
    }
    attachment.completed_at = now;
    if (auto kept = blobs_.keep(asked.workspace(), attachment); !kept) return refuse(kept.error());
    return {};
}

Files::Reply Files::remove(const Asked& asked) {
    const auto attachment = find(asked);
    if (!attachment) return tl::unexpected(attachment.error());
    const std::scoped_lock lock(lock_of(attachment->id), content_mutex_);
    const auto left = rows_.remove_attachment(asked.workspace(), *attachment);
    if (!left) return refuse(left.error());
    // From here on nobody sees it; bytes that could not be removed only take room.
    auto dropped = blobs_.drop_upload(asked.workspace(), *attachment);
    if (dropped && *left == 0) dropped = blobs_.drop_content(asked.workspace(), *attachment);
    if (!dropped) return refuse(dropped.error());
    return empty_answer(204);
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

Files::Reply Files::download(const Asked& asked) {
    const auto attachment = find(asked);
    if (!attachment) return tl::unexpected(attachment.error());
    if (!attachment->complete()) return no_such_file();
    auto range = parse_range(asked.header("Range"), attachment->size);
    const std::string tag = "\"" + attachment->sha256 + "\"";
    const std::string_view only_if = asked.header("If-Range");
    if (!only_if.empty() && only_if != tag) range = ByteRange{0, attachment->size, false};
    if (!range) {
        auto refused = to_response(refuse(416, "BAD_RANGE", "the file has no such bytes"));
        refused.headers.emplace_back("Content-Range", "bytes */" + std::to_string(attachment->size));
        return refused;
    }
    const auto most = static_cast<std::int64_t>(options_.answer_max);
    if (!range->partial && range->length > most) {
        return refuse(413, "RANGE_NEEDED", "ask for at most " + std::to_string(most) + " bytes at a time, by Range");
    }
    range->length = std::min(range->length, most);
    auto bytes = blobs_.read(asked.workspace(), *attachment, range->from, static_cast<std::size_t>(range->length));
    if (!bytes) return refuse(bytes.error());
    auto response = empty_answer(range->partial ? 206 : 200);
    response.headers.emplace_back("Content-Type", attachment->type);
    response.headers.emplace_back("Accept-Ranges", "bytes");
    response.headers.emplace_back("ETag", tag);
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    response.headers.emplace_back("Content-Disposition", content_disposition(attachment->name));
    if (range->partial) {
        response.headers.emplace_back("Content-Range", "bytes " + std::to_string(range->from) + "-" +
                                                           std::to_string(range->from + range->length - 1) + "/" +
                                                           std::to_string(attachment->size));
    }
    // Ranges are of the bytes as they are: compressed, they would be ranges of something else.
    response.headers.emplace_back("Content-Encoding", "identity");
    response.headers.emplace_back("Content-Digest", content_digest(*bytes));
    response.body = std::move(*bytes);
    return response;
}

}  // namespace ct::server
