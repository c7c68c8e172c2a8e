#include "client/config.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/file.h"

namespace ct::client {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kThemes{"system", "light", "dark", "contrast"};

/// Reads members one by one; the first one that does not fit is the error.
class Members {
  public:
    explicit Members(const json& object) : object_(object) {}

    void integer(const char* name, std::int64_t low, std::int64_t high, std::int64_t& out) {
        const json* value = find(name);
        if (value == nullptr) return;
        const bool fits = value->is_number_integer() && value->get<double>() >= static_cast<double>(low) &&
                          value->get<double>() <= static_cast<double>(high);
        if (!fits)
            return fault(name, "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
        out = value->get<std::int64_t>();
    }
    void number(const char* name, float low, float high, float& out) {
        const json* value = find(name);
        if (value == nullptr) return;
        const bool fits = value->is_number() && value->get<float>() >= low && value->get<float>() <= high;
        if (!fits) return fault(name, "must be a number from " + std::to_string(low) + " to " + std::to_string(high));
        out = value->get<float>();
    }
    void text(const char* name, std::string& out) {
        const json* value = find(name);
        if (value == nullptr) return;
        if (!value->is_string()) return fault(name, "must be a string");
        out = value->get<std::string>();
    }
    void flag(const char* name, bool& out) {
        const json* value = find(name);
        if (value == nullptr) return;
        if (!value->is_boolean()) return fault(name, "must be true or false");
        out = value->get<bool>();
    }
    void theme(const char* name, Theme& out) {
        std::string text_form(kThemes[static_cast<std::size_t>(out)]);
        text(name, text_form);
        const auto at = std::find(kThemes.begin(), kThemes.end(), text_form);
        if (at == kThemes.end()) return fault(name, "must be system, light, dark or contrast");
        out = static_cast<Theme>(at - kThemes.begin());
    }
    [[nodiscard]] const std::string& fault() const { return fault_; }

    void parts(const char* name, sync::Parts& into) {
        const json* member = find(name);
        if (member == nullptr) return;
        if (!member->is_array()) return fault(name, "must be a list such as [\"Payment\", \"Lead.notes\"]");
        for (const json& place : *member) {
            const auto added = into.add(place.is_string() ? place.get<std::string>() : place.dump());
            if (!added) fault(name, "has a place that is none: " + added.error().message);
        }
    }
    void rules(const char* name, ConflictRules& into) {
        const json* member = find(name);
        if (member == nullptr) return;
        if (!member->is_object()) return fault(name, "must be an object such as {\"Payment.amount\": \"ask\"}");
        for (const auto& [place, rule] : member->items()) {
            const auto set = into.set(place, rule.is_string() ? rule.get<std::string>() : rule.dump());
            if (!set) fault(name, "has a rule for " + place + ": " + set.error().message);
        }
    }
    template <class T>
    void parsed(const char* name, Result<T> (*parse)(const json&), T& into) {
        const json* member = find(name);
        if (member == nullptr) return;
        auto value = parse(*member);
        if (!value) return fault(name, value.error().message);
        into = *std::move(value);
    }

  private:
    const json* find(const char* name) const {
        const auto at = object_.find(name);
        return at == object_.end() ? nullptr : &*at;
    }
    void fault(const char* name, const std::string& what) {
        if (fault_.empty()) fault_ = std::string(name) + " " + what;
    }
    const json& object_;
    std::string fault_;
};

Failure bad_config(const std::filesystem::path& file, const std::string& what) {
    return fail(ErrorKind::invalid, "BAD_CONFIG", file.string() + ": " + what);
}

/// 1-based line of a byte offset, for people with an editor.
std::size_t line_of(std::string_view text, std::size_t offset) {
    return 1 + static_cast<std::size_t>(std::count(
                   text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size())), '\n'));
}

/// Paths in the profile are shown, handed to the desktop and known to a second start: the folder in which this program
/// was started says nothing there.
std::filesystem::path from_root(const std::filesystem::path& directory) {
    if (directory.is_absolute()) return directory;
    std::error_code wrong;
    const auto whole = std::filesystem::weakly_canonical(std::filesystem::absolute(directory, wrong), wrong);
    return wrong ? directory : whole;
}

}  // namespace

Result<Profile> Profile::locate(const std::filesystem::path& explicit_dir, const std::filesystem::path& program) {
    Profile profile;
    std::error_code ignored;
    if (!explicit_dir.empty()) {
        profile.config_dir = profile.data_dir = from_root(explicit_dir);
    } else if (!program.empty() && std::filesystem::exists(program.parent_path() / "portable", ignored)) {
        profile.config_dir = profile.data_dir = program.parent_path() / "data";
    } else {
        const auto config = config_home();
        const auto data = data_home();
        if (!config) return fail(config.error());
        if (!data) return fail(data.error());
        profile.config_dir = std::filesystem::path(*config) / "colortouch";
        profile.data_dir = std::filesystem::path(*data) / "colortouch";
    }
    for (const auto& directory : {profile.config_dir, profile.data_dir}) {
        if (auto made = make_directories(directory.string()); !made) return fail(made.error());
    }
    return profile;
}

Result<Config> Config::load(const std::filesystem::path& file) {
    const auto text = read_file(file.string());
    if (!text && text.error().kind == ErrorKind::not_found) return Config{};
    if (!text) return fail(text.error());

    Config config;
    struct Fault final : nlohmann::json_sax<json> {  // finds where the text stops being JSON
        std::size_t at = 0;
        bool null() override { return true; }
        bool boolean(bool) override { return true; }
        bool number_integer(number_integer_t) override { return true; }
        bool number_unsigned(number_unsigned_t) override { return true; }
        bool number_float(number_float_t, const string_t&) override { return true; }
        bool string(string_t&) override { return true; }
        bool binary(binary_t&) override { return true; }
        bool start_object(std::size_t) override { return true; }
        bool key(string_t&) override { return true; }
        bool end_object() override { return true; }
        bool start_array(std::size_t) override { return true; }
        bool end_array() override { return true; }
        bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
            at = position;
            return false;
        }
    } fault;
    if (!json::sax_parse(*text, &fault)) {
        return bad_config(file, "line " + std::to_string(line_of(*text, fault.at)) + " is not valid JSON");
    }
    const json document = json::parse(*text, nullptr, false);
    if (!document.is_object()) return bad_config(file, "must be a JSON object");
    Members members(document);
    members.integer("syncIntervalSeconds", 30, 86'400, config.sync_interval_s);
    members.text("defaultCountry", config.default_country);
    members.text("currency", config.currency);
    members.theme("theme", config.theme);
    members.number("scale", 0.5F, 4.0F, config.scale);
    members.flag("reducedMotion", config.reduced_motion);
    members.flag("toastOnSuccess", config.toast_on_success);
    members.flag("notifications", config.notifications);
    members.text("messageTemplate", config.message_template);
    members.text("businessName", config.business_name);
    members.text("businessAddress", config.business_address);
    members.integer("lastReceipt", 0, 1'000'000'000, config.last_receipt);
    members.text("caFile", config.ca_file);
    members.flag("liveUpdates", config.live_updates);
    members.flag("meteredLink", config.metered_link);
    members.integer("attachmentsMinKilobits", 0, 1'000'000, config.attachments_min_kbit);
    members.parts("leaveOut", config.left_out);
    members.flag("flightRecorder", config.flight_recorder);
    members.rules("conflicts", config.conflicts);
    members.parsed("tables", &layouts_from_json, config.tables);
    members.parsed("views", &views_from_json, config.views);
    if (!members.fault().empty()) return bad_config(file, members.fault());
    return config;
}

Result<void> Config::save(const std::filesystem::path& file) const {
    // Members that another version wrote stay.
    json document = json::object();
    if (const auto text = read_file(file.string())) {
        json old = json::parse(*text, nullptr, false);
        if (old.is_object()) document = std::move(old);
    }
    document["syncIntervalSeconds"] = sync_interval_s;
    document["defaultCountry"] = default_country;
    document["currency"] = currency;
    document["theme"] = kThemes[static_cast<std::size_t>(theme)];
    document["scale"] = scale;
    document["reducedMotion"] = reduced_motion;
    document["toastOnSuccess"] = toast_on_success;
    document["notifications"] = notifications;
    document["messageTemplate"] = message_template;
    document["businessName"] = business_name;
    document["businessAddress"] = business_address;
    document["lastReceipt"] = last_receipt;
    document["caFile"] = ca_file;
    document["liveUpdates"] = live_updates;
    document["meteredLink"] = metered_link;
    document["attachmentsMinKilobits"] = attachments_min_kbit;
    document["leaveOut"] = left_out.places();
    document["flightRecorder"] = flight_recorder;
    json rules = json::object();
    for (const auto& [place, rule] : conflicts.all()) rules[place] = name(rule);
    document["conflicts"] = std::move(rules);
    document["tables"] = to_json(tables);
    document["views"] = to_json(views);
    return write_file_atomically(file.string(), document.dump(2) + "\n");
}

}  // namespace ct::client
