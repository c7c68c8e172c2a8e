// Many clients and a server in one process, on virtual time, network and disk, from a seed. The replica with its store
// and engine, and the server's handlers with their storage, are the shipped code; only the clock, the chance, the disk
// and the network are not.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "base/random.h"
#include "client/network.h"
#include "server/service.h"
#include "sim/disk.h"
#include "sim/ledger.h"
#include "sim/plan.h"

namespace ct::sim {

inline constexpr SteadyMs kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;

/// The simulation itself cannot go on (never a finding by itself): a set-up that failed.
struct Unable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Time that stands still until the world moves it on. A machine's wall clock may be wrong by `skew`.
class VirtualClock final : public Clock {
  public:
    explicit VirtualClock(const SteadyMs& now, std::int64_t skew = 0) : now_(now), skew_(skew) {}
    [[nodiscard]] UnixMs now() const override { return kStart + now_ + skew_; }
    [[nodiscard]] SteadyMs steady() const override { return now_; }
    void jump(std::int64_t by) { skew_ += by; }

  private:
    static constexpr UnixMs kStart = 1'795'000'000'000;
    const SteadyMs& now_;
    std::int64_t skew_;
};

/// Who sits where. A letter is a laptop; capital letters are second laptops of the same user.
///   a A b: managers · c d e: employees, who see the leads that they own · x y: managers of another workspace
struct Seat {
    char letter = 'a';
    std::string_view email;
    bool sees_all = true;
    int workspace = 0;  ///< 0 or 1
};
[[nodiscard]] const Seat& seat_of(char letter);

/// What the world is made of at the start: a server with its users and laptops that are signed in, made once.
struct Office {
    Disk::Contents server;
    struct Prepared {
        Disk::Contents disk;
        std::string token;
    };
    std::map<char, Prepared> laptops;
    std::map<std::string, std::string> user_ids;  ///< by e-mail address
};
[[nodiscard]] const Office& office();
[[nodiscard]] std::string password_of(std::string_view email);
/// A real directory, in memory where there is such a place: for the few files that are not SQLite's.
[[nodiscard]] std::string directory_of_laptop(int number);
[[nodiscard]] std::string read_token(int number);

class Laptop;

class World {
  public:
    explicit World(const Plan& plan, bool tracing = false);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Carries the plan out, ends all faults, lets everything settle, and checks the rules. Empty, or what was broken.
    [[nodiscard]] std::string run();

    // ---- for laptops and checks
    [[nodiscard]] const Plan& plan() const { return plan_; }
    [[nodiscard]] const SteadyMs& now() const { return now_; }
    [[nodiscard]] const VirtualClock& server_clock() const { return server_clock_; }
    [[nodiscard]] std::vector<std::unique_ptr<Laptop>>& laptops() { return laptops_; }
    Laptop& add_laptop(char seat, const Disk::Contents& disk, const std::string& token);
    void at(SteadyMs when, std::function<void()> what);
    void exchange(Laptop& laptop, client::NetJob job);
    void end_session(const Laptop& laptop);  ///< on the server: its token is not taken any more
    void broken(const std::string& what);    ///< the first one counts
    [[nodiscard]] bool is_broken() const { return !broken_.empty(); }
    void trace(const std::function<std::string()>& line);
    [[nodiscard]] const std::vector<std::string>& story() const { return story_; }
    [[nodiscard]] const std::string& server_file() const { return server_file_; }
    /// Profiles were cloned or restored: then ids of operations come with other contents, and rightly.
    bool copies_about = false;
    int server_restores = 0;
    [[nodiscard]] const Wire& wire() const { return wire_; }
    [[nodiscard]] std::string workspace_id(int workspace) const { return workspace == 0 ? "1" : "2"; }

  private:
    struct Happening {
        SteadyMs at;
        std::uint64_t number;
        std::function<void()> what;
        bool operator>(const Happening& other) const { return std::tie(at, number) > std::tie(other.at, other.number); }
    };
    struct Waiting {  ///< a long poll
        std::uint64_t number = 0;
        const Laptop* laptop = nullptr;
        http::Request request;
        SteadyMs until = 0;
        std::function<void(http::Response)> answer;
    };
    void run_until(SteadyMs when);
    void carry_out(const Step& step);
    void server_act(const Step& step, Random& random);
    void server_start();
    void server_stop();
    bool server_died();  ///< in the middle of a write: takes it away, and has it come back
    void back_in(SteadyMs delay);
    void server_restore();
    [[nodiscard]] std::optional<http::Response> handle(const Laptop& laptop, const http::Request& request);
    void poll(const Laptop& laptop, const http::Request& request, std::function<void(http::Response)> answer);
    void look_again();
    [[nodiscard]] std::string settle();
    [[nodiscard]] std::string drain(const char* when);
    void end_faults();

    Plan plan_;
    const bool tracing_;
    SteadyMs now_ = 0;
    std::uint64_t happened_ = 0;
    std::string broken_;
    std::vector<std::string> story_;
    Faults faults_;  // the network's, at this moment
    std::priority_queue<Happening, std::vector<Happening>, std::greater<>> happenings_;

    VirtualClock server_clock_;
    SeededRandom server_random_;
    std::string server_file_;
    Disk server_disk_;
    std::unique_ptr<server::Storage> storage_;
    std::unique_ptr<server::Service> service_;
    SteadyMs server_down_until_ = 0;
    std::optional<Disk::Contents> backup_;
    std::vector<Waiting> waiting_;
    std::uint64_t polls_ = 0;

    Wire wire_;
    std::vector<std::unique_ptr<Laptop>> laptops_;
};

}  // namespace ct::sim
