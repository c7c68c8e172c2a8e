// What colortouchctl asks the operating system for: the terminal's width, a line without echo, its own place, Ctrl+C.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace ct::app {

/// Columns of the terminal that standard output is; 0 when it is none.
[[nodiscard]] std::size_t terminal_width();
/// One line of standard input without its end. When somebody types it: asked for by `prompt` on standard error, and
/// not shown. NO_PASSWORD when there is none.
[[nodiscard]] Result<std::string> read_secret_line(const std::string& prompt);
/// The executable that runs; empty when the system does not tell.
[[nodiscard]] std::filesystem::path program_path();

/// Ctrl+C as a call, for who has something to finish; also SIGTERM. A second one ends the program.
class Interrupt {
  public:
    /// Until this object ends, `stop` is called at most once, on a thread of its own; threads made later leave the
    /// signals to that one.
    explicit Interrupt(std::function<void()> stop);
    ~Interrupt();  ///< no call is under way afterwards, and none comes
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ct::app
