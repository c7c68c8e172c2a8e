// `colortouchd certificate`: a certificate for trials, and what to do with it.
#include "net/certificate.h"

#include <iostream>

#include "app/server/commands.h"
#include "base/file.h"

namespace ct::app {

namespace {

constexpr int kDays = 398;  // what browsers put up with

}  // namespace

Result<void> make_certificate(const std::string& directory, const std::vector<std::string>& hosts) {
    const std::string certificate = directory + "/cert.pem", key = directory + "/key.pem";
    for (const std::string& file : {certificate, key}) {
        if (path_exists(file)) {
            return fail(ErrorKind::invalid, "FILE_EXISTS", file + " is there already and is left as it is");
        }
    }
    const auto made = net::make_self_signed(hosts, kDays);
    if (!made) return fail(made.error());
    if (auto there = make_directories(directory, 0755); !there) return there;
    if (auto written = write_file_atomically(key, made->key, 0600); !written) return written;
    if (auto written = write_file_atomically(certificate, made->certificate, 0644); !written) return written;
    std::cout << "certificate  " << certificate << "\nkey          " << key << "  (readable by you alone)\n"
              << "SHA-256      " << made->fingerprint << "\n\n"
              << "serve with   colortouchd serve --tls-cert " << certificate << " --tls-key " << key << '\n'
              << "trust it     copy cert.pem, not key.pem, to each laptop, and name it in the profile's config.json:\n"
              << "             {\"caFile\": \"/path/to/cert.pem\"}\n"
              << "It is for trials, and good for " << kDays << " days.\n";
    return {};
}

}  // namespace ct::app
