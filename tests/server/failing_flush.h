// A disk that does not take what it is given to keep: flushes (fsync) of files whose path begins so fail.
#pragma once

#include <string>

namespace ct::server::test {

/// While it lives; one at a time. Flushes of all other files are as ever.
class FailingFlush {
  public:
    explicit FailingFlush(std::string path_begins);
    ~FailingFlush();
    FailingFlush(const FailingFlush&) = delete;
    FailingFlush& operator=(const FailingFlush&) = delete;
    [[nodiscard]] int failed() const;  ///< so often by now
};

}  // namespace ct::server::test
