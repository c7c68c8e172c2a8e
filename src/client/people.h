// How the profile comes to know who else is in its workspace: asked for beside record sync, by a request of its own
// that no round waits for and whose failure is nobody's. No threads and no waiting of its own: Client sends over the
// files' connection, Session drives it in line. One thread at a time.
//
// What was told is kept in the profile's database, for whoever works offline, and dropped when the profile becomes
// another server's, workspace's or user's. An older server does not know the address: it is asked again a day later.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "client/event.h"
#include "client/network.h"
#include "client/people_list.h"
#include "store/store.h"

namespace ct::client {

class Replica;

/// What it needs of its surroundings; called from within the calls of People.
struct PeoplePorts {
    std::function<void(NetJob)> send;  ///< the answer comes by `on_answer`
    std::function<void(Event)> emit;   ///< PeopleChanged
};

class People {
  public:
    static constexpr std::int64_t kRoundsAskAfterMs = 86'400'000;  ///< how old a list is that a round's end renews

    People(store::Store& store, const Clock& clock, std::string ca_file, PeoplePorts ports);

    /// Shows what is kept. Once, before everything else; behind Replica::start.
    void start(const Replica& replica);
    /// Looks whose profile it is and whether it is time to ask; after whatever may have changed that.
    void follow(const Replica& replica);
    void round_ended(bool reached) { round_ended_ = reached; }  ///< counts from the next `follow` on
    /// Somebody looks at the list, or at an id that is not in it. Nothing happens while it is fresh.
    void ask();
    void on_answer(NetAnswer answer);

    [[nodiscard]] const PeopleList& list() const { return list_; }
    /// Why the last asking brought nothing; nothing when it did, or nobody asked.
    [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }

  private:
    [[nodiscard]] bool waiting() const;
    [[nodiscard]] bool older_than(UnixMs at, std::int64_t ms) const;
    void belong_to(std::string owner);
    void read();
    void keep();
    void send();
    void take(sync::People people);

    store::Store& store_;
    const Clock& clock_;
    const std::string ca_file_;
    PeoplePorts ports_;
    std::string owner_;  // server, workspace and user whose list it is
    PeopleList list_;
    UnixMs answered_at_ = 0;  // when the server said anything last, be it that it does not know; 0: never
    std::string base_url_, token_;
    bool ready_ = false;  // signed in and not offline by choice
    bool round_ended_ = false;
    std::uint64_t request_ = 0;  // the last one
    SteadyMs sent_at_ = -1;      // when; -1: nothing was sent yet that would make the next one wait
    bool waiting_ = false;       // for its answer
    std::optional<Error> trouble_;
};

}  // namespace ct::client
