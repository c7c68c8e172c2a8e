// A thread per job, up to a limit; what comes beyond queues.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace ct::net {

/// Threads are made as jobs come, and end when there are none for a while.
class WorkerThreads {
  public:
    WorkerThreads(std::size_t threads_max, std::size_t queue_max) : threads_max_(threads_max), queue_max_(queue_max) {}
    ~WorkerThreads() { finish(); }
    WorkerThreads(const WorkerThreads&) = delete;
    WorkerThreads& operator=(const WorkerThreads&) = delete;

    /// False when the queue is full or no thread can be had; the job is dropped then.
    [[nodiscard]] bool run(std::function<void()> job);
    /// Takes it however long the queue is, for what was begun and must come to its end. Not after finish().
    void run_surely(std::function<void()> job);
    /// Takes no more jobs but those that the jobs themselves surely want done; returns when all are.
    void finish();

  private:
    using Threads = std::list<std::thread>;
    void work(Threads::iterator self);
    [[nodiscard]] bool has_place();
    void take(std::function<void()> job, std::unique_lock<std::mutex> lock);
    void join_ended(std::unique_lock<std::mutex>& lock);

    const std::size_t threads_max_;
    const std::size_t queue_max_;
    mutable std::mutex mutex_;
    std::condition_variable news_;
    // all guarded by mutex_
    std::deque<std::function<void()>> jobs_;
    Threads threads_;
    std::vector<std::thread> ended_;  // to be joined
    std::size_t idle_ = 0;            // waiting for a job
    bool finishing_ = false;
};

}  // namespace ct::net
