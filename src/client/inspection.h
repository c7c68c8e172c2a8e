// The worker's side of the inspector: remembers requests, takes times, and answers questions. Worker thread.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "client/config.h"
#include "client/event.h"
#include "client/examiner.h"
#include "client/inspect.h"
#include "client/network_thread.h"
#include "client/recorder.h"
#include "client/replica.h"
#include "client/request_log.h"

namespace ct::client {

class Inspection {
  public:
    struct Ports {
        std::function<void(Event)> emit;
        std::function<std::pair<inspect::Ring, inspect::Ring>()> rings;  ///< commands, events
        Recorder& recorder;                                              ///< outlives it
    };
    /// The lanes in the order of Lane; the inspector's own is made when it is first used. All outlive this.
    Inspection(const Profile& profile, const Config& config, const Clock& clock, Bell& bell, Replica& replica,
               net::LinkSimulator& simulator, std::array<NetworkThread*, kLaneCount - 1> lanes, Ports ports);

    void take(inspect::Question& question);
    bool take_answers();  ///< of its own threads; whether there were any
    [[nodiscard]] bool open() const { return open_; }

    // ---- what the worker reports
    void saw(Lane lane, const NetAnswer& answer);
    void saved(std::int64_t us) { commits_.add(us); }
    void booked(std::int64_t us) { answers_.add(us); }
    void slept(std::int64_t us) { slept_us_ += us; }
    void link_heard(bool up, bool server_is_here);
    void database_changed();

  private:
    void on(const inspect::Open& question);
    void on(const inspect::LookNow& question);
    void on(const inspect::AskServer& question);
    void on(const inspect::ShowAgain& question);
    template <class Other>
    void on(const Other& question) {
        examiner().ask(question);
    }
    void on(const inspect::ReadMirror& question) { at_length().ask(question); }
    void on(const inspect::ReadDigests& question) { at_length().ask(question); }
    void on(const inspect::TryPage& question) { at_length().ask(question); }
    void on(const inspect::ListFolder& question) { at_length().ask(question); }
    [[nodiscard]] Examiner& examiner() { return started(examiner_); }
    [[nodiscard]] Examiner& at_length() { return started(at_length_); }
    [[nodiscard]] Examiner& started(std::unique_ptr<Examiner>& one);
    void look_at_lanes(inspect::Look& look, std::int64_t now_us);
    void server_said(NetAnswer& answer);

    const Examiner::Places places_;
    const std::string ca_file_;
    const Clock& clock_;
    Bell& bell_;
    Replica& replica_;
    net::LinkSimulator& simulator_;
    std::array<NetworkThread*, kLaneCount> lanes_;
    Ports ports_;
    RequestLog requests_;
    bool open_ = false;
    inspect::Histogram commits_, answers_;
    std::int64_t slept_us_ = 0, looked_at_us_ = 0;
    std::array<std::int64_t, kLaneCount> lane_busy_us_{};  // as told last
    bool system_link_ = true, server_is_here_ = false;
    UnixMs link_heard_at_ = 0, answered_at_ = 0;
    std::string server_version_;
    std::unique_ptr<Examiner> examiner_, at_length_;  // the second for what takes seconds
    std::unique_ptr<NetworkThread> own_lane_;
    std::deque<std::pair<crm::Model, Uuid>> asked_;  // of the server, in order
};

}  // namespace ct::client
