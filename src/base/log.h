// The log: spdlog behind a few functions, so that nothing else includes it. Never pass personal data, tokens or
// passwords. Any thread.
//
// A line is a row of name=value (logfmt), values quoted where they need it:
//     time=2026-11-27T12:00:00.000+0000 level=info event=request route="POST /api/sync/push" status=200 request=7f3a-12
//     time=2026-11-27T12:00:00.001+0000 level=warn msg="cannot accept: too many open files"
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ct::log {

enum class Level { debug, info, warn, error, off };  ///< off: for tests in which everything breaks

void debug(std::string_view message);
void info(std::string_view message);
void warn(std::string_view message);
void error(std::string_view message);

/// Something that happens often and is counted, looked for or sorted by: a name and named values.
using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;
void event(Level level, std::string_view name, Fields fields);

/// A line as it was written, taken apart again.
struct Line {
    std::string_view time;  ///< "2026-11-27T12:00:00.000+0000"
    Level level = Level::info;
    std::string text;  ///< a message without its quotes, and what follows it; of an event all of it
};
/// Nothing for a line that this log did not write. `time` is a part of `line`.
[[nodiscard]] std::optional<Line> read_line(std::string_view line);

/// While it lives, the lines of this thread say which request they are about. Nothing for an empty id.
class RequestScope {
  public:
    explicit RequestScope(std::string_view id);
    ~RequestScope();
    RequestScope(const RequestScope&) = delete;
    RequestScope& operator=(const RequestScope&) = delete;

  private:
    std::string before_;
};

/// Where it goes: stderr by default; a rotating file (5 MiB, 3 kept) when a path is given. This and the next: call
/// while no other thread logs.
void to_file(const std::string& path);
/// To whoever wants to read it: lines without their end, from any thread, one at a time. Null: to stderr again.
void to_function(std::function<void(std::string_view line)> take);
void set_level(Level level);

}  // namespace ct::log
