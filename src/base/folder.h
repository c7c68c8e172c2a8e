// What is in a folder, for windows that let a user look for a file. Waits for the disk, which may be a slow one: not
// for the threads of the window and of the saves. Paths are UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace ct {

struct FolderEntry {
    std::string name;
    bool folder = false;
    std::int64_t size = 0;  ///< bytes; of files
    UnixMs changed = 0;     ///< 0: not known
};

/// Folders first, then by name as people sort (neither case nor accents count). Without what is hidden by a dot before
/// its name, without what is neither file nor folder, and without names that are no UTF-8. FILE_NOT_FOUND (kind
/// not_found), CANNOT_READ (kind disk), which names the folder.
[[nodiscard]] Result<std::vector<FolderEntry>> list_folder(const std::string& path);

}  // namespace ct
