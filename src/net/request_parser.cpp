#include "net/request_parser.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <limits>
#include <utility>

#include "base/digest.h"
#include "net/encoding.h"
#include "net/header_rules.h"
#include "net/link_rate.h"

namespace ct::net {
namespace {

namespace beast = boost::beast;

// Of a whole head. Ours are under 500 bytes; a browser's cookies stay under this too.
constexpr std::size_t kHeadMax = 16 * 1'024;
// Bytes that can only be taken together: a header line, a chunk's head with what is before the next one.
constexpr std::size_t kPieceMax = 8 * 1'024;
// "0\r\n\r\n". Whatever is left of a body in chunks has at least as many.
constexpr std::size_t kLastChunk = 5;
constexpr std::size_t kRequestIdMax = 64;

/// Headers of which two would mean two things.
constexpr std::array<std::string_view, 8> kSingle{
    "Host",           "Authorization",     "Content-Type", "Content-Length", "Content-Encoding",
    "Content-Digest", "Transfer-Encoding", "Expect"};

constexpr std::array<std::string_view, 5> kAboutTransfer{"Content-Encoding", "Content-Length", "Transfer-Encoding",
                                                         "Connection", "Expect"};

[[nodiscard]] bool is_among(std::string_view header, const auto& names) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return same_name(header, name); });
}

[[nodiscard]] std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

[[nodiscard]] int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Undoes %xx. Nothing for what is no %xx, and for control characters.
[[nodiscard]] std::optional<std::string> decoded_path(std::string_view path) {
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        char c = path[i];
        if (c == '%') {
            const int high = i + 2 < path.size() ? hex_digit(path[i + 1]) : -1;
            const int low = i + 2 < path.size() ? hex_digit(path[i + 2]) : -1;
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high << 4 | low);
            i += 2;
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
        out.push_back(c);
    }
    return out;
}

/// What RFC 9110 lets stand in Host, and no more than a name or an address needs; empty is allowed.
[[nodiscard]] bool is_host(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("-._~:[]%").find(c) != std::string_view::npos;
    });
}

[[nodiscard]] bool is_request_id(std::string_view text) {
    return !text.empty() && text.size() <= kRequestIdMax && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
               c == '.';
    });
}

[[nodiscard]] Refusal too_large(std::size_t limit) {
    return {413, "TOO_LARGE", "the body is over " + std::to_string(limit) + " bytes"};
}

[[nodiscard]] Refusal malformed(std::string detail) { return {400, "MALFORMED", std::move(detail)}; }

// Of what a body announces, this much is made room for at once.
constexpr std::size_t kReserve = 256 * 1'024;

/// A body as text, as Beast's own string_body; that one makes room for all that Content-Length says.
struct GrowingBody {
    using value_type = std::string;
    class reader {
      public:
        template <bool isRequest, class Fields>
        reader(beast::http::header<isRequest, Fields>&, value_type& body) : body_(body) {}
        void init(const boost::optional<std::uint64_t>& length, beast::error_code& error) {
            error = {};
            if (length) body_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, kReserve)));
        }
        template <class Buffers>
        std::size_t put(const Buffers& buffers, beast::error_code& error) {
            error = {};
            std::size_t taken = 0;
            for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers);
                 ++at) {
                const boost::asio::const_buffer piece = *at;
                body_.append(static_cast<const char*>(piece.data()), piece.size());
                taken += piece.size();
            }
            return taken;
        }
        void finish(beast::error_code& error) { error = {}; }

      private:
        value_type& body_;
    };
};

}  // namespace

struct RequestParser::Parser {
    beast::http::request_parser<GrowingBody> beast;
    std::function<void(std::uint64_t, beast::string_view, beast::error_code&)> on_chunk;  // the parser refers to it
};

RequestParser::RequestParser(BodyMax body_max, Streams streams)
    : body_max_(std::move(body_max)), streams_(std::move(streams)), parser_(std::make_unique<Parser>()) {
    parser_->beast.header_limit(kHeadMax);
    parser_->beast.body_limit(std::numeric_limits<std::uint64_t>::max());  // known after the head
    parser_->on_chunk = [](std::uint64_t, beast::string_view extension, beast::error_code& error) {
        if (!extension.empty()) error = beast::http::error::bad_chunk_extension;
    };
    parser_->beast.on_chunk_header(parser_->on_chunk);
}

RequestParser::~RequestParser() = default;

std::size_t RequestParser::body_held() const { return parser_->beast.get().body().size(); }

std::size_t RequestParser::feed(std::string_view bytes) {
    std::size_t taken = 0;
    const Stage before = stage_;
    while (stage_ == before && (before == Stage::head || before == Stage::body)) {
        beast::error_code error;
        const std::string_view rest = bytes.substr(taken);
        // The library asserts (aborts) when it is asked again about a last chunk of which it has seen only a part.
        if (before == Stage::body && parser_->beast.chunked() && rest.size() < kLastChunk) break;
        const std::size_t step = parser_->beast.put({rest.data(), rest.size()}, error);
        taken += step;
        if (before == Stage::head && is_folded(rest.substr(0, step))) {
            refuse(malformed("a header goes on in the next line"));
            break;
        }
        if (before == Stage::head) head_bytes_ += step;
        if (before == Stage::head && head_bytes_ > kHeadMax) error = beast::http::error::header_limit;
        if (error == beast::http::error::need_more) {
            const std::size_t piece_max = before == Stage::head ? kHeadMax - head_bytes_ : kPieceMax;
            if (bytes.size() - taken > piece_max) refuse_for(static_cast<int>(beast::http::error::header_limit));
            break;
        }
        if (error) {
            refuse_for(error.category() == make_error_code(beast::http::error::need_more).category() ? error.value()
                                                                                                     : 0);
        } else if (before == Stage::head && parser_->beast.is_header_done()) {
            head_is_here();
        } else if (parser_->beast.is_done()) {
            stage_ = Stage::complete;
        } else if (step == 0) {
            break;
        }
    }
    return taken;
}

/// The library joins a header that goes on in a next line; others take that line for another header, or for none.
bool RequestParser::is_folded(std::string_view head) {
    for (const char c : head) {
        const bool folded = last_of_head_ == '\n' && (c == ' ' || c == '\t');
        last_of_head_ = c;
        if (folded) return true;
    }
    return false;
}

bool RequestParser::refuse(Refusal refusal) {
    refusal_ = std::move(refusal);
    stage_ = Stage::refused;
    return false;
}

void RequestParser::refuse_for(int error) {
    switch (static_cast<beast::http::error>(error)) {
        case beast::http::error::header_limit:
            refuse({431, "HEAD_TOO_LARGE", "the request's head is over " + std::to_string(kHeadMax) + " bytes"});
            return;
        case beast::http::error::body_limit: refuse(too_large(limit_)); return;
        case beast::http::error::bad_content_length:
        case beast::http::error::bad_transfer_encoding:
            refuse(malformed("Content-Length and Transfer-Encoding do not say clearly where the body ends"));
            return;
        case beast::http::error::bad_chunk:
        case beast::http::error::bad_chunk_extension: refuse(malformed("the chunks of the body make no sense")); return;
        default: refuse(malformed("this is no HTTP/1.1 request")); return;
    }
}

void RequestParser::head_is_here() {
    const auto& head = parser_->beast.get();
    http::Request& ours = received_.request;
    ours.method = view(head.method_string());
    received_.head_only = ours.method == "HEAD";
    received_.close = !parser_->beast.keep_alive() || head.version() < 11;
    if (!take_headers() || !take_framing() || !take_target(view(head.target()))) return;
    const bool encoded = !received_.content_encoding.empty() && received_.content_encoding != "identity";
    streamed_ = streams_ && !encoded && streams_(ours);
    limit_ = streamed_ ? std::numeric_limits<std::size_t>::max() : body_max_(ours);
    if (announced_ > limit_) {
        refuse(too_large(limit_));
        return;
    }
    parser_->beast.body_limit(limit_);
    parser_->beast.eager(true);
    stage_ = parser_->beast.is_done() ? Stage::complete : Stage::body;
}

bool RequestParser::take_headers() {
    const auto& head = parser_->beast.get();
    std::array<int, kSingle.size()> seen{};
    for (const auto& field : head) {
        const std::string_view name = view(field.name_string());
        const std::string_view value = view(field.value());
        for (std::size_t i = 0; i < kSingle.size(); ++i) {
            if (same_name(name, kSingle[i]) && ++seen[i] > 1)
                return refuse(malformed(std::string(kSingle[i]) + " stands there twice"));
        }
        if (same_name(name, "Host") && !is_host(value)) return refuse(malformed("Host is no name or address"));
        if (same_name(name, "Content-Encoding")) received_.content_encoding = value;
        if (same_name(name, "Accept-Encoding"))
            received_.accept_encoding.append(received_.accept_encoding.empty() ? "" : ", ").append(value);
        if (same_name(name, "Downlink")) received_.downlink = parse_downlink(value);
        if (same_name(name, "X-Request-Id") && is_request_id(value)) received_.request.id = value;
        if (!is_among(name, kAboutTransfer)) received_.request.headers.emplace_back(name, value);
    }
    if (seen[0] == 0 && head.version() >= 11) return refuse(malformed("Host is missing"));
    const std::string_view expects = view(head[beast::http::field::expect]);
    if (!expects.empty() && !same_name(expects, "100-continue"))
        return refuse({417, "EXPECTATION_FAILED", "Expect may only be 100-continue"});
    wants_continue_ = !expects.empty() && head.version() >= 11;
    return true;
}

/// The parser has seen to it that there are not both, and that a length is a number.
bool RequestParser::take_framing() {
    const auto& head = parser_->beast.get();
    const auto coding = head.find(beast::http::field::transfer_encoding);
    if (coding != head.end()) {
        if (!same_name(view(coding->value()), "chunked")) return refuse(malformed("Transfer-Encoding must be chunked"));
        if (head.version() < 11) return refuse(malformed("HTTP/1.0 knows no Transfer-Encoding"));
    }
    const std::string_view length = view(head[beast::http::field::content_length]);
    if (length.find(',') != std::string_view::npos) return refuse(malformed("Content-Length stands there twice"));
    const std::uint64_t announced = parser_->beast.content_length().value_or(0);
    if (announced > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return refuse(malformed("Content-Length is more than any body has"));
    announced_ = static_cast<std::size_t>(announced);
    return true;
}

/// A path and perhaps a query. Who sends a whole URL takes us for a proxy.
bool RequestParser::take_target(std::string_view target) {
    if (!target.starts_with('/') || !is_target_part(target) || target.find('#') != std::string_view::npos)
        return refuse(malformed("the address must be a path on this server"));
    const std::size_t question = target.find('?');
    auto path = decoded_path(target.substr(0, question));
    if (!path) return refuse(malformed("the address has a percent sign or a character that no path has"));
    received_.request.path = std::move(*path);
    if (question != std::string_view::npos) received_.request.query = target.substr(question + 1);
    return true;
}

Received RequestParser::take() {
    received_.request.body = std::move(parser_->beast.get().body());
    return std::move(received_);
}

Received RequestParser::take_head() {
    received_.unpacked = true;
    const bool counted = announced_ > 0;
    received_.request.body_follows = counted ? static_cast<std::int64_t>(announced_) : -1;
    return std::move(received_);
}

std::string RequestParser::take_body() { return std::exchange(parser_->beast.get().body(), {}); }

std::optional<Refusal> unpack(Received& received, std::size_t body_max) {
    if (received.unpacked) return std::nullopt;
    received.unpacked = true;
    const std::optional<Encoding> encoding = parse_content_encoding(received.content_encoding);
    if (!encoding) return Refusal{415, "UNSUPPORTED_ENCODING", "Content-Encoding must be zstd, gzip or identity"};
    std::string& body = received.request.body;
    if (body.empty()) return std::nullopt;
    if (*encoding != Encoding::identity) {
        Result<std::string> plain = decompress(*encoding, body, body_max);
        if (!plain) {
            if (plain.error().code == "TOO_LARGE") return too_large(body_max);
            return malformed("the body is not whole, or not encoded as Content-Encoding says");
        }
        body = std::move(*plain);
    }
    const std::string_view digest = http::find_header(received.request.headers, "Content-Digest");
    // A browser's form has none; what such a form may do is little.
    const bool form =
        http::find_header(received.request.headers, "Content-Type") == "application/x-www-form-urlencoded";
    if (digest.empty() && received.request.method == "POST" && !form) return malformed("Content-Digest is missing");
    if (!digest.empty() && !content_digest_matches(digest, body))
        return malformed("the body does not match its Content-Digest");
    return std::nullopt;
}

}  // namespace ct::net
