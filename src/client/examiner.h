// Reads for the inspector and the file chooser what is on the disk, on a thread and a connection of its own, so that
// the worker goes on meanwhile. Started with the first question.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "client/inspect.h"
#include "store/reader.h"

namespace ct::client {

class Examiner {
  public:
    struct Places {
        std::string database, log_file;
        std::string scratch;  ///< a directory of its own, for copies to try things on
    };
    /// `answered` is called from its thread: an answer can be taken. The clock outlives it.
    Examiner(Places places, const Clock& clock, std::function<void()> answered);
    ~Examiner();
    Examiner(const Examiner&) = delete;
    Examiner& operator=(const Examiner&) = delete;

    void ask(inspect::Question question);                   ///< any thread
    [[nodiscard]] std::optional<inspect::Answer> answer();  ///< any thread
    /// After the database was made anew: the next question opens the new one.
    void reopen();

  private:
    void run();
    [[nodiscard]] Result<store::Reader*> reader();
    void tell(inspect::Answer answer);
    void on(const inspect::ListQueue& question);
    void on(const inspect::ListRounds& question);
    void on(const inspect::FindRecord& question);
    void on(const inspect::RunQuery& question);
    void on(const inspect::ReadLog& question);
    void on(const inspect::ReadMirror& question);
    void on(const inspect::ReadDigests& question);
    void on(const inspect::TryPage& question);
    void on(const inspect::ListFolder& question);
    template <class Other>
    void on(const Other&) {}  // the worker's own

    const Places places_;
    const Clock& clock_;
    const std::function<void()> answered_;
    std::unique_ptr<store::Reader> reader_;  // its thread's
    std::atomic<bool> stop_{false}, reopen_{false};
    std::mutex mutex_;  // guards the queues
    std::condition_variable asked_;
    std::deque<inspect::Question> questions_;
    std::deque<inspect::Answer> answers_;
    std::thread thread_;
};

}  // namespace ct::client
