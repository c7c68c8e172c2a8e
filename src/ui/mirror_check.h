// Memory against the database, record by record, a little with each frame. UI thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "client/inspect.h"
#include "ui/desk.h"

namespace ct::ui {

class MirrorCheck {
  public:
    static constexpr std::int64_t kSlice_us = 1'500;     ///< of a frame
    static constexpr std::size_t kSuspectsKept = 5'000;  ///< more is told as "more"

    struct Found {
        std::int64_t missing = 0, differing = 0, surplus = 0;  ///< in memory
        std::vector<std::pair<crm::Model, Uuid>> wrong;        ///< these records
        bool more = false;                                     ///< than are looked at
    };

    void begin(const Desk& desk);
    void take(client::inspect::MirrorPart&& part);
    void take(client::inspect::DigestsRead&& read);
    /// With each frame: compares for kSlice_us at most, and asks again for what was not alike, for an edit may have
    /// come between the two.
    void go_on(Desk& desk);

    [[nodiscard]] bool running() const { return phase_ == Phase::comparing || phase_ == Phase::again; }
    [[nodiscard]] bool done() const { return phase_ == Phase::done; }
    [[nodiscard]] std::int64_t compared() const { return compared_; }
    [[nodiscard]] std::int64_t total() const { return total_; }  ///< about
    [[nodiscard]] const Found& found() const { return found_; }  ///< once it is done
    [[nodiscard]] const std::string& error() const { return error_; }
    /// The records that are wrong, to be shown again as the database has them.
    [[nodiscard]] std::vector<std::pair<crm::Model, Uuid>> take_wrong() { return std::exchange(found_.wrong, {}); }

  private:
    enum class Phase : std::uint8_t { off, comparing, again, done };

    bool step(const Desk& desk);
    bool compare_some(const client::State& state);
    bool look_for_surplus(const client::State& state, const client::inspect::MirrorPart& part);
    void suspect(crm::Model model, const Uuid& id);
    void judge(const client::State& state, const client::inspect::DigestsRead::One& one);
    void end_of_models(const Desk& desk);

    Phase phase_ = Phase::off;
    std::int64_t ticket_ = 0;                        // of the comparison: what comes of an earlier one is let go
    std::deque<client::inspect::MirrorPart> parts_;  // not compared yet
    std::size_t at_ = 0;                             // in the first part
    std::size_t row_ = 0;                            // of memory, behind the model's last part
    std::int64_t missing_ = 0;                       // of the model
    std::vector<std::pair<crm::Model, Uuid>> suspects_;
    std::vector<client::inspect::DigestsRead::One> again_;  // read again, and not judged yet
    std::int64_t compared_ = 0, total_ = 0;
    Found found_;
    std::string error_;
};

}  // namespace ct::ui
