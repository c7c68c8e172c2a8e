// Sockets as this room uses them: never blocking, waited for with a deadline and a way to be woken. The operating
// system's calls are in socket_<system>.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http_client.h"

namespace ct::net {

using SteadyTime = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

/// The system's name for a socket: a file descriptor here.
using Handle = int;
inline constexpr Handle kNoHandle = -1;

/// Wakes a wait from another thread. Stays set until cleared.
class Wake {
  public:
    Wake();
    ~Wake();
    Wake(const Wake&) = delete;
    Wake& operator=(const Wake&) = delete;

    void set();  ///< any thread
    void clear();
    [[nodiscard]] Handle handle() const { return handle_; }

  private:
    Handle handle_ = kNoHandle;
};

enum class Readiness : std::uint8_t { ready, timeout, woken, failed };
enum class Wait : std::uint8_t { to_read, to_write };

/// Until the socket can be read or written (or has failed, which the next call on it tells), the deadline passes, or
/// `wake` is set (may be null). With kNoHandle it waits for the wake only.
[[nodiscard]] Readiness wait_for(Handle socket, Wait what, SteadyTime deadline, const Wake* wake);

/// One step of input or output.
struct IoStep {
    enum class Kind : std::uint8_t { done, want_read, want_write, closed, failed } kind = Kind::failed;
    std::size_t bytes = 0;
    int error = 0;  ///< the system's number, for `failed`
};
[[nodiscard]] IoStep receive_some(Handle socket, char* into, std::size_t room);
[[nodiscard]] IoStep send_some(Handle socket, const char* from, std::size_t size);  ///< never raises SIGPIPE
/// True when something waits to be read or the peer has closed.
[[nodiscard]] bool has_news(Handle socket);
void shutdown_sending(Handle socket);
[[nodiscard]] std::string system_message(int error);
[[nodiscard]] bool is_reset(int error);  ///< the peer refuses to go on: ECONNRESET, EPIPE

/// Owns a socket.
class Socket {
  public:
    Socket() = default;
    explicit Socket(Handle handle) : handle_(handle) {}
    Socket(Socket&& other) noexcept : handle_(other.release()) {}
    Socket& operator=(Socket&& other) noexcept;
    ~Socket() { close(); }

    [[nodiscard]] bool valid() const { return handle_ != kNoHandle; }
    [[nodiscard]] Handle handle() const { return handle_; }
    [[nodiscard]] Handle release();
    void close();

  private:
    Handle handle_ = kNoHandle;
};

struct Connected {
    Socket socket;
    NetFailure failure = NetFailure::none;
    std::string detail;           ///< of the failure
    bool name_looked_up = false;  ///< false: the host was an address
    SteadyTime looked_up{};       ///< when the address was known, or looking it up had failed
    bool tried = false;           ///< an address was there to connect to
};

/// Looks the name up and connects; tries IPv6 and IPv4 at once (the next address 250 ms after the one before), so that
/// one dead address costs no full deadline. A name look-up that hangs is left behind on a thread of its own.
[[nodiscard]] Connected connect_to(const std::string& host, int port, SteadyTime deadline, const Wake* wake);

struct Listening {
    Socket socket;
    int port = 0;
};

/// Errors: ADDRESS_IN_USE (busy), ADDRESS_FORBIDDEN (denied), BAD_ADDRESS (invalid).
[[nodiscard]] Result<Listening> listen_on(const std::string& host, int port);

/// As many descriptors as the system lets this program have.
void raise_descriptor_limit();

struct Accepted {
    Socket socket;
    std::string remote;  ///< the peer's address without port
    int error = 0;       ///< when the socket is not valid; 0: nobody there after all
};
[[nodiscard]] Accepted accept_one(Handle listener);

}  // namespace ct::net
