// How colortouchd is set up: one table of settings, each by flag, environment and file, in this order of precedence.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ct::app {

struct Settings {
    std::string database = "file:./colortouch-server.db";
    std::string replica;                    ///< URL of a read replica of a database server's; or empty
    std::string listen = "127.0.0.1:8787";  ///< host:port, "[::1]:port"; port 0 takes a free one
    std::string tls_cert, tls_key;          ///< PEM files; both or neither
    std::string files;          ///< directory of the attachments' bytes; empty: beside a database that is a file
    std::string metrics_token;  ///< bearer for GET /metrics; empty: it answers on this computer only
    std::vector<std::string> trusted_proxies;
    bool plain_http = false;  ///< without a certificate, to other computers too
    bool log_requests = false;
};

struct SettingDef {
    std::string_view name;      ///< "listen": --listen, and listen=… in the file
    std::string_view variable;  ///< "COLORTOUCH_LISTEN"
    std::string_view help;
    bool is_switch = false;
    bool secret = false;  ///< not printed
    Result<void> (*set)(Settings& settings, const std::string& text) = nullptr;
    std::string (*get)(const Settings& settings) = nullptr;
};
[[nodiscard]] std::span<const SettingDef> setting_table();

using Environment = std::function<const char*(const char* variable)>;  ///< as std::getenv

/// Flags by the setting's name; `file` is the text of a configuration file (name = value, # comments), or empty.
/// Errors UNKNOWN_SETTING, BAD_SETTING (the message says where it stood), BAD_ADDRESS, TLS_FILES.
[[nodiscard]] Result<Settings> settings_from(const std::map<std::string, std::string>& flags,
                                             const Environment& environment, const std::string& file);

/// As a configuration file; what is secret is left out, and a database's password hidden.
[[nodiscard]] std::string print_settings(const Settings& settings);

}  // namespace ct::app
