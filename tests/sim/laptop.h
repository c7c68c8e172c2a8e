// One laptop and its user: a profile on a simulated disk, the shipped replica on top, and a person who edits. Files
// outlive crashes, everything else is made anew.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/replica.h"
#include "sim/disk.h"
#include "sim/ledger.h"
#include "sim/plan.h"
#include "sim/retraced.h"
#include "sim/world.h"

namespace ct::sim {

class Laptop {
  public:
    using Records = std::map<Uuid, crm::Record>;

    Laptop(World& world, int number, char seat, const Disk::Contents& disk, const std::string& token);
    ~Laptop();
    Laptop(const Laptop&) = delete;
    Laptop& operator=(const Laptop&) = delete;

    void start();  ///< nothing when it runs, or when it cannot (its disk is full, say)
    /// Everything in memory is gone, at once; with `power`, what was not flushed to the disk as well.
    void stop(bool power);
    [[nodiscard]] bool running() const { return replica_ != nullptr; }

    void carry_out(const Step& step, Random& random);
    void tell(sync::Event event);
    void end_faults();                       ///< its own; the user goes online
    void sign_in();                          ///< nothing where they are
    void decide_everything(Random& random);  ///< whatever waits for a person
    [[nodiscard]] bool waits_for_a_person() const;
    void answer(bool allowed);  ///< whether a pull that is held back may take so much away; nothing where none is

    // ---- for the world
    [[nodiscard]] bool link_up() const { return world_.now() >= link_down_until_; }
    [[nodiscard]] bool portal() const { return world_.now() < portal_until_; }
    [[nodiscard]] bool loses_requests() const { return world_.now() < lose_there_until_; }
    [[nodiscard]] bool loses_answers() const { return world_.now() < lose_back_until_; }
    /// Of the lane that waits for news, or of the other: answers to an earlier one are lost.
    [[nodiscard]] std::uint64_t incarnation(bool listens) const { return listens ? listens_ : incarnation_; }
    [[nodiscard]] std::uint64_t next_exchange() { return ++exchanges_; }
    void answered(client::NetAnswer answer);
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] const Seat& seat() const { return seat_; }
    [[nodiscard]] std::string name() const { return std::string("laptop ") + label_; }
    [[nodiscard]] const std::string& device() const { return store_->state().device_id; }
    [[nodiscard]] const std::string& user_id() const { return user_id_; }

    // ---- for the checks
    [[nodiscard]] client::Replica& replica() { return *replica_; }
    [[nodiscard]] store::Store& store() { return *store_; }
    [[nodiscard]] const std::string& file() const { return file_; }
    [[nodiscard]] bool loads() const { return reopened_; }  ///< what is shown is to be read from the disk first
    [[nodiscard]] const Records& shown(crm::Model model) const { return shown_[static_cast<std::size_t>(model)]; }
    [[nodiscard]] const Ledger& ledger() const { return ledger_; }
    [[nodiscard]] std::vector<sync::QueuedOperation> queue();
    [[nodiscard]] std::string describe();  ///< its queue, for the report of a failure
    /// Versions of what is shown never go back, while the server is the same one.
    [[nodiscard]] std::string check_monotonic();
    bool was_restored = false;   ///< or is a clone
    bool lacks_records = false;  ///< its database was damaged, and no round has ended well since

  private:
    // user.cpp: what a person does
    void edit(Random& random, std::size_t count);
    void import(Random& random);
    void remove(Random& random);
    void restore(Random& random);
    void merge(Random& random);
    void unmerge(Random& random);
    void hand_over(Random& random);
    void foreign_field(Random& random);
    void nonsense(Random& random);
    void decide(Random& random, bool all);
    void retry(Random& random);
    void discard(Random& random, bool all);
    void take_back(Random& random);
    void sweep(Random& random);
    [[nodiscard]] std::optional<client::Edit> random_edit(Random& random);
    [[nodiscard]] crm::Changes random_changes(Random& random, crm::Model model, bool create);
    [[nodiscard]] const crm::Record* any_record(Random& random, crm::Model model) const;
    [[nodiscard]] std::vector<std::pair<crm::Model, Uuid>> children_of(const Uuid& lead) const;
    void save(std::vector<client::Edit> edits);
    void given_up(const sync::QueuedOperation& queued);
    [[nodiscard]] std::vector<Uuid> children_promised(const Uuid& record);

    // laptop.cpp
    void laptop_act(const Step& step, Random& random);
    void on_event(client::Event event);
    void show(const store::Visible& visible);
    void load();  ///< what is shown, from the disk
    void arm_timer();
    void damage(Random& random);
    void observe();
    void stop_if_dead();
    [[nodiscard]] std::string marked(std::string text) const;

    World& world_;
    const Seat& seat_;
    const int number_;
    const std::string label_, file_, user_id_;
    Disk disk_;
    VirtualClock clock_;
    SeededRandom random_;
    Retraced retraced_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<client::Replica> replica_;
    std::uint64_t incarnation_ = 0, listens_ = 0;
    std::uint64_t armed_ = 0;  // number of the timer that counts
    SteadyMs armed_for_ = -1;
    std::uint64_t exchanges_ = 0, observed_ = 0, tickets_ = 0;
    int retries_ = 0;
    bool offline_ = false, was_link_up_ = true;
    bool reopened_ = false;  // the program said so: what is shown comes from the disk again
    SteadyMs link_down_until_ = 0, portal_until_ = 0, lose_there_until_ = 0, lose_back_until_ = 0;

    std::array<Records, crm::kModelCount> shown_;  // as the window would show them, by the events alone
    std::map<std::uint64_t, std::vector<client::Edit>> saving_;
    Ledger ledger_;
    std::map<Uuid, std::int64_t> versions_;  // as shown once
    struct Copy {
        Disk::Contents disk;
        Ledger ledger;
        std::string token;
    };
    std::optional<Copy> copy_;
};

}  // namespace ct::sim
