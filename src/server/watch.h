// Hears or sees what other processes wrote to the same database, and rings for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "server/bell.h"
#include "server/storage/storage.h"

namespace ct::server {

/// Listens where the database tells of commits, with a look now and then; else one look a second per workspace in which
/// somebody waits, whatever their number. Any thread.
class Watch {
  public:
    Watch(Storage& storage, Bells& bells) : storage_(storage), bells_(bells) {}
    ~Watch() { stop(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    void start();  ///< its thread, with the first call
    void stop();   ///< for good

  private:
    void look();
    void listen();
    void hear();
    void run();

    Storage& storage_;
    Bells& bells_;
    std::mutex mutex_;
    std::condition_variable stops_;
    bool stopped_ = false;  // guarded by mutex_
    std::thread thread_;    // guarded by mutex_
    // The thread's own.
    std::unique_ptr<Changes> changes_;
    std::chrono::steady_clock::time_point looked_{};
};

}  // namespace ct::server
