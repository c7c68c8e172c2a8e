// What lets a request wait without anything waiting for it: a bell for whoever has the work, and a thread per lane to
// the server.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "client/inspect.h"
#include "client/network.h"

namespace ct::client {

/// A place to sleep until somebody has something. Ringing while nobody sleeps is remembered.
class Bell {
  public:
    void ring() {
        {
            const std::scoped_lock lock(mutex_);
            rung_ = true;
        }
        heard_.notify_one();
    }
    void wait(std::optional<std::int64_t> at_most_ms) {
        std::unique_lock lock(mutex_);
        if (at_most_ms) {
            heard_.wait_for(lock, std::chrono::milliseconds(*at_most_ms), [this] { return rung_; });
        } else {
            heard_.wait(lock, [this] { return rung_; });
        }
        rung_ = false;
    }

  private:
    std::mutex mutex_;
    std::condition_variable heard_;
    bool rung_ = false;  // guarded by mutex_
};

/// Not what a person began, or what asks for people: nobody's round ends with those.
[[nodiscard]] inline bool may_be_cancelled(NetJob::Kind kind) {
    return kind != NetJob::Kind::login && kind != NetJob::Kind::logout && kind != NetJob::Kind::people;
}

/// A network-only thread with a connection of its own: one job at a time, answers go to the worker.
class NetworkThread {
  public:
    NetworkThread(const Clock& clock, Bell& worker, net::LinkSimulator* simulator = nullptr)
        : network_(clock, simulator), worker_(worker), thread_([this] { run(); }) {}
    ~NetworkThread() {
        {
            const std::scoped_lock lock(mutex_);
            stop_ = true;
            jobs_.clear();
        }
        network_.close();
        wake_.notify_one();
        thread_.join();
    }

    void send(NetJob job) {
        bool unwanted = false;
        {
            const std::scoped_lock lock(mutex_);
            jobs_.push_back(std::move(job));
            unwanted = syncing_ && unwanted_;
        }
        if (unwanted) network_.cancel();  // the first time may have come before it was under way
        wake_.notify_one();
    }
    void cancel() {
        {
            const std::scoped_lock lock(mutex_);
            std::erase_if(jobs_, [](const NetJob& job) { return may_be_cancelled(job.kind); });
            if (!syncing_) return;  // a sign-in under way is nobody's round
            unwanted_ = true;
        }
        network_.cancel();
    }
    /// Cuts what is under way, as a broken network does; its answer comes, and says so.
    void interrupt() { network_.cancel(); }
    void keep_bodies(bool on) { network_.keep_bodies(on); }
    struct UnderWay {
        NetJob::Kind kind = NetJob::Kind::probe;
        std::int64_t since_us = 0;  ///< of the monotonic clock
    };
    [[nodiscard]] std::optional<UnderWay> under_way() {
        const std::scoped_lock lock(mutex_);
        return under_way_;
    }
    [[nodiscard]] std::optional<NetAnswer> answer() {
        const std::scoped_lock lock(mutex_);
        if (answers_.empty()) return std::nullopt;
        NetAnswer first = std::move(answers_.front());
        answers_.pop_front();
        return first;
    }

  private:
    void run() {
        std::unique_lock lock(mutex_);
        while (true) {
            wake_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
            if (stop_) return;
            const NetJob job = std::move(jobs_.front());
            jobs_.pop_front();
            syncing_ = may_be_cancelled(job.kind);
            unwanted_ = false;
            under_way_ = UnderWay{job.kind, inspect::steady_us()};
            lock.unlock();
            NetAnswer answer = network_.run(job);
            lock.lock();
            under_way_.reset();
            syncing_ = false;
            answers_.push_back(std::move(answer));
            worker_.ring();
        }
    }

    Network network_;
    Bell& worker_;
    std::mutex mutex_;  // guards all below but the thread
    std::condition_variable wake_;
    std::deque<NetJob> jobs_;
    std::deque<NetAnswer> answers_;
    bool syncing_ = false;   // a job that `cancel` may end is under way
    bool unwanted_ = false;  // … and was to end
    bool stop_ = false;
    std::optional<UnderWay> under_way_;
    std::thread thread_;
};

}  // namespace ct::client
