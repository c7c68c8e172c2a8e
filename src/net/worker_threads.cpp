#include "net/worker_threads.h"

#include <chrono>
#include <system_error>
#include <utility>

namespace ct::net {
namespace {

// A thread that waited this long ends: bursts pass, and a thread holds compression contexts.
constexpr std::chrono::seconds kIdleFor{10};

}  // namespace

bool WorkerThreads::run(std::function<void()> job) {
    std::unique_lock lock(mutex_);
    join_ended(lock);
    if (finishing_ || !has_place()) return false;
    take(std::move(job), std::move(lock));
    return true;
}

void WorkerThreads::run_surely(std::function<void()> job) {
    std::unique_lock lock(mutex_);
    join_ended(lock);
    if (!finishing_) (void)has_place();  // none: it waits until there is one
    take(std::move(job), std::move(lock));
}

/// A thread that is idle or is made for it, or room in the queue.
bool WorkerThreads::has_place() {
    if (jobs_.size() < idle_) return true;
    if (threads_.size() >= threads_max_) return jobs_.size() < idle_ + queue_max_;
    const auto self = threads_.emplace(threads_.end());
    try {
        *self = std::thread([this, self] { work(self); });
    } catch (const std::system_error&) {
        threads_.erase(self);
    }
    return !threads_.empty();
}

void WorkerThreads::take(std::function<void()> job, std::unique_lock<std::mutex> lock) {
    jobs_.push_back(std::move(job));
    lock.unlock();
    news_.notify_one();
}

void WorkerThreads::work(Threads::iterator self) {
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        const bool called = news_.wait_for(lock, kIdleFor, [&] { return !jobs_.empty() || finishing_; });
        --idle_;
        if (jobs_.empty() && (finishing_ || !called)) break;
        std::function<void()> job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        job = nullptr;
        lock.lock();
    }
    ended_.push_back(std::move(*self));
    threads_.erase(self);
    if (finishing_) news_.notify_all();
}

void WorkerThreads::join_ended(std::unique_lock<std::mutex>& lock) {
    while (!ended_.empty()) {
        std::vector<std::thread> ended = std::exchange(ended_, {});
        lock.unlock();
        for (std::thread& thread : ended) thread.join();
        lock.lock();
    }
}

void WorkerThreads::finish() {
    std::unique_lock lock(mutex_);
    finishing_ = true;
    news_.notify_all();
    news_.wait(lock, [&] { return threads_.empty(); });
    join_ended(lock);
    while (!jobs_.empty()) {  // no thread was to be had for them
        const std::function<void()> job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        lock.lock();
    }
}

}  // namespace ct::net
