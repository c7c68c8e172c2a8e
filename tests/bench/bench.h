// The table of measurements. Each line is measured beside a reference in the same run, because seconds alone say more
// about the machine than about the program.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "crm/record.h"
#include "sync/operation.h"

namespace ct::bench {

/// A directory of its own on the disk where the build is (durable writes must be real ones); removed at the end.
class Directory {
  public:
    Directory();
    ~Directory();
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

[[nodiscard]] double seconds(const std::function<void()>& work);
/// Of this thread's processor time: what others on the machine do does not count.
[[nodiscard]] double cpu_seconds(const std::function<void()>& work);
/// The middle one of several runs.
[[nodiscard]] double median(std::vector<double> values);

/// One line of the table. `ratio` and `aim` are of the same kind; `aim` empty: none was set.
void report(const std::string& what, const std::string& measured, const std::string& against = {},
            const std::string& aim = {});
[[nodiscard]] std::string number(double value, int digits = 0);
[[nodiscard]] std::string bytes(std::int64_t value);
/// This process's resident memory.
[[nodiscard]] std::int64_t resident_bytes();
[[noreturn]] void give_up(const std::string& why);

/// Realistic leads: 14 fields, notes of about 120 characters, the same from every seed.
[[nodiscard]] crm::Changes sample_lead(Random& random);
[[nodiscard]] std::vector<sync::Operation> sample_creates(std::size_t count, std::uint64_t seed);
/// The rows as CSV, for the reference of bytes.
[[nodiscard]] std::string as_csv(const std::vector<sync::Operation>& creates);

void bench_edits();
void bench_import();
void bench_push();
void bench_pull();
void bench_stages();
void bench_link();
void bench_recorder();
void bench_start();
void bench_rest();
void bench_server();
[[nodiscard]] int load_profile(const std::string& profile);  ///< part of bench_pull, in a process of its own
/// A profile with that many leads of the server's and that many that it has not heard of, to look at with other tools.
[[nodiscard]] int fill_profile(const std::string& profile, std::size_t leads, std::size_t unsent);
[[nodiscard]] int show_bare_window();  ///< the reference of bench_start, in a process of its own
void bench_ui();

}  // namespace ct::bench
