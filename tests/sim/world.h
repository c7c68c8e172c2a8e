// Many clients and a server in one process, on virtual time, from a seed. The replica with its store and engine, and
// the server's handlers with their storage, are the shipped code; only the clock, the chance and the network are not.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "calm_disk.h"
#include "client/replica.h"
#include "server/service.h"

namespace ct::sim {

/// Time that stands still until the world moves it on. A client's wall clock may be wrong by `skew`.
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

/// How bad the network is; chances in percent.
struct Weather {
    int lose_request = 0, lose_answer = 0, duplicate = 0, cut_answer = 0, login_page = 0;
    std::int64_t latency_max_ms = 200;
};

class World;

/// A laptop: its files outlive crashes, everything else is made anew.
class Laptop {
  public:
    Laptop(World& world, int number, const std::string& directory);
    ~Laptop();

    void start();
    void crash();  ///< everything in memory is gone, at once
    [[nodiscard]] bool running() const { return replica_ != nullptr; }
    void sign_in(const std::string& email);
    void tell(sync::Event event);

    /// One save of the user. Ids of operations that are reported saved are remembered (rule 3).
    Result<store::Committed> save(const std::vector<client::Edit>& edits);
    void edit_at_random();
    /// Puts an operation into the queue that the server will refuse.
    void save_nonsense();
    /// The user gives up everything that needs a decision.
    void discard_refused();

    [[nodiscard]] client::Replica& replica() { return *replica_; }
    [[nodiscard]] const std::set<Uuid>& saved() const { return saved_; }
    [[nodiscard]] std::map<Uuid, crm::Record> records(crm::Model model);
    [[nodiscard]] bool idle() { return running() && replica_->store().queue().operations == 0; }
    /// Rules 1, 6 and the engine's promise, as they can be seen from inside; empty when they hold.
    [[nodiscard]] std::string check();
    [[nodiscard]] std::string describe();  ///< its queue, for the report of a failure

  private:
    friend class World;
    void send(client::NetJob job);
    [[nodiscard]] std::vector<sync::QueuedOperation> queue();
    void arm_timer();
    [[nodiscard]] std::optional<client::Edit> random_edit();
    [[nodiscard]] crm::Changes random_changes(crm::Model model, bool create);
    [[nodiscard]] std::optional<Uuid> any_record(crm::Model model);
    [[nodiscard]] std::string check_rebase(crm::Model model);

    World& world_;
    const int number_;
    const std::string directory_;
    VirtualClock clock_;
    SeededRandom random_;
    ct::test::CalmDisk disk_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<client::Replica> replica_;
    std::uint64_t incarnation_ = 0;  // answers to an earlier one are lost
    std::uint64_t armed_ = 0;        // number of the timer that counts
    SteadyMs armed_for_ = -1;
    std::set<Uuid> saved_;
    std::map<Uuid, std::set<Uuid>> saved_of_record_;
};

class World {
  public:
    World(std::uint64_t seed, int laptops);
    ~World();

    [[nodiscard]] Laptop& laptop(std::size_t i) { return *laptops_[i]; }
    [[nodiscard]] std::size_t size() const { return laptops_.size(); }
    Laptop& add_laptop();
    [[nodiscard]] SeededRandom& random() { return random_; }
    [[nodiscard]] bool chance(int percent) { return static_cast<int>(random_.below(100)) < percent; }
    [[nodiscard]] SteadyMs now() const { return now_; }

    void at(SteadyMs when, std::function<void()> what);
    void run_until(SteadyMs when);
    /// Until every queue is empty and every laptop has pulled since; false when that takes longer than a virtual day.
    [[nodiscard]] bool settle();

    [[nodiscard]] std::string describe();
    void server_up(bool up) { server_up_ = up; }
    void restart_server();

    /// After `settle`: rules 2, 3 and 4; empty when they hold.
    [[nodiscard]] std::string check();

    Weather weather;
    std::string failure;  ///< the first rule that was seen broken while it ran

  private:
    friend class Laptop;
    struct Happening {
        SteadyMs at;
        std::uint64_t number;
        std::function<void()> what;
        bool operator>(const Happening& other) const { return std::tie(at, number) > std::tie(other.at, other.number); }
    };
    void open_server();
    void make_users();
    void exchange(Laptop& laptop, client::NetJob job);
    [[nodiscard]] net::HttpOutcome answer(const client::NetJob& job);
    void observe(Laptop& laptop);
    [[nodiscard]] std::string history(const std::string& record);
    [[nodiscard]] std::string check_convergence();
    [[nodiscard]] std::string check_nothing_lost();
    [[nodiscard]] std::string check_largest_stamp_wins();

    SteadyMs now_ = 0;
    std::uint64_t happened_ = 0;
    SeededRandom random_;
    VirtualClock server_clock_;
    std::string directory_;
    std::priority_queue<Happening, std::vector<Happening>, std::greater<>> happenings_;
    std::unique_ptr<server::Storage> storage_;
    std::unique_ptr<server::Service> service_;
    bool server_up_ = true;
    std::vector<std::unique_ptr<Laptop>> laptops_;
};

}  // namespace ct::sim
