// colortouchctl: the client without a window, for scripts, tests and support.
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/ctl/terminal.h"
#include "cli/run.h"

int main(int argc, char** argv) {
    std::ios::sync_with_stdio(false);
    std::unique_ptr<ct::app::Interrupt> interrupt;
    ct::cli::Surroundings surroundings{
        std::cout,
        std::cerr,
        [] { return ct::app::read_secret_line("Password: "); },
        [](std::int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); },
        ct::app::terminal_width(),
        ct::system_clock(),
        ct::system_random(),
        ct::app::program_path(),
        COLORTOUCH_VERSION,
        [&interrupt](std::function<void()> stop) {
            interrupt.reset();
            if (stop) interrupt = std::make_unique<ct::app::Interrupt>(std::move(stop));
        },
    };
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    return static_cast<int>(ct::cli::run(arguments, surroundings));
}
