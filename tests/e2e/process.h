// Real processes: started with pipes, waited for with a deadline, ended by their own pid, never left behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace e2e {

using Arguments = std::vector<std::string>;

/// How a process ended and what it said.
struct Ran {
    int exit_code = -1;  ///< -1: it did not exit by itself
    int signal = 0;      ///< that ended it
    bool timed_out = false;
    std::string out, err;
};

/// A running program. Its death is ours too: the destructor kills and reaps it, and the kernel does when we die.
class Process {
  public:
    explicit Process(const Arguments& command);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    void say(const std::string& text) const;  ///< into its standard input
    void end_input();
    void send(int signal) const;  ///< nothing, when it has ended already
    /// The first line of its standard output; nothing when it ended or the time passed before.
    [[nodiscard]] std::optional<std::string> first_line(std::chrono::milliseconds within) { return line(0, within); }
    [[nodiscard]] std::optional<std::string> line(std::size_t number, std::chrono::milliseconds within);  ///< from 0
    /// Reads all that it says until it ends; kills it when the time has passed.
    [[nodiscard]] Ran finish(std::chrono::milliseconds within);

  private:
    /// Takes what is there, waiting at most that long. False when both outputs are closed.
    bool listen(std::chrono::milliseconds at_most);

    pid_t pid_ = -1;
    int in_ = -1, out_ = -1, err_ = -1;
    Ran said_;
};

/// Starts, feeds, waits; 20 s are more than any command here may take.
[[nodiscard]] Ran run(const Arguments& command, const std::string& input = {},
                      std::chrono::milliseconds within = std::chrono::seconds(20));

/// A directory that is removed with everything in it.
class TempDir {
  public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

[[nodiscard]] std::string program(const std::string& name);  ///< one of ours, as built

}  // namespace e2e
