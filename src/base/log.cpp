#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <exception>
#include <memory>

namespace ct::log {
namespace {

constexpr std::size_t kFileBytesMax = 5 * 1024 * 1024;
constexpr std::size_t kFilesKept = 3;

[[nodiscard]] std::shared_ptr<spdlog::logger> make(spdlog::sink_ptr sink) {
    auto logger = std::make_shared<spdlog::logger>("log", std::move(sink));
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    logger->flush_on(spdlog::level::info);  // what a killed program said last is what we want to read
    return logger;
}

// Replaced only by to_file, which main calls before it starts a thread.
[[nodiscard]] std::shared_ptr<spdlog::logger>& current() {
    static std::shared_ptr<spdlog::logger> logger = make(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    return logger;
}

/// One message is one line: text from outside cannot forge a second one.
void write(spdlog::level::level_enum level, std::string_view message) {
    spdlog::logger& logger = *current();
    if (!logger.should_log(level)) return;
    if (message.find_first_of("\r\n") == std::string_view::npos) {
        logger.log(level, spdlog::string_view_t(message.data(), message.size()));
        return;
    }
    std::string line(message);
    for (char& c : line) {
        if (c == '\r' || c == '\n') c = ' ';
    }
    logger.log(level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void debug(std::string_view message) { write(spdlog::level::debug, message); }
void info(std::string_view message) { write(spdlog::level::info, message); }
void warn(std::string_view message) { write(spdlog::level::warn, message); }
void error(std::string_view message) { write(spdlog::level::err, message); }

void to_file(const std::string& path) {
    try {
        auto logger = make(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, kFileBytesMax, kFilesKept));
        logger->set_level(current()->level());
        current() = std::move(logger);
    } catch (const std::exception& problem) {
        warn(std::string("no log file, so the log stays on stderr: ") + problem.what());
    }
}

void set_level(Level level) {
    spdlog::level::level_enum wanted = spdlog::level::info;
    switch (level) {
        case Level::debug: wanted = spdlog::level::debug; break;
        case Level::info: wanted = spdlog::level::info; break;
        case Level::warn: wanted = spdlog::level::warn; break;
        case Level::error: wanted = spdlog::level::err; break;
        case Level::off: wanted = spdlog::level::off; break;
    }
    current()->set_level(wanted);
}

}  // namespace ct::log
