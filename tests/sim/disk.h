// A disk in memory under SQLite, with the faults of real ones: a machine that stops in the middle of the n-th write, a
// power cut that keeps, loses or tears whatever was not flushed, a full disk, a flush that fails. A SQLite VFS (the
// idea is LevelDB's FaultInjectionTestEnv): the shipped code above it does not know. One thread.
#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/random.h"

namespace ct::sim {

struct OpenFile;

/// Where memory that connections share (the WAL's index) lives, and who has locked which part of it.
struct SharedMemory {
    std::vector<std::unique_ptr<std::array<char, 32 * 1'024>>> regions;
    std::array<int, SQLITE_SHM_NLOCK> shared{};
    std::array<const OpenFile*, SQLITE_SHM_NLOCK> exclusive{};
    int users = 0;
};

/// One file: what reads see, and how to get back to what was flushed last.
struct FileImage {
    struct Write {
        std::size_t at = 0;
        std::string before, after;
        std::size_t size_before = 0, size_after = 0;
    };
    std::string bytes;
    std::vector<Write> unsynced;  // since the last flush, oldest first
    int shared = 0;
    const OpenFile *reserved = nullptr, *pending = nullptr, *exclusive = nullptr;
    SharedMemory memory;
};

class Disk {
  public:
    using Contents = std::map<std::string, std::string>;  ///< by name within the directory

    /// Files whose path is in `directory` are on this disk, from now until it goes. `chance`: for what a cut leaves.
    Disk(std::string directory, std::uint64_t chance);
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    /// Becomes SQLite's default, for this process. Done by the first Disk.
    static void take_over();

    // ---- the machine
    void stop() { dead_ = true; }                              ///< nothing is written any more: the process was killed
    void stop_at_write(int number) { writes_left_ = number; }  ///< in the middle of the n-th write from now; 0: not
    [[nodiscard]] bool dead() const { return dead_; }
    /// What was not flushed is kept, lost or torn, by chance. Close all connections first.
    void lose_unflushed();
    void start();  ///< after stop: takes writes again

    // ---- other faults
    void full(bool on) { full_ = on; }  ///< no file can grow
    [[nodiscard]] bool is_full() const { return full_; }
    void flushes_fail(bool on) { flushes_fail_ = on; }
    [[nodiscard]] bool flush_failed() const { return flush_failed_; }  ///< since the last start

    /// The same files for the store's side journal, with the same faults. Lives as long as this.
    [[nodiscard]] ct::Disk& beside_sqlite();

    [[nodiscard]] Contents contents() const;
    void replace(const Contents& contents);  ///< all of it; nothing may be open

  private:
    friend struct Vfs;
    class Seam;
    enum class Written : std::uint8_t { yes, full, stopped };
    /// Also in part, when the machine stops there.
    Written write(FileImage& image, std::size_t at, std::string_view bytes);
    [[nodiscard]] bool flush(FileImage& image);

    std::string directory_;
    SeededRandom chance_;
    std::map<std::string, std::shared_ptr<FileImage>> files_;  // by whole path
    bool dead_ = false, full_ = false, flushes_fail_ = false, flush_failed_ = false;
    int writes_left_ = 0;
    std::unique_ptr<Seam> seam_;
};

}  // namespace ct::sim
