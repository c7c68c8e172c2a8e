// The client at work, as the window sees it: commands go in, events come out, nothing blocks.
//
// Inside are two threads: the worker (owns the store and the engine) and the network thread (owns the HTTP
// connection, so that a slow request never holds up a save). See architecture.md, "Who may touch what".
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "client/config.h"
#include "client/event.h"
#include "client/recorder.h"
#include "net/link_simulator.h"
#include "sync/tuning.h"

namespace ct::client {

struct ClientOptions {
    Profile profile;
    Config config;
    Clock* clock = &system_clock();
    Random* random = &system_random();
    std::function<void()> wake;  ///< called from the worker after it posted events (glfwPostEmptyEvent)
    bool load_records = true;
    sync::Tuning tuning;                 ///< but for the interval, which is `config`'s
    std::string program = "colortouch";  ///< with its version, for the flight recorder and the diagnostics
};

class Client {
  public:
    /// Takes the profile's lock (PROFILE_IN_USE), opens the database, starts the threads, begins to load.
    [[nodiscard]] static Result<std::unique_ptr<Client>> open(ClientOptions options);
    /// Finishes commits under way, ends requests, joins the threads.
    ~Client();

    void post(Command command);                 ///< UI thread; never blocks, never drops
    [[nodiscard]] std::optional<Event> poll();  ///< UI thread; nothing when there is none

    struct Gauges {
        std::size_t commands_depth, commands_high, events_depth, events_high;
    };
    [[nodiscard]] Gauges gauges() const;
    [[nodiscard]] RecorderStatus recorder() const;               ///< any thread
    [[nodiscard]] net::LinkSimulator::Counts simulated() const;  ///< what SimulateLink has done; any thread

  private:
    struct Impl;
    explicit Client(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ct::client
