#include <fcntl.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "app/desktop/system.h"
#include "base/file.h"
#include "base/log.h"

namespace ct::app {

namespace {

using Commands = std::vector<std::vector<std::string>>;

/// Starts the first of these that is there, as init's child. Does not wait for it.
void start_one_of(Commands commands) {
    std::vector<std::vector<char*>> arguments;
    for (std::vector<std::string>& command : commands) {
        std::vector<char*>& one = arguments.emplace_back();
        for (std::string& argument : command) one.push_back(argument.data());
        one.push_back(nullptr);
    }
    const pid_t child = fork();
    if (child < 0) return log::warn("cannot start " + commands[0][0]);
    if (child > 0) {
        waitpid(child, nullptr, 0);  // ends at once: the grandchild is init's
        return;
    }
    // Between fork and exec of a program with threads, only calls that are safe in signal handlers.
    if (fork() == 0) {
        setsid();
        const int nowhere = open("/dev/null", O_RDWR);
        for (int stream = 0; stream <= 2 && nowhere >= 0; ++stream) dup2(nowhere, stream);  // its words are not ours
        for (const std::vector<char*>& one : arguments) execvp(one[0], one.data());
        _exit(127);
    }
    _exit(0);
}

}  // namespace

std::string without_markup(const std::string& words) {
    std::string out;
    for (const char c : words) {
        out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    }
    return out;
}

void open_url(const std::string& url) { start_one_of({{"xdg-open", url}}); }

void notify(const std::string& title, const std::string& words) {
    const std::string body = without_markup(words);
    start_one_of({{"notify-send", "--app-name=ColorTouch", "--icon=colortouch",
                   "--hint=string:desktop-entry:colortouch", "--", title, body},
                  {"gdbus", "call", "--session", "--dest", "org.freedesktop.Notifications", "--object-path",
                   "/org/freedesktop/Notifications", "--method", "org.freedesktop.Notifications.Notify", "--",
                   "ColorTouch", "0", "colortouch", title, body, "[]", "{}", "-1"}});
}

bool desktop_prefers_dark() {
    if (const char* theme = std::getenv("GTK_THEME"); theme != nullptr) {
        return std::string(theme).find("dark") != std::string::npos;
    }
    const Result<std::string> config = config_home();
    if (!config) return false;
    const Result<std::string> settings = read_file(*config + "/gtk-3.0/settings.ini");
    if (!settings) return false;
    return settings->find("gtk-application-prefer-dark-theme=1") != std::string::npos ||
           settings->find("gtk-application-prefer-dark-theme=true") != std::string::npos;
}

std::filesystem::path program_file() {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/exe", ignored);
}

void give_back_memory() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

std::int64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::int64_t pages = 0;
    file >> pages >> pages;
    return pages * sysconf(_SC_PAGESIZE);
}

}  // namespace ct::app
