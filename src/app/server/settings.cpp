#include "app/server/settings.h"

#include <CLI/CLI.hpp>
#include <array>
#include <sstream>

#include "app/server/commands.h"
#include "base/utf8.h"

namespace ct::app {

namespace {

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        if (const std::string_view part = trim(list.substr(0, comma)); !part.empty()) parts.emplace_back(part);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return parts;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string list;
    for (const std::string& part : parts) list.append(list.empty() ? "" : ",").append(part);
    return list;
}

template <std::string Settings::*kMember>
Result<void> set_text(Settings& settings, const std::string& text) {
    settings.*kMember = text;
    return {};
}
template <std::string Settings::*kMember>
std::string get_text(const Settings& settings) {
    return settings.*kMember;
}

Result<void> set_listen(Settings& settings, const std::string& text) {
    if (const auto address = parse_listen(text); !address) return fail(address.error());
    settings.listen = text;
    return {};
}

Result<void> set_proxies(Settings& settings, const std::string& text) {
    settings.trusted_proxies = split(text);
    return {};
}
std::string get_proxies(const Settings& settings) { return joined(settings.trusted_proxies); }

template <bool Settings::*kMember>
Result<void> set_switch(Settings& settings, const std::string& text) {
    const bool yes = text == "true" || text == "1" || text == "yes" || text == "on";
    const bool no = text == "false" || text == "0" || text == "no" || text == "off";
    if (!yes && !no) return fail(ErrorKind::invalid, "BAD_SETTING", "give true or false, not " + text);
    settings.*kMember = yes;
    return {};
}
template <bool Settings::*kMember>
std::string get_switch(const Settings& settings) {
    return settings.*kMember ? "true" : "false";
}

/// A password in a URL is for the database only.
template <std::string Settings::*kMember>
std::string get_url(const Settings& settings) {
    std::string url = settings.*kMember;
    const auto begin = url.find("://");
    const auto at = begin == std::string::npos ? begin : url.rfind('@', url.find('/', begin + 3));
    const auto colon = at == std::string::npos ? at : url.find(':', begin + 3);
    if (colon < at && at != std::string::npos) url.replace(colon + 1, at - colon - 1, "***");
    const auto parameter = url.find("password=");
    if (parameter != std::string::npos) {
        const auto value = parameter + 9;
        url.replace(value, std::min(url.find('&', value), url.size()) - value, "***");
    }
    return url;
}

constexpr std::array<SettingDef, 10> kTable{{
    {"database-url", "DATABASE_URL", "file:PATH, postgresql://… or mysql://…", false, false,
     set_text<&Settings::database>, get_url<&Settings::database>},
    {"database-url-replica", "DATABASE_URL_REPLICA", "A replica of that database's, for long pulls; may be behind",
     false, false, set_text<&Settings::replica>, get_url<&Settings::replica>},
    {"listen", "COLORTOUCH_LISTEN", "HOST:PORT; port 0 takes a free one", false, false, set_listen,
     get_text<&Settings::listen>},
    {"tls-cert", "COLORTOUCH_TLS_CERT", "PEM file", false, false, set_text<&Settings::tls_cert>,
     get_text<&Settings::tls_cert>},
    {"tls-key", "COLORTOUCH_TLS_KEY", "PEM file", false, false, set_text<&Settings::tls_key>,
     get_text<&Settings::tls_key>},
    {"plain-http", "COLORTOUCH_PLAIN_HTTP", "Serve other computers without TLS: a proxy in front has it", true, false,
     set_switch<&Settings::plain_http>, get_switch<&Settings::plain_http>},
    {"files", "COLORTOUCH_FILES", "Directory for attachments; beside a database that is a file: PATH.files", false,
     false, set_text<&Settings::files>, get_text<&Settings::files>},
    {"metrics-token", "COLORTOUCH_METRICS_TOKEN", "Bearer for GET /metrics; without one it answers this computer only",
     false, true, set_text<&Settings::metrics_token>, get_text<&Settings::metrics_token>},
    {"trusted-proxies", "COLORTOUCH_TRUSTED_PROXIES", "Addresses, by commas, whose X-Forwarded-For is believed", false,
     false, set_proxies, get_proxies},
    {"log-requests", "COLORTOUCH_LOG_REQUESTS", "A log line for each request", true, false,
     set_switch<&Settings::log_requests>, get_switch<&Settings::log_requests>},
}};

const SettingDef* find_setting(std::string_view name) {
    for (const SettingDef& setting : kTable) {
        if (setting.name == name) return &setting;
    }
    return nullptr;
}

Result<void> set(Settings& settings, const SettingDef& setting, const std::string& text, const std::string& where) {
    auto done = setting.set(settings, text);
    if (!done) return fail(done.error().kind, done.error().code, where + ": " + done.error().message);
    return done;
}

Result<void> read_file_text(Settings& settings, const std::string& text) {
    std::vector<CLI::ConfigItem> items;
    try {
        std::istringstream stream(text);
        items = CLI::ConfigBase().from_config(stream);
    } catch (const std::exception& wrong) {
        return fail(ErrorKind::invalid, "BAD_SETTING", std::string("configuration file: ") + wrong.what());
    }
    for (const CLI::ConfigItem& item : items) {
        const SettingDef* setting = item.parents.empty() ? find_setting(item.name) : nullptr;
        if (setting == nullptr) {
            const std::string name = item.parents.empty() ? item.name : "[" + item.parents.front() + "]";
            return fail(ErrorKind::invalid, "UNKNOWN_SETTING", "configuration file: there is no setting " + name);
        }
        auto done = set(settings, *setting, joined(item.inputs), "configuration file, " + item.name);
        if (!done) return done;
    }
    return {};
}

}  // namespace

std::span<const SettingDef> setting_table() { return kTable; }

Result<Settings> settings_from(const std::map<std::string, std::string>& flags, const Environment& environment,
                               const std::string& file) {
    Settings settings;
    if (auto read = read_file_text(settings, file); !read) return fail(read.error());
    for (const SettingDef& setting : kTable) {
        const char* const text = environment(std::string(setting.variable).c_str());
        if (text == nullptr || *text == '\0') continue;
        if (auto done = set(settings, setting, text, std::string(setting.variable)); !done) return fail(done.error());
    }
    for (const auto& [name, text] : flags) {
        const SettingDef* const setting = find_setting(name);
        if (setting == nullptr) return fail(ErrorKind::invalid, "UNKNOWN_SETTING", "there is no setting " + name);
        if (auto done = set(settings, *setting, text, "--" + name); !done) return fail(done.error());
    }
    if (settings.tls_cert.empty() != settings.tls_key.empty()) {
        return fail(ErrorKind::invalid, "TLS_FILES", "tls-cert and tls-key go together");
    }
    return settings;
}

std::string print_settings(const Settings& settings) {
    std::string out = "# flags, before environment, before the file of --config\n";
    for (const SettingDef& setting : kTable) {
        const std::string value = setting.get(settings);
        const bool shown = !value.empty() && !setting.secret;
        if (!shown) out += "# ";
        out.append(setting.name).append(" = \"").append(setting.secret ? "" : value).append("\"");
        if (setting.secret && !value.empty()) out += " is set";
        out.append(shown ? "  # " : "  ").append(setting.variable).append("\n");
    }
    return out;
}

}  // namespace ct::app
