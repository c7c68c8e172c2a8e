#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>

#include "net/certificate.h"
#include "net/freed.h"

namespace ct::net {
namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Freed<X509_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;

constexpr long kDaySeconds = 86'400;
constexpr std::size_t kNameMax = 64;  // of a common name

/// An address, or a name as DNS has it; a leading "*." stands for any one word. Nothing that means something in
/// OpenSSL's list of names.
[[nodiscard]] bool is_name(std::string_view host) {
    if (host.starts_with("*.")) host.remove_prefix(2);
    return !host.empty() && host.size() <= 253 && host.front() != '.' && host.front() != '-' &&
           std::all_of(host.begin(), host.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                      c == '.';
           });
}

[[nodiscard]] bool is_address(const std::string& host) {
    ASN1_OCTET_STRING* const bytes = a2i_IPADDRESS(host.c_str());
    ASN1_OCTET_STRING_free(bytes);
    return bytes != nullptr;
}

[[nodiscard]] Result<std::string> alternative_names(const std::vector<std::string>& hosts) {
    std::string list;
    for (const std::string& host : hosts) {
        const bool address = is_address(host);
        if (!address && !is_name(host)) {
            return fail(ErrorKind::invalid, "BAD_HOST", "\"" + host + "\" is neither a host's name nor an address");
        }
        list.append(list.empty() ? "" : ",").append(address ? "IP:" : "DNS:").append(host);
    }
    if (list.empty()) return fail(ErrorKind::invalid, "BAD_HOST", "name at least one host");
    return list;
}

[[nodiscard]] bool add_extension(X509* certificate, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

[[nodiscard]] bool set_serial(X509* certificate) {
    std::array<unsigned char, 16> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
    bytes[0] &= 0x7f;  // positive
    const std::unique_ptr<BIGNUM, Freed<BN_free>> number(
        BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
    return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

[[nodiscard]] bool fill(X509* certificate, EVP_PKEY* key, const std::string& host, const std::string& names, int days) {
    const std::string name = host.substr(0, kNameMax);
    X509_NAME* const subject = X509_get_subject_name(certificate);
    return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -kDaySeconds) != nullptr &&
           X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, nullptr) != nullptr &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, key) == 1 &&
           // It signs itself and nothing else.
           add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(certificate, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
           add_extension(certificate, NID_subject_key_identifier, "hash") &&
           add_extension(certificate, NID_subject_alt_name, names) && X509_sign(certificate, key, EVP_sha256()) > 0;
}

template <class Write>
[[nodiscard]] std::string pem(Write&& write) {
    const BioPtr memory(BIO_new(BIO_s_mem()));
    if (!memory || write(memory.get()) != 1) return {};
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &bytes);
    return {bytes, static_cast<std::size_t>(std::max(size, 0L))};
}

[[nodiscard]] std::string fingerprint_of(const X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
    constexpr char kDigits[] = "0123456789ABCDEF";
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        if (i > 0) text.push_back(':');
        text.push_back(kDigits[digest[i] >> 4]);
        text.push_back(kDigits[digest[i] & 15]);
    }
    return text;
}

}  // namespace

Result<SelfSigned> make_self_signed(const std::vector<std::string>& hosts, int days) {
    const auto names = alternative_names(hosts);
    if (!names) return fail(names.error());
    const KeyPtr key(EVP_EC_gen("P-256"));
    const CertificatePtr certificate(X509_new());
    SelfSigned made;
    if (key && certificate && fill(certificate.get(), key.get(), hosts.front(), *names, days)) {
        made.certificate = pem([&](BIO* to) { return PEM_write_bio_X509(to, certificate.get()); });
        made.key = pem([&](BIO* to) {
            return PEM_write_bio_PKCS8PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
        made.fingerprint = fingerprint_of(certificate.get());
    }
    if (made.certificate.empty() || made.key.empty() || made.fingerprint.empty()) {
        return fail(ErrorKind::internal, "TLS", "the certificate could not be made");
    }
    return made;
}

}  // namespace ct::net
