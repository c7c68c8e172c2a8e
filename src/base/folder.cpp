#include "base/folder.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <tuple>

#include "base/utf8.h"

namespace ct {

namespace {

namespace fs = std::filesystem;

UnixMs unix_ms(fs::file_time_type time) {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    return duration_cast<milliseconds>(fs::file_time_type::clock::to_sys(time).time_since_epoch()).count();
}

/// False: not to be shown. One whose particulars cannot be read is shown without them.
bool describe(const fs::directory_entry& there, FolderEntry& entry) {
    entry.name = there.path().filename().string();
    if (entry.name.front() == '.' || !valid_utf8(entry.name)) return false;
    std::error_code problem;
    entry.folder = there.is_directory(problem);
    if (!entry.folder && !there.is_regular_file(problem)) return false;
    if (!entry.folder) {
        const auto size = there.file_size(problem);
        if (!problem) entry.size = static_cast<std::int64_t>(size);
    }
    const fs::file_time_type changed = there.last_write_time(problem);
    if (!problem) entry.changed = unix_ms(changed);
    return true;
}

}  // namespace

Result<std::vector<FolderEntry>> list_folder(const std::string& path) {
    std::error_code problem;
    fs::directory_iterator at(path, problem);
    std::vector<FolderEntry> entries;
    for (; !problem && at != fs::directory_iterator(); at.increment(problem)) {
        FolderEntry entry;
        if (describe(*at, entry)) entries.push_back(std::move(entry));
    }
    if (problem == std::errc::no_such_file_or_directory)
        return fail(ErrorKind::not_found, "FILE_NOT_FOUND", "there is no folder " + path);
    if (problem) return fail(ErrorKind::disk, "CANNOT_READ", "cannot look into " + path + ": " + problem.message());
    std::vector<std::pair<std::tuple<bool, std::string, std::string>, std::size_t>> order;
    for (std::size_t i = 0; i < entries.size(); ++i)
        order.emplace_back(std::tuple(!entries[i].folder, fold(entries[i].name), entries[i].name), i);
    std::sort(order.begin(), order.end());
    std::vector<FolderEntry> sorted;
    sorted.reserve(entries.size());
    for (const auto& [key, i] : order) sorted.push_back(std::move(entries[i]));
    return sorted;
}

}  // namespace ct
