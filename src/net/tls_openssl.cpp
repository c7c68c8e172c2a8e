#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <utility>

#include "net/freed.h"
#include "net/tls.h"

namespace ct::net {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL, Freed<SSL_free>>;

[[nodiscard]] int as_int(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

/// The oldest entry of this thread's error queue (the cause; later ones are its consequences); empties the queue.
[[nodiscard]] std::string take_error() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return "unknown error";
    const char* const reason = ERR_reason_error_string(code);
    if (reason != nullptr) return reason;
    if (ERR_SYSTEM_ERROR(code)) return system_message(static_cast<int>(ERR_GET_REASON(code)));
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    return text.data();
}

// ---- our socket calls as OpenSSL's transport, because its own write raises SIGPIPE

[[nodiscard]] Handle handle_of(BIO* bio) {
    return static_cast<Handle>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

[[nodiscard]] int finish_step(BIO* bio, const IoStep& step) {
    BIO_clear_retry_flags(bio);
    switch (step.kind) {
        case IoStep::Kind::done: return static_cast<int>(step.bytes);
        case IoStep::Kind::want_read: BIO_set_retry_read(bio); return -1;
        case IoStep::Kind::want_write: BIO_set_retry_write(bio); return -1;
        case IoStep::Kind::closed: return 0;
        case IoStep::Kind::failed: break;
    }
    errno = step.error;
    return -1;
}

int transport_write(BIO* bio, const char* from, int size) {
    return finish_step(bio, send_some(handle_of(bio), from, static_cast<std::size_t>(size)));
}

int transport_read(BIO* bio, char* into, int room) {
    return finish_step(bio, receive_some(handle_of(bio), into, static_cast<std::size_t>(room)));
}

long transport_control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;  // nothing is buffered here
}

[[nodiscard]] BIO* make_transport(Handle socket) {
    static const std::unique_ptr<BIO_METHOD, Freed<BIO_meth_free>> method([] {
        BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
        if (made != nullptr) {
            BIO_meth_set_write(made, transport_write);
            BIO_meth_set_read(made, transport_read);
            BIO_meth_set_ctrl(made, transport_control);
        }
        return made;
    }());
    if (!method) return nullptr;
    BIO* const bio = BIO_new(method.get());
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
    BIO_set_init(bio, 1);
    return bio;
}

// ---- sessions

class OpenSslSession final : public TlsSession {
  public:
    OpenSslSession(SessionPtr ssl, bool client) : ssl_(std::move(ssl)), client_(client) {}

    IoStep handshake() override {
        ERR_clear_error();
        const int result = client_ ? SSL_connect(ssl_.get()) : SSL_accept(ssl_.get());
        if (result == 1) {
            open_ = true;
            return {IoStep::Kind::done, 0, 0};
        }
        IoStep step = failure_of(result);
        if (step.kind == IoStep::Kind::closed) {
            step.kind = IoStep::Kind::failed;
            error_ = "the peer closed the connection during the handshake";
        }
        const long verdict = SSL_get_verify_result(ssl_.get());
        if (step.kind == IoStep::Kind::failed && client_ && verdict != X509_V_OK) {
            error_ = std::string("certificate: ") + X509_verify_cert_error_string(verdict);
        }
        return step;
    }

    IoStep receive(char* into, std::size_t room) override {
        ERR_clear_error();
        const int got = SSL_read(ssl_.get(), into, as_int(room));
        return got > 0 ? IoStep{IoStep::Kind::done, static_cast<std::size_t>(got), 0} : failure_of(got);
    }

    IoStep send(const char* from, std::size_t size) override {
        ERR_clear_error();
        const int sent = SSL_write(ssl_.get(), from, as_int(size));
        return sent > 0 ? IoStep{IoStep::Kind::done, static_cast<std::size_t>(sent), 0} : failure_of(sent);
    }

    void close() override {
        if (!open_) return;
        open_ = false;
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
        ERR_clear_error();
    }

    const std::string& error() const override { return error_; }

  private:
    IoStep failure_of(int result) {
        const int system_error = errno;
        switch (SSL_get_error(ssl_.get(), result)) {
            case SSL_ERROR_WANT_READ: return {IoStep::Kind::want_read, 0, 0};
            case SSL_ERROR_WANT_WRITE: return {IoStep::Kind::want_write, 0, 0};
            case SSL_ERROR_ZERO_RETURN: return {IoStep::Kind::closed, 0, 0};
            case SSL_ERROR_SYSCALL:
                open_ = false;  // nothing more may be sent, not even the goodbye
                error_ = system_error == 0 ? "the connection was cut" : system_message(system_error);
                return {IoStep::Kind::failed, 0, system_error};
            default: break;
        }
        open_ = false;
        // A peer that vanishes without a goodbye: OpenSSL calls it an error, and for a body without a length it is one.
        error_ = take_error();
        return {IoStep::Kind::failed, 0, 0};
    }

    SessionPtr ssl_;
    bool client_;
    bool open_ = false;  // the handshake is through and no fatal error has come since
    std::string error_;
};

class OpenSslContext final : public TlsContext {
  public:
    OpenSslContext(ContextPtr context, bool client) : context_(std::move(context)), client_(client) {}

    std::unique_ptr<TlsSession> make_session(Handle socket, const std::string& host) override {
        SessionPtr ssl(SSL_new(context_.get()));
        BIO* const transport = ssl ? make_transport(socket) : nullptr;
        if (transport == nullptr) return nullptr;
        SSL_set_bio(ssl.get(), transport, transport);
        if (client_ && !expect_host(ssl.get(), host)) return nullptr;
        return std::make_unique<OpenSslSession>(std::move(ssl), client_);
    }

  private:
    [[nodiscard]] static bool expect_host(SSL* ssl, const std::string& host) {
        X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
        if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return true;  // an address: no SNI either
        ERR_clear_error();
        X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        return X509_VERIFY_PARAM_set1_host(expected, host.c_str(), 0) == 1 &&
               SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                        const_cast<char*>(host.c_str())) == 1;
    }

    ContextPtr context_;
    bool client_;
};

[[nodiscard]] Failure tls_failure(const std::string& what) {
    return fail(ErrorKind::invalid, "TLS_FILES", what + ": " + take_error());
}

[[nodiscard]] ContextPtr make_context(const SSL_METHOD* method) {
    ERR_clear_error();
    ContextPtr context(SSL_CTX_new(method));
    if (context) {
        SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
        // Partial writes and a buffer that moved between two tries are both fine with how we write.
        SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    }
    return context;
}

/// OpenSSL looks where it was built to look. A statically linked one carries that path to systems where nothing is
/// there, so the well-known bundles of the large distributions are tried as well.
void trust_system(SSL_CTX* context) {
    SSL_CTX_set_default_verify_paths(context);
    std::error_code ignored;
    if (std::filesystem::exists(X509_get_default_cert_dir(), ignored) ||
        std::filesystem::exists(X509_get_default_cert_file(), ignored)) {
        return;
    }
    for (const char* const bundle : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                     "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
        if (std::filesystem::exists(bundle, ignored) && SSL_CTX_load_verify_file(context, bundle) == 1) return;
    }
    ERR_clear_error();
}

}  // namespace

Result<std::unique_ptr<TlsContext>> make_client_tls(const std::string& ca_file) {
    ContextPtr context = make_context(TLS_client_method());
    if (!context) return tls_failure("TLS");
    trust_system(context.get());
    if (!ca_file.empty() && SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) != 1) return tls_failure(ca_file);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    return std::make_unique<OpenSslContext>(std::move(context), true);
}

Result<std::unique_ptr<TlsContext>> make_server_tls(const std::string& cert_file, const std::string& key_file) {
    ContextPtr context = make_context(TLS_server_method());
    if (!context) return tls_failure("TLS");
    // A key with a password would make OpenSSL ask on the terminal: it is an error here.
    SSL_CTX_set_default_passwd_cb(context.get(), [](char*, int, int, void*) { return 0; });
    if (SSL_CTX_use_certificate_chain_file(context.get(), cert_file.c_str()) != 1) return tls_failure(cert_file);
    if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1)
        return tls_failure(key_file);
    if (SSL_CTX_check_private_key(context.get()) != 1)
        return tls_failure(key_file + " does not belong to " + cert_file);
    return std::make_unique<OpenSslContext>(std::move(context), false);
}

}  // namespace ct::net
