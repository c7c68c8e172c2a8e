#include "client/storage.h"

#include <filesystem>
#include <string>
#include <system_error>

namespace ct::client {

namespace {

namespace fs = std::filesystem;

std::int64_t bytes_of(const fs::path& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
        const auto size = fs::file_size(path, error);
        return error ? 0 : static_cast<std::int64_t>(size);
    }
    std::int64_t sum = 0;
    for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
        std::error_code vanished;
        const bool file = at->is_regular_file(vanished);
        const auto size = file && !vanished ? at->file_size(vanished) : 0;
        if (!vanished) sum += static_cast<std::int64_t>(size);
    }
    return sum;
}

bool is_set_aside(const std::string& name) {
    return name.find(".before-v") != std::string::npos || name.find(".damaged-") != std::string::npos ||
           name.starts_with("replaced-");
}

}  // namespace

StorageListed storage_of(const Profile& profile) {
    StorageListed sizes;
    for (const char* beside : {"", "-wal", "-shm"}) sizes.database += bytes_of(profile.database().string() + beside);
    sizes.journal = bytes_of(profile.journal());
    sizes.attachments = bytes_of(profile.attachments());
    sizes.log = bytes_of(profile.log_file());
    std::error_code error;
    for (fs::directory_iterator at(profile.data_dir, error), end; !error && at != end; at.increment(error)) {
        if (is_set_aside(at->path().filename().string())) sizes.set_aside += bytes_of(at->path());
    }
    return sizes;
}

}  // namespace ct::client
