// A disk for tests: real files, but nothing is flushed (nobody pulls the plug of a test, and flushes would be nearly
// all of its time); it fails when it is told to.
#pragma once

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "base/disk.h"
#include "base/file.h"
#include "base/part_file.h"

namespace ct::test {

class CalmDisk final : public Disk {
  public:
    enum class Call : std::uint8_t { write, flush, replace };
    /// The `nth` call from now (0: the next) fails; with `for_ever` all after it too.
    void arm(Call call, int nth, bool for_ever = false) { fault_ = {call, nth, for_ever, true}; }
    void disarm() { fault_.armed = false; }
    [[nodiscard]] bool armed() const { return fault_.armed; }
    int flushes = 0;
    int replaced = 0;  ///< files written anew

    bool exists(const std::string& path) override { return path_exists(path); }
    Result<std::unique_ptr<DurableFile>> open(const std::string& path) override {
        if (!path_exists(path)) return fail(ErrorKind::not_found, "FILE_NOT_FOUND", path);
        return std::make_unique<File>(*this, path);
    }
    Result<void> replace(const std::string& path, std::string_view bytes) override {
        if (due(Call::replace)) return broken(path);
        ++replaced;
        std::ofstream(path + ".new", std::ios::binary) << bytes;
        return move(path + ".new", path);
    }
    Result<void> move(const std::string& from, const std::string& to) override {
        if (std::rename(from.c_str(), to.c_str()) != 0) return broken(to);
        return {};
    }

  private:
    struct Fault {
        Call call = Call::write;
        int left = 0;
        bool for_ever = false, armed = false;
    };
    static Failure broken(const std::string& path) {
        return fail(ErrorKind::disk, "DISK_ERROR", path + ": this disk is told to fail");
    }
    bool due(Call call) {
        if (!fault_.armed || fault_.call != call || fault_.left-- > 0) return false;
        fault_.left = 0;
        fault_.armed = fault_.for_ever;
        return true;
    }

    class File final : public DurableFile {
      public:
        File(CalmDisk& disk, std::string path)
            : disk_(disk), path_(std::move(path)), file_(path_, std::ios::binary | std::ios::in | std::ios::out) {}
        Result<std::string> read() override { return read_file(path_); }
        Result<void> write(std::int64_t offset, std::string_view bytes) override {
            if (disk_.due(Call::write)) {
                put(offset, bytes.substr(0, bytes.size() / 2));  // as a disk does that fills up
                return broken(path_);
            }
            return put(offset, bytes);
        }
        void begin_flush() override { ++disk_.flushes; }
        Result<void> end_flush() override {
            if (disk_.due(Call::flush)) return broken(path_);
            return {};
        }

      private:
        Result<void> put(std::int64_t offset, std::string_view bytes) {
            file_.seekp(offset);
            file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
            file_.flush();
            if (!file_) return broken(path_);
            return {};
        }
        CalmDisk& disk_;
        const std::string path_;
        std::fstream file_;
    };

    Fault fault_;
};

}  // namespace ct::test
