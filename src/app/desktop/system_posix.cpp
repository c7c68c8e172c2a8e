#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <system_error>

#include "app/desktop/system.h"
#include "base/file.h"
#include "base/log.h"

namespace ct::app {

void open_url(const std::string& url) {
    const pid_t child = fork();
    if (child < 0) return log::warn("cannot start xdg-open");
    if (child > 0) {
        waitpid(child, nullptr, 0);  // ends at once: the grandchild is init's
        return;
    }
    // Between fork and exec of a program with threads, only calls that are safe in signal handlers.
    if (fork() == 0) {
        setsid();
        execlp("xdg-open", "xdg-open", url.c_str(), static_cast<char*>(nullptr));
        _exit(127);
    }
    _exit(0);
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

std::int64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::int64_t pages = 0;
    file >> pages >> pages;
    return pages * sysconf(_SC_PAGESIZE);
}

}  // namespace ct::app
