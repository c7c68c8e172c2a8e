#include "sim/disk.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace ct::sim {

namespace {

constexpr std::size_t kSector = 512;
constexpr std::size_t kGrowth = 256 * 1'024;  // most files of a run never get larger, and are never moved

std::map<std::string, Disk*, std::less<>>& disks() {
    static std::map<std::string, Disk*, std::less<>> all;
    return all;
}

std::string_view directory_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

void put(FileImage& image, std::size_t at, std::string_view bytes, std::size_t size_after) {
    const std::size_t needed = std::max({image.bytes.size(), at + bytes.size(), size_after});
    if (needed > image.bytes.capacity()) image.bytes.reserve(2 * needed + kGrowth);
    image.bytes.resize(needed);
    bytes.copy(image.bytes.data() + at, bytes.size());
    image.bytes.resize(size_after);
}

/// Changes what reads see, and remembers how to get back.
void change(FileImage& image, std::size_t at, std::string_view bytes, std::size_t size_after) {
    FileImage::Write& write = image.unsynced.emplace_back();
    write.at = at;
    write.size_before = image.bytes.size();
    write.size_after = size_after;
    const std::size_t touched = size_after < write.size_before ? write.size_before - size_after : bytes.size();
    if (at < image.bytes.size()) write.before = image.bytes.substr(at, touched);
    write.after = bytes;
    put(image, at, bytes, size_after);
}

}  // namespace

/// What SQLite holds of an open file; SQLite gives the memory.
struct OpenFile {
    sqlite3_file base{};
    Disk* disk = nullptr;  // null: a temporary file
    std::string path;
    std::shared_ptr<FileImage> image;
    bool delete_on_close = false;
    int lock = SQLITE_LOCK_NONE;
    bool maps = false;
    unsigned shared_mask = 0, exclusive_mask = 0;
};

/// The functions that SQLite calls.
struct Vfs {
    static OpenFile& file(sqlite3_file* pointer) { return *reinterpret_cast<OpenFile*>(pointer); }

    static Disk* disk_of(std::string_view path) {
        const auto at = disks().find(directory_of(path));
        return at == disks().end() ? nullptr : at->second;
    }

    // ---- files

    static int open(sqlite3_vfs*, const char* name, sqlite3_file* pointer, int flags, int* flags_out) {
        auto* opened = new (pointer) OpenFile;
        if (name != nullptr) {
            opened->disk = disk_of(name);
            opened->path = name;
            if (opened->disk == nullptr) return SQLITE_CANTOPEN;
            auto& image = opened->disk->files_[name];
            if (!image) {
                const bool may_create = (flags & SQLITE_OPEN_CREATE) != 0 && !opened->disk->dead_;
                if (!may_create) {
                    opened->disk->files_.erase(name);
                    return SQLITE_CANTOPEN;
                }
                image = std::make_shared<FileImage>();
            }
            opened->image = image;
        } else {
            opened->image = std::make_shared<FileImage>();
        }
        opened->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
        opened->base.pMethods = &kMethods;
        if (flags_out != nullptr) *flags_out = flags;
        return SQLITE_OK;
    }

    static int close(sqlite3_file* pointer) {
        OpenFile& it = file(pointer);
        unlock(pointer, SQLITE_LOCK_NONE);
        if (it.maps) unmap(pointer, 0);
        if (it.delete_on_close && it.disk != nullptr) it.disk->files_.erase(it.path);
        it.~OpenFile();
        return SQLITE_OK;
    }

    static int read(sqlite3_file* pointer, void* into, int length, sqlite3_int64 offset) {
        const std::string& bytes = file(pointer).image->bytes;
        const auto at = static_cast<std::size_t>(offset), wanted = static_cast<std::size_t>(length);
        const std::size_t there = at >= bytes.size() ? 0 : std::min(wanted, bytes.size() - at);
        if (there > 0) std::memcpy(into, bytes.data() + at, there);
        if (there == wanted) return SQLITE_OK;
        std::memset(static_cast<char*>(into) + there, 0, wanted - there);
        return SQLITE_IOERR_SHORT_READ;
    }

    static int write(sqlite3_file* pointer, const void* from, int length, sqlite3_int64 offset) {
        OpenFile& it = file(pointer);
        std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(length));
        const auto at = static_cast<std::size_t>(offset);
        if (it.disk == nullptr) {
            put(*it.image, at, bytes, std::max(it.image->bytes.size(), at + bytes.size()));
            return SQLITE_OK;
        }
        switch (it.disk->write(*it.image, at, bytes)) {
            case Disk::Written::yes: return SQLITE_OK;
            case Disk::Written::full: return SQLITE_FULL;
            case Disk::Written::stopped: return SQLITE_IOERR_WRITE;
        }
        return SQLITE_IOERR_WRITE;
    }

    static int truncate(sqlite3_file* pointer, sqlite3_int64 size) {
        OpenFile& it = file(pointer);
        if (it.disk != nullptr && it.disk->dead_) return SQLITE_IOERR_TRUNCATE;
        const auto to = static_cast<std::size_t>(size);
        if (to < it.image->bytes.size()) change(*it.image, to, {}, to);
        return SQLITE_OK;
    }

    static int sync(sqlite3_file* pointer, int) {
        OpenFile& it = file(pointer);
        if (it.disk != nullptr) return it.disk->flush(*it.image) ? SQLITE_OK : SQLITE_IOERR_FSYNC;
        it.image->unsynced.clear();
        return SQLITE_OK;
    }

    static int size(sqlite3_file* pointer, sqlite3_int64* out) {
        *out = static_cast<sqlite3_int64>(file(pointer).image->bytes.size());
        return SQLITE_OK;
    }

    // ---- locks between connections, as sqlite.org/lockingv3.html has them

    static int lock(sqlite3_file* pointer, int wanted) {
        OpenFile& it = file(pointer);
        FileImage& image = *it.image;
        if (it.lock >= wanted) return SQLITE_OK;
        const auto others = [&it](const OpenFile* holder) { return holder != nullptr && holder != &it; };
        if (wanted == SQLITE_LOCK_SHARED) {
            if (others(image.exclusive) || others(image.pending)) return SQLITE_BUSY;
            ++image.shared;
        } else if (wanted == SQLITE_LOCK_RESERVED) {
            if (others(image.reserved)) return SQLITE_BUSY;
            image.reserved = &it;
        } else {
            if (others(image.reserved) || others(image.pending)) return SQLITE_BUSY;
            image.pending = &it;
            if (image.shared > 1) return SQLITE_BUSY;
            image.exclusive = &it;
        }
        it.lock = wanted;
        return SQLITE_OK;
    }

    static int unlock(sqlite3_file* pointer, int down_to) {
        OpenFile& it = file(pointer);
        FileImage& image = *it.image;
        if (it.lock <= down_to) return SQLITE_OK;
        for (const OpenFile** holder : {&image.reserved, &image.pending, &image.exclusive}) {
            if (*holder == &it) *holder = nullptr;
        }
        if (down_to == SQLITE_LOCK_NONE) --image.shared;
        it.lock = down_to;
        return SQLITE_OK;
    }

    static int reserved(sqlite3_file* pointer, int* out) {
        *out = file(pointer).image->reserved != nullptr ? 1 : 0;
        return SQLITE_OK;
    }

    static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
    static int sector_size(sqlite3_file*) { return 4'096; }
    static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

    // ---- shared memory of the WAL

    static int map(sqlite3_file* pointer, int region, int bytes, int extend, void volatile** out) {
        OpenFile& it = file(pointer);
        auto& memory = it.image->memory;
        if (!it.maps) ++memory.users;
        it.maps = true;
        const auto index = static_cast<std::size_t>(region);
        *out = nullptr;
        if (static_cast<std::size_t>(bytes) > memory_bytes()) return SQLITE_IOERR_SHMMAP;
        if (index >= memory.regions.size() && extend == 0) return SQLITE_OK;
        while (memory.regions.size() <= index) memory.regions.push_back(std::make_unique<std::array<char, 32'768>>());
        *out = memory.regions[index]->data();
        return SQLITE_OK;
    }
    static constexpr std::size_t memory_bytes() { return 32 * 1'024; }

    static int lock_memory(sqlite3_file* pointer, int first, int count, int flags) {
        OpenFile& it = file(pointer);
        auto& memory = it.image->memory;
        const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0, release = (flags & SQLITE_SHM_UNLOCK) != 0;
        const auto begin = static_cast<std::size_t>(first), end = begin + static_cast<std::size_t>(count);
        for (std::size_t i = begin; !release && i < end; ++i) {
            const bool mine = (it.shared_mask >> i & 1U) != 0;
            const bool taken = memory.exclusive[i] != nullptr && memory.exclusive[i] != &it;
            if (taken || (exclusive && memory.shared[i] > (mine ? 1 : 0))) return SQLITE_BUSY;
        }
        for (std::size_t i = begin; i < end; ++i) {
            const unsigned bit = 1U << i;
            if (exclusive) {
                memory.exclusive[i] = release ? nullptr : &it;
                it.exclusive_mask = release ? it.exclusive_mask & ~bit : it.exclusive_mask | bit;
            } else if (release != ((it.shared_mask & bit) == 0)) {
                memory.shared[i] += release ? -1 : 1;
                it.shared_mask ^= bit;
            }
        }
        return SQLITE_OK;
    }

    static void barrier(sqlite3_file*) {}

    static int unmap(sqlite3_file* pointer, int) {
        OpenFile& it = file(pointer);
        auto& memory = it.image->memory;
        for (std::size_t i = 0; i < memory.shared.size(); ++i) {
            if ((it.shared_mask >> i & 1U) != 0) --memory.shared[i];
            if (memory.exclusive[i] == &it) memory.exclusive[i] = nullptr;
        }
        it.shared_mask = it.exclusive_mask = 0;
        if (it.maps && --memory.users == 0) memory.regions.clear();  // the first to come finds out anew
        it.maps = false;
        return SQLITE_OK;
    }

    // ---- names, chance and time

    static int remove(sqlite3_vfs*, const char* name, int) {
        Disk* disk = disk_of(name);
        if (disk == nullptr) return SQLITE_IOERR_DELETE;
        if (disk->dead_) return SQLITE_IOERR_DELETE;
        return disk->files_.erase(name) > 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
    }

    static int access(sqlite3_vfs*, const char* name, int, int* out) {
        Disk* disk = disk_of(name);
        const auto at =
            disk == nullptr ? std::map<std::string, std::shared_ptr<FileImage>>::iterator{} : disk->files_.find(name);
        *out = disk != nullptr && at != disk->files_.end() && !at->second->bytes.empty() ? 1 : 0;
        return SQLITE_OK;
    }

    static int full_name(sqlite3_vfs*, const char* name, int length, char* out) {
        sqlite3_snprintf(length, out, "%s", name);
        return SQLITE_OK;
    }

    static int randomness(sqlite3_vfs*, int length, char* out) {
        static SeededRandom fixed(1);
        fixed.fill({reinterpret_cast<std::uint8_t*>(out), static_cast<std::size_t>(length)});
        return length;
    }
    static int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }
    static int time_ms(sqlite3_vfs*, sqlite3_int64* out) {
        *out = 212'454'360'000'000;  // nothing of ours asks SQLite for the time
        return SQLITE_OK;
    }
    static int time_days(sqlite3_vfs*, double* out) {
        *out = 2'458'950.0;
        return SQLITE_OK;
    }
    static int last_error(sqlite3_vfs*, int, char*) { return 0; }

    static const sqlite3_io_methods kMethods;
};

const sqlite3_io_methods Vfs::kMethods = {
    2,           close,           read, write,       truncate, sync,  size,    lock,   unlock, reserved, control,
    sector_size, characteristics, map,  lock_memory, barrier,  unmap, nullptr, nullptr};

void Disk::take_over() {
    static sqlite3_vfs vfs = [] {
        sqlite3_vfs made{};
        made.iVersion = 2;
        made.szOsFile = static_cast<int>(sizeof(OpenFile));
        made.mxPathname = 512;
        made.zName = "simulated";
        made.xOpen = Vfs::open;
        made.xDelete = Vfs::remove;
        made.xAccess = Vfs::access;
        made.xFullPathname = Vfs::full_name;
        made.xRandomness = Vfs::randomness;
        made.xSleep = Vfs::sleep;
        made.xCurrentTime = Vfs::time_days;
        made.xCurrentTimeInt64 = Vfs::time_ms;
        made.xGetLastError = Vfs::last_error;
        return made;
    }();
    [[maybe_unused]] static const int registered = sqlite3_vfs_register(&vfs, 1);
}

Disk::Written Disk::write(FileImage& image, std::size_t at, std::string_view bytes) {
    if (dead_) return Written::stopped;
    if (full_ && at + bytes.size() > image.bytes.size()) return Written::full;
    if (writes_left_ > 0 && --writes_left_ == 0) {
        dead_ = true;
        bytes = bytes.substr(0, chance_.below(bytes.size() / kSector + 1) * kSector);
    }
    change(image, at, bytes, std::max(image.bytes.size(), at + bytes.size()));
    return dead_ ? Written::stopped : Written::yes;
}

bool Disk::flush(FileImage& image) {
    if (dead_) return false;
    if (flushes_fail_) {
        flush_failed_ = true;
        return false;
    }
    image.unsynced.clear();
    return true;
}

/// The seam of base/disk.h. Replacing and moving are whole or not at all, as journalling file systems have it.
class Disk::Seam final : public ct::Disk {
  public:
    explicit Seam(sim::Disk& disk) : disk_(disk) {}

    bool exists(const std::string& path) override { return disk_.files_.contains(path); }

    Result<std::unique_ptr<DurableFile>> open(const std::string& path) override {
        const auto at = disk_.files_.find(path);
        if (at == disk_.files_.end()) return fail(ErrorKind::not_found, "FILE_NOT_FOUND", path);
        return std::make_unique<File>(disk_, at->second);
    }

    Result<void> replace(const std::string& path, std::string_view bytes) override {
        auto fresh = std::make_shared<FileImage>();
        if (auto written = File(disk_, fresh).write(0, bytes); !written) return written;
        if (!disk_.flush(*fresh)) return fail(ErrorKind::disk, "CANNOT_WRITE", path);
        disk_.files_[path] = std::move(fresh);
        return {};
    }

    Result<void> move(const std::string& from, const std::string& to) override {
        const auto at = disk_.files_.find(from);
        if (disk_.dead_ || at == disk_.files_.end()) return fail(ErrorKind::disk, "CANNOT_WRITE", to);
        disk_.files_[to] = at->second;
        disk_.files_.erase(from);
        return {};
    }

  private:
    class File final : public DurableFile {
      public:
        File(sim::Disk& disk, std::shared_ptr<FileImage> image) : disk_(disk), image_(std::move(image)) {}
        Result<std::string> read() override { return image_->bytes; }
        Result<void> write(std::int64_t offset, std::string_view bytes) override {
            switch (disk_.write(*image_, static_cast<std::size_t>(offset), bytes)) {
                case Written::yes: return {};
                case Written::full: return fail(ErrorKind::disk, "DISK_FULL", "the disk is full");
                case Written::stopped: break;
            }
            return fail(ErrorKind::disk, "CANNOT_WRITE", "the machine has stopped");
        }
        void begin_flush() override {}
        Result<void> end_flush() override {
            if (disk_.flush(*image_)) return {};
            return fail(ErrorKind::disk, "DISK_ERROR", "a flush failed");
        }

      private:
        sim::Disk& disk_;
        std::shared_ptr<FileImage> image_;
    };

    sim::Disk& disk_;
};

Disk::Disk(std::string directory, std::uint64_t chance)
    : directory_(std::move(directory)), chance_(chance), seam_(std::make_unique<Seam>(*this)) {
    take_over();
    disks()[directory_] = this;
}

Disk::~Disk() { disks().erase(directory_); }

ct::Disk& Disk::beside_sqlite() { return *seam_; }

void Disk::lose_unflushed() {
    for (auto& [path, image] : files_) {
        std::vector<FileImage::Write> writes = std::move(image->unsynced);
        image->unsynced.clear();
        for (auto write = writes.rbegin(); write != writes.rend(); ++write) {
            put(*image, write->at, write->before, write->size_before);
        }
        if (chance_.below(3) == 0) continue;  // nothing of it had reached the disk
        for (const FileImage::Write& write : writes) {
            const std::uint64_t fate = chance_.below(8);
            if (fate < 3) continue;
            std::string_view after = write.after;
            if (fate == 3) after = after.substr(0, chance_.below(after.size() / kSector + 1) * kSector);
            const bool shorter = write.size_after < write.size_before;
            if (shorter && write.size_after < image->bytes.size()) image->bytes.resize(write.size_after);
            if (!after.empty()) put(*image, write.at, after, std::max(image->bytes.size(), write.at + after.size()));
        }
    }
}

void Disk::start() {
    dead_ = false;
    flush_failed_ = false;
    writes_left_ = 0;
}

Disk::Contents Disk::contents() const {
    Contents all;
    for (const auto& [path, image] : files_) all[path.substr(directory_.size() + 1)] = image->bytes;
    return all;
}

void Disk::replace(const Contents& contents) {
    files_.clear();
    for (const auto& [name, bytes] : contents) {
        auto image = std::make_shared<FileImage>();
        image->bytes = bytes;
        files_[directory_ + "/" + name] = std::move(image);
    }
}

}  // namespace ct::sim
