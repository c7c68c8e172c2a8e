// One HTTP/1.1 request out of the bytes of a connection, by Boost.Beast's parser and rules that are stricter than its
// own: where two servers in a row could read one text differently, it is refused (request smuggling).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/http_message.h"
#include "net/http_refusal.h"

namespace ct::net {

/// A request as it came, and how its sender wants the answer.
struct Received {
    http::Request request;  ///< with the body as it came, until unpack()
    std::string content_encoding, accept_encoding;
    double downlink = 0;     ///< Mbit/s that the sender says it receives at most (Downlink); 0: it does not say
    bool close = false;      ///< the sender wants no further request on this connection, or cannot say so
    bool head_only = false;  ///< HEAD: the answer goes without its body
    bool unpacked = false;   ///< by unpack(), or there is nothing to unpack
};

/// Of one connection, for one request after the other. No sockets, no clock, no threads.
class RequestParser {
  public:
    enum class Stage : std::uint8_t { head, body, complete, refused };
    /// How many bytes a body may have, told by the head.
    using BodyMax = std::function<std::size_t(const http::Request& head)>;

    /// Whether the body is taken piece by piece, as large as it comes; asked where it is not encoded.
    using Streams = std::function<bool(const http::Request& head)>;

    explicit RequestParser(BodyMax body_max, Streams streams = {});
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    /// Takes what belongs to this request off the front; how many bytes. The rest must be offered again, with more
    /// behind it. Returns after the head even when more could be taken.
    [[nodiscard]] std::size_t feed(std::string_view bytes);

    [[nodiscard]] Stage stage() const { return stage_; }
    [[nodiscard]] bool wants_continue() const { return wants_continue_; }    ///< from Stage::body on: Expect
    [[nodiscard]] std::size_t body_announced() const { return announced_; }  ///< Content-Length; 0: not told
    [[nodiscard]] std::size_t body_held() const;                             ///< bytes of the body so far
    [[nodiscard]] const Refusal& refusal() const { return refusal_; }        ///< of Stage::refused
    [[nodiscard]] const std::string& request_id() const { return received_.request.id; }  ///< if one was sent, and good

    [[nodiscard]] const std::string& path() const { return received_.request.path; }  ///< as far as the head was read

    /// The whole request, once, at Stage::complete. The parser is at its end then.
    [[nodiscard]] Received take();

    [[nodiscard]] bool streamed() const { return streamed_; }  ///< from Stage::body on: by take_head() and take_body()
    /// The request without its body, which goes on; once.
    [[nodiscard]] Received take_head();
    [[nodiscard]] std::string take_body();  ///< what is held of it; the rest goes on

  private:
    struct Parser;
    void head_is_here();
    [[nodiscard]] bool take_framing();
    [[nodiscard]] bool take_target(std::string_view target);
    [[nodiscard]] bool take_headers();
    [[nodiscard]] bool is_folded(std::string_view head);
    bool refuse(Refusal refusal);
    void refuse_for(int error);

    const BodyMax body_max_;
    const Streams streams_;
    std::unique_ptr<Parser> parser_;
    Received received_;
    Refusal refusal_;
    Stage stage_ = Stage::head;
    std::size_t head_bytes_ = 0;  // taken
    char last_of_head_ = '\0';
    std::size_t limit_ = 0;  // of the body
    std::size_t announced_ = 0;
    bool wants_continue_ = false;
    bool streamed_ = false;
};

/// Decompresses the body and checks it against its digest. On a worker's thread: it is work.
[[nodiscard]] std::optional<Refusal> unpack(Received& received, std::size_t body_max);

}  // namespace ct::net
