#include "sim/laptop.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "base/file.h"
#include "sim/checks.h"

namespace ct::sim {

namespace {

constexpr std::int64_t kSkewMaxMs = 3 * kMinute;
constexpr std::int64_t kJumpMaxMs = 2 * 365 * kDay;
constexpr const char* kServer = "http://127.0.0.1:8787";

std::int64_t skew(std::uint64_t seed) {
    return static_cast<std::int64_t>(mix(seed, 3) % (2 * kSkewMaxMs)) - kSkewMaxMs;
}

/// The one real file of a laptop. Written over in place: a run must not pay for a flush.
void write_token(const std::string& file, const std::string& token) {
    std::ofstream(file, std::ios::trunc) << token << '\n';
}

}  // namespace

Laptop::Laptop(World& world, int number, char seat, const Disk::Contents& disk, const std::string& token)
    : world_(world),
      seat_(seat_of(seat)),
      number_(number),
      label_(std::to_string(number) + seat),
      file_(directory_of_laptop(number) + "/colortouch.db"),
      user_id_(office().user_ids.at(std::string(seat_.email))),
      disk_(directory_of_laptop(number), mix(world.plan().seed, 100 + static_cast<std::uint64_t>(number))),
      clock_(world.now(), skew(mix(world.plan().seed, 200 + static_cast<std::uint64_t>(number)))),
      random_(mix(world.plan().seed, 300 + static_cast<std::uint64_t>(number))),
      retraced_([this](const std::string& what) { world_.broken(name() + ": " + what); }) {
    disk_.replace(disk);
    write_token(directory_of_laptop(number_) + "/token", token);
}

Laptop::~Laptop() {
    disk_.stop();
    replica_.reset();
    store_.reset();
}

void Laptop::start() {
    if (running()) return;
    ++incarnation_;
    ++listens_;
    disk_.start();
    auto store = store::Store::open(file_, clock_, random_, disk_.beside_sqlite());
    if (!store) {
        stop_if_dead();
        if (disk_.is_full() || disk_.flush_failed()) return;  // it says so; the user starts it again later
        return world_.broken(name() + " does not start: " + store.error().code + " " + store.error().message);
    }
    store_ = std::move(*store);
    load();
    client::ReplicaOptions options;
    options.tuning.batch_operations_max = 7;  // small, so that a few edits already take several of everything
    options.tuning.pull_first_limit = 3;
    options.tuning.pull_limit = 5;
    options.tuning.listen_wait_s = 100;  // nothing but polls that hear of nothing would be most of a run
    options.witness = &retraced_;
    client::ReplicaPorts ports;
    ports.send = [this](client::NetJob job) {
        if (!disk_.dead()) world_.exchange(*this, std::move(job));
    };
    ports.listen = ports.send;
    ports.cancel = [this] { ++incarnation_; };
    ports.stop_listening = [this] { ++listens_; };
    ports.emit = [this](client::Event event) { on_event(std::move(event)); };
    replica_ = std::make_unique<client::Replica>(*store_, client::Secrets(directory_of_laptop(number_) + "/token"),
                                                 clock_, random_, options, std::move(ports));
    world_.trace([this] { return name() + " starts"; });
    replica_->start();
    if (mix(world_.plan().seed, 400 + static_cast<std::uint64_t>(number_)) % 2 == 0)
        tell(sync::event::ListenChosen{true});
    if (offline_) tell(sync::event::OfflineChosen{true});
    was_link_up_ = true;
    observe();
}

void Laptop::load() {
    reopened_ = false;
    for (const crm::ModelDef& model : crm::models()) {
        auto& records = shown_[static_cast<std::size_t>(model.model)];
        records.clear();
        const auto loaded = store_->load(model.model, 100, [&](std::vector<crm::Record>&& some) {
            for (crm::Record& record : some) records.insert_or_assign(record.id, std::move(record));
        });
        if (loaded) continue;
        reopened_ = true;  // where the disk is at fault it says so, and tries again
        if (!disk_.dead() && !disk_.is_full() && !disk_.flush_failed())
            world_.broken(name() + " cannot load: " + loaded.error().message);
        return;
    }
}

void Laptop::stop(bool power) {
    if (!running() && store_ == nullptr && !power) return;
    ++incarnation_;
    ++listens_;
    ++armed_;
    armed_for_ = -1;
    disk_.stop();
    replica_.reset();
    store_.reset();
    saving_.clear();
    if (!power) return;
    // What a disk that had failed to flush still gave to read is gone with its power, and comes again from the server.
    if (disk_.flush_failed()) versions_.clear();
    disk_.lose_unflushed();
}

/// The disk stopped the machine in the middle of a write.
void Laptop::stop_if_dead() {
    if (!disk_.dead()) return;
    world_.trace([this] { return name() + " stopped in the middle of a write"; });
    stop(random_.below(2) == 0);
}

void Laptop::tell(sync::Event event) {
    if (!running()) return;
    replica_->tell(std::move(event));
    observe();
}

void Laptop::answered(client::NetAnswer answer) {
    answer.wall_at_answer = clock_.now();
    replica_->on_answer(std::move(answer));
    observe();
}

void Laptop::arm_timer() {
    const auto due = replica_->due();
    if (!due) {
        ++armed_;
        armed_for_ = -1;
        return;
    }
    if (armed_for_ == *due) return;
    armed_for_ = *due;
    world_.at(*due, [this, timer = ++armed_] {
        if (timer != armed_ || !running()) return;
        armed_for_ = -1;
        tell(sync::event::TimerFired{});
    });
}

/// After everything that happened to the program.
void Laptop::observe() {
    if (disk_.dead()) return stop_if_dead();
    if (!running()) return;
    if (reopened_) load();
    if (link_up() != was_link_up_) {
        was_link_up_ = link_up();
        replica_->tell(sync::event::LinkChanged{was_link_up_});
        if (!was_link_up_) world_.at(link_down_until_, [this] { observe(); });
    }
    arm_timer();
    // Each look costs as much as ten steps: a sample of the moments, and all of them when somebody reads along.
    if (mix(world_.plan().seed, ++observed_) % 16 == 0) {
        if (std::string what = check_laptop(world_, *this); !what.empty()) world_.broken(what);
    }
}

// ---- what the program says

void Laptop::on_event(client::Event event) {
    if (auto* saved = std::get_if<client::Saved>(&event)) {
        show(saved->visible);
        const auto at = saving_.find(saved->ticket);
        if (at == saving_.end()) return;
        if (!disk_.dead()) ledger_.saved(at->second);
        saving_.erase(at);
        for (const auto& [model, id] : saved->visible.removed) ledger_.forget(id);  // before anybody saw it
    } else if (auto* failed = std::get_if<client::SaveFailed>(&event)) {
        const auto at = saving_.find(failed->ticket);
        if (at == saving_.end()) return;
        if (disk_.dead() || disk_.flush_failed()) ledger_.perhaps(at->second);
        saving_.erase(at);
    } else if (auto* changed = std::get_if<client::RecordsChanged>(&event)) {
        show(changed->visible);
    } else if (std::holds_alternative<client::DatabaseReopened>(event)) {
        reopened_ = true;
    } else if (auto* finished = std::get_if<client::SyncFinished>(&event)) {
        if (finished->row.outcome == "done") lacks_records = false;
        world_.trace([&] {
            return name() + " ends a round: " + finished->row.outcome + (finished->detail.empty() ? "" : ", ") +
                   finished->detail;
        });
    } else if (auto* trouble = std::get_if<client::Trouble>(&event)) {
        world_.trace([&] { return name() + " is in trouble: " + trouble->error.message; });
    }
}

void Laptop::show(const store::Visible& visible) {
    for (const crm::Record& record : visible.changed) {
        auto& records = shown_[static_cast<std::size_t>(record.model)];
        if (record.deleted)
            records.erase(record.id);
        else
            records.insert_or_assign(record.id, record);
    }
    for (const auto& [model, id] : visible.removed) shown_[static_cast<std::size_t>(model)].erase(id);
}

std::string Laptop::check_monotonic() {
    if (world_.server_restores > 0) return {};
    for (const Records& records : shown_) {
        for (const auto& [id, record] : records) {
            auto& seen = versions_[id];
            if (record.version < seen)
                return "causality: " + name() + " showed version " + std::to_string(seen) + " of " + id.str() +
                       " and now " + std::to_string(record.version);
            seen = record.version;
        }
    }
    return {};
}

std::vector<sync::QueuedOperation> Laptop::queue() {
    auto listed = store_->list_queue(100'000);
    if (!listed) throw Unable(name() + ": the queue cannot be listed: " + listed.error().message);
    return std::move(*listed);
}

std::string Laptop::describe() {
    if (!running()) return "\n" + name() + " is off";
    std::string text = "\n" + name() + ": " + replica_->engine().reason() + " [" + replica_->engine().last_error() +
                       "] cursor " + store_->state().cursor.value_or("none");
    for (const auto& queued : queue()) {
        const sync::Operation& operation = queued.operation;
        text += "\n  " + operation.id.str() + " " + std::string(sync::name(operation.kind)) + " " +
                std::string(crm::name(operation.model)) + " " + operation.record.str() + " base " +
                std::to_string(operation.base) + " " + std::string(sync::name(queued.state)) + " #" +
                std::to_string(queued.sequence) + (operation.group.nil() ? "" : " group " + operation.group.str()) +
                " " + queued.error_code + " " + as_json(operation.model, operation.changes).dump();
    }
    return text;
}

// ---- what breaks

void Laptop::sign_in() {
    if (!running() || replica_->signed_in()) return;
    if (auto begun = replica_->sign_in({kServer, std::string(seat_.email), password_of(seat_.email), ""}); !begun)
        world_.broken(name() + " cannot sign in: " + begun.error().message);
    observe();
}

void Laptop::end_faults() {
    disk_.full(false);
    disk_.flushes_fail(false);
    disk_.stop_at_write(0);
    link_down_until_ = portal_until_ = lose_there_until_ = lose_back_until_ = 0;
    if (disk_.dead()) stop(false);
    start();
    if (std::exchange(offline_, false)) tell(sync::event::OfflineChosen{false});
    observe();
    sign_in();
}

void Laptop::laptop_act(const Step& step, Random& random) {
    const auto for_a_while = [&](SteadyMs longest) {
        if (step.length > 0) return world_.now() + step.length;
        return world_.now() + 1 + static_cast<SteadyMs>(random.below(static_cast<std::uint64_t>(longest)));
    };
    switch (step.act) {
        case Act::crash: return stop(false);
        case Act::power_cut: return stop(true);
        case Act::stop_at_write: return disk_.stop_at_write(1 + static_cast<int>(random.below(40)));
        case Act::disk_full:
            disk_.full(true);
            return world_.at(for_a_while(5 * kMinute), [this] {
                disk_.full(false);
                start();
            });
        case Act::flushes_fail:
            disk_.flushes_fail(true);
            return world_.at(for_a_while(kMinute), [this] {
                disk_.flushes_fail(false);
                start();
            });
        case Act::clock_jump: {
            const auto far = random.below(3) == 0 ? kJumpMaxMs : random.below(2) == 0 ? kDay : 10 * kMinute;
            clock_.jump(static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(2 * far))) - far);
            return observe();
        }
        case Act::link_down: link_down_until_ = for_a_while(5 * kMinute); return observe();
        case Act::lose_there: lose_there_until_ = for_a_while(5 * kMinute); return;
        case Act::lose_back: lose_back_until_ = for_a_while(5 * kMinute); return;
        case Act::portal: portal_until_ = for_a_while(5 * kMinute); return;
        case Act::copy_away: copy_ = Copy{disk_.contents(), ledger_, read_token(number_)}; return;
        case Act::clone:
            if (world_.laptops().size() >= 6) return;
            world_.copies_about = true;
            {
                Laptop& twin = world_.add_laptop(seat_.letter, disk_.contents(), read_token(number_));
                twin.ledger_ = ledger_;
                twin.was_restored = was_restored = true;
                twin.start();
            }
            return;
        case Act::restore_copy:
            if (!copy_) return;
            stop(false);
            world_.copies_about = was_restored = true;
            disk_.replace(copy_->disk);
            ledger_ = copy_->ledger;
            versions_.clear();
            write_token(directory_of_laptop(number_) + "/token", copy_->token);
            return;
        case Act::revoke:  // somebody ends its sign-in, in the list of devices
            if (running()) world_.end_session(*this);
            return;
        case Act::damage: return damage(random);
        default: throw Unable("no act of a laptop");
    }
}

/// The side journal is whole: with the next start all unsent work is back.
void Laptop::damage(Random& random) {
    stop(false);
    Disk::Contents contents = disk_.contents();
    std::string& database = contents["colortouch.db"];
    switch (random.below(4)) {
        case 0: contents.erase("colortouch.db"); break;
        case 1: database.replace(0, std::min<std::size_t>(database.size(), 100), 100, 'x'); break;
        case 2: database.resize(database.size() / 2); break;
        default: break;  // without its log alone
    }
    contents.erase("colortouch.db-wal");
    disk_.replace(contents);
    versions_.clear();
    lacks_records = true;
}

void Laptop::carry_out(const Step& step, Random& random) {
    const bool breaks = step.act >= Act::crash;
    if (!breaks) {
        start();
        if (!running()) return;
        sign_in();
        if (!running()) return;
    }
    world_.trace([&] {
        return name() + ": " + std::string(sim::name(step.act)) + " (step " + std::to_string(step.number) + ")";
    });
    switch (step.act) {
        case Act::edit: return edit(random, 1);
        case Act::group: return edit(random, 2 + random.below(3));
        case Act::import: return import(random);
        case Act::remove: return remove(random);
        case Act::restore: return restore(random);
        case Act::merge: return merge(random);
        case Act::unmerge: return unmerge(random);
        case Act::hand_over: return hand_over(random);
        case Act::foreign_field: return foreign_field(random);
        case Act::nonsense: return nonsense(random);
        case Act::decide: return decide(random, false);
        case Act::retry: return retry(random);
        case Act::discard: return discard(random, false);
        case Act::take_back: return take_back(random);
        case Act::sync_now: return tell(sync::event::SyncAsked{});
        case Act::focus: return tell(sync::event::Nudged{});
        case Act::sweep: return sweep(random);
        case Act::answer: return answer(random.below(2) == 0);
        case Act::offline:
        case Act::online: offline_ = step.act == Act::offline; return tell(sync::event::OfflineChosen{offline_});
        default: return laptop_act(step, random);
    }
}

}  // namespace ct::sim
