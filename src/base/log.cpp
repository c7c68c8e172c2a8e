#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>

namespace ct::log {
namespace {

constexpr std::size_t kFileBytesMax = 5 * 1024 * 1024;
constexpr std::size_t kFilesKept = 3;

[[nodiscard]] std::shared_ptr<spdlog::logger> make(spdlog::sink_ptr sink) {
    auto logger = std::make_shared<spdlog::logger>("log", std::move(sink));
    logger->set_pattern("time=%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
    logger->flush_on(spdlog::level::info);  // what a killed program said last is what we want to read
    return logger;
}

// Replaced only by to_file and to_function, which are called before there are threads that log.
[[nodiscard]] std::shared_ptr<spdlog::logger>& current() {
    static std::shared_ptr<spdlog::logger> logger = make(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    return logger;
}

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit FunctionSink(std::function<void(std::string_view)> take) : take_(std::move(take)) {}

  private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        std::string_view text(line.data(), line.size());
        while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
        take_(text);
    }
    void flush_() override {}
    const std::function<void(std::string_view)> take_;
};

[[nodiscard]] std::string& request_of_thread() {
    thread_local std::string id;
    return id;
}

[[nodiscard]] bool is_plain(std::string_view value) {
    return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
        return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
    });
}

/// One message is one line, and a value is one value: text from outside can forge neither.
void append(std::string& line, std::string_view name, std::string_view value) {
    if (!line.empty()) line.push_back(' ');
    line.append(name).push_back('=');
    if (is_plain(value)) {
        line.append(value);
        return;
    }
    line.push_back('"');
    for (const char c : value) {
        if (c == '"' || c == '\\') line.push_back('\\');
        line.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c);
    }
    line.push_back('"');
}

void write(spdlog::level::level_enum level, std::string line) {
    if (!request_of_thread().empty()) append(line, "request", request_of_thread());
    current()->log(level, spdlog::string_view_t(line.data(), line.size()));
}

void write_message(spdlog::level::level_enum level, std::string_view message) {
    if (!current()->should_log(level)) return;
    std::string line;
    append(line, "msg", message);
    write(level, std::move(line));
}

/// The value at the beginning, without what is there for the quotes' sake; `line` is then what follows it.
[[nodiscard]] std::string take_quoted(std::string_view& line) {
    std::string value;
    line.remove_prefix(1);
    while (!line.empty() && line.front() != '"') {
        if (line.front() == '\\' && line.size() > 1) line.remove_prefix(1);
        value.push_back(line.front());
        line.remove_prefix(1);
    }
    if (!line.empty()) line.remove_prefix(1);
    return value;
}

[[nodiscard]] spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warn: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
        case Level::off: return spdlog::level::off;
    }
    return spdlog::level::info;
}

void replace_by(std::shared_ptr<spdlog::logger> logger) {
    logger->set_level(current()->level());
    current() = std::move(logger);
}

}  // namespace

void debug(std::string_view message) { write_message(spdlog::level::debug, message); }
void info(std::string_view message) { write_message(spdlog::level::info, message); }
void warn(std::string_view message) { write_message(spdlog::level::warn, message); }
void error(std::string_view message) { write_message(spdlog::level::err, message); }

void event(Level level, std::string_view name, Fields fields) {
    if (!current()->should_log(to_spdlog(level))) return;
    std::string line;
    append(line, "event", name);
    for (const auto& [key, value] : fields) append(line, key, value);
    write(to_spdlog(level), std::move(line));
}

std::optional<Line> read_line(std::string_view line) {
    constexpr std::string_view kTime = "time=", kLevel = " level=", kMessage = "msg=";
    constexpr std::pair<std::string_view, Level> kLevels[] = {
        {"debug", Level::debug}, {"info", Level::info}, {"warning", Level::warn}, {"error", Level::error}};
    const std::size_t time_end = line.find(kLevel);
    if (!line.starts_with(kTime) || time_end == std::string_view::npos) return std::nullopt;
    Line read;
    read.time = line.substr(kTime.size(), time_end - kTime.size());
    line.remove_prefix(time_end + kLevel.size());
    const std::size_t level_end = std::min(line.find(' '), line.size());
    const auto level = std::find_if(std::begin(kLevels), std::end(kLevels),
                                    [&](const auto& one) { return one.first == line.substr(0, level_end); });
    if (level == std::end(kLevels)) return std::nullopt;
    read.level = level->second;
    line.remove_prefix(std::min(level_end + 1, line.size()));
    if (line.starts_with(kMessage)) {
        line.remove_prefix(kMessage.size());
        if (line.starts_with('"')) read.text = take_quoted(line);
    }
    read.text.append(line);
    return read;
}

RequestScope::RequestScope(std::string_view id) : before_(std::exchange(request_of_thread(), std::string(id))) {}
RequestScope::~RequestScope() { request_of_thread() = std::move(before_); }

void to_file(const std::string& path) {
    try {
        replace_by(make(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, kFileBytesMax, kFilesKept)));
    } catch (const std::exception& problem) {
        warn(std::string("no log file, so the log stays on stderr: ") + problem.what());
    }
}

void to_function(std::function<void(std::string_view line)> take) {
    if (take) return replace_by(make(std::make_shared<FunctionSink>(std::move(take))));
    replace_by(make(std::make_shared<spdlog::sinks::stderr_sink_mt>()));
}

void set_level(Level level) { current()->set_level(to_spdlog(level)); }

}  // namespace ct::log
