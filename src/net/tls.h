// TLS as a filter over a socket that never blocks. The library behind it is in tls_<library>.cpp.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "net/socket.h"

namespace ct::net {

/// One connection's TLS. The socket stays the caller's.
class TlsSession {
  public:
    virtual ~TlsSession() = default;
    /// `done` when the handshake is through (client: certificate and name checked); `failed`: see error().
    [[nodiscard]] virtual IoStep handshake() = 0;
    [[nodiscard]] virtual IoStep receive(char* into, std::size_t room) = 0;
    /// After a want_… the same bytes must be offered again.
    [[nodiscard]] virtual IoStep send(const char* from, std::size_t size) = 0;
    /// Says goodbye if that is possible without waiting.
    virtual void close() = 0;
    /// One line about the last failure.
    [[nodiscard]] virtual const std::string& error() const = 0;
};

/// Certificates and settings, shared by sessions. `make_session` may be called from any thread.
class TlsContext {
  public:
    virtual ~TlsContext() = default;
    /// `host`: the name or address that the peer's certificate must bear (client side; ignored by a server's context).
    [[nodiscard]] virtual std::unique_ptr<TlsSession> make_session(Handle socket, const std::string& host) = 0;
};

/// TLS 1.2 or newer; trusts the system's authorities and those in `ca_file` (PEM), if given. Error TLS_FILES.
[[nodiscard]] Result<std::unique_ptr<TlsContext>> make_client_tls(const std::string& ca_file);
/// Error TLS_FILES: a file that cannot be read, is no PEM, or a key that does not belong to the certificate.
[[nodiscard]] Result<std::unique_ptr<TlsContext>> make_server_tls(const std::string& cert_file,
                                                                  const std::string& key_file);

}  // namespace ct::net
