#include "client/people.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/log.h"
#include "client/replica.h"

namespace ct::client {

namespace {

constexpr std::string_view kKept = "people";
/// An answer that has not come by then does not come: the lane dropped the request.
constexpr SteadyMs kLostAfterMs = 60'000;

using nlohmann::json;

Error older_server() {
    return {ErrorKind::not_found, "NO_PEOPLE", "the server is older and does not say who else is there", {}};
}

std::string owner_of(const store::SyncState& state) {
    if (state.server_url.empty()) return {};
    return state.server_url + " " + state.workspace_id + " " + state.user.id;
}

}  // namespace

People::People(store::Store& store, const Clock& clock, std::string ca_file, PeoplePorts ports)
    : store_(store), clock_(clock), ca_file_(std::move(ca_file)), ports_(std::move(ports)) {}

void People::start(const Replica& replica) {
    owner_ = owner_of(store_.state());
    token_ = replica.token();
    read();
    if (list_.known()) ports_.emit(PeopleChanged{list_});
}

/// What does not read is as if it were not there: the server says it again.
void People::read() {
    const auto text = store_.kept(kKept);
    if (!text || text->empty()) return;
    const json kept = json::parse(*text, nullptr, false);
    if (!kept.is_object() || kept.value("of", json()) != owner_) return;
    const json answered = kept.value("answeredAt", json()), told = kept.value("toldAt", json()),
               list = kept.value("list", json());
    if (!answered.is_number_integer() || !told.is_number_integer() || !list.is_string()) return;
    auto people = sync::decode_people(list.get_ref<const std::string&>());
    if (!people) return;
    answered_at_ = answered.get<UnixMs>();
    list_ = PeopleList(*std::move(people), told.get<UnixMs>());
}

void People::keep() {
    const json kept{
        {"of", owner_}, {"answeredAt", answered_at_}, {"toldAt", list_.told_at()}, {"list", sync::encode(list_.all())}};
    if (auto done = store_.keep(kKept, kept.dump()); !done)
        log::warn("who is in the workspace could not be kept: " + done.error().message);
}

void People::belong_to(std::string owner) {
    owner_ = std::move(owner);
    waiting_ = false;  // what comes now is of before
    const bool shown = list_.known();
    list_ = {};
    answered_at_ = 0;
    keep();
    if (shown) ports_.emit(PeopleChanged{});
}

void People::follow(const Replica& replica) {
    if (std::string owner = owner_of(store_.state()); owner != owner_) belong_to(std::move(owner));
    base_url_ = store_.state().server_url;
    ready_ = !base_url_.empty() && replica.signed_in() && !replica.engine().offline_chosen();
    if (token_ != replica.token()) {  // a sign-in: whoever it was, much may have changed since the last
        token_ = replica.token();
        answered_at_ = 0;
        sent_at_ = -1;
        waiting_ = false;
    }
    if (!std::exchange(round_ended_, false) || !ready_ || waiting()) return;
    const bool tried = sent_at_ >= 0 && clock_.steady() - sent_at_ < kPeopleFreshMs;
    if (!tried && older_than(answered_at_, kRoundsAskAfterMs)) send();
}

bool People::waiting() const { return waiting_ && clock_.steady() - sent_at_ < kLostAfterMs; }

/// A clock that was set back makes everything old.
bool People::older_than(UnixMs at, std::int64_t ms) const {
    return at == 0 || clock_.now() < at || clock_.now() - at >= ms;
}

void People::ask() {
    if (!ready_ || waiting()) return;
    const bool does_not_know = answered_at_ > list_.told_at();
    if (does_not_know) trouble_ = older_server();
    if (!older_than(answered_at_, does_not_know ? kRoundsAskAfterMs : kPeopleFreshMs)) return;
    if (sent_at_ >= 0 && clock_.steady() - sent_at_ < kPeopleFreshMs) return;
    send();
}

void People::send() {
    NetJob job;
    job.kind = NetJob::Kind::people;
    job.id = ++request_;
    job.base_url = base_url_;
    job.ca_file = ca_file_;
    job.request = sync::api_request("/api/people", {}, token_);
    job.request.method = "GET";
    job.deadlines = deadlines_of(job.kind);
    sent_at_ = clock_.steady();
    waiting_ = true;
    trouble_.reset();
    ports_.send(std::move(job));
}

void People::on_answer(NetAnswer answer) {
    if (!waiting_ || answer.id != request_) return;  // of another sign-in
    waiting_ = false;
    const auto& outcome = std::get<net::HttpOutcome>(answer.reply);
    if (outcome.failure != net::NetFailure::none) {
        trouble_ = {ErrorKind::offline, "OFFLINE", unreachable(outcome).detail, {}};
        return;
    }
    if (const auto problem = sync::read_problem(outcome.response)) {
        trouble_ = {
            problem->status == 401 ? ErrorKind::denied : ErrorKind::offline, problem->code, problem->detail, {}};
        if (problem->status != 404) return;
        trouble_ = older_server();
        answered_at_ = clock_.now();
        return keep();
    }
    auto people = outcome.response.status == 200 && sync::from_our_server(outcome.response)
                      ? sync::decode_people(outcome.response.body)
                      : Result<sync::People>(fail(ErrorKind::offline, "NOT_COLORTOUCH",
                                                  "what answers there is not a ColorTouch server"));
    if (!people) {
        trouble_ = people.error();
        return;
    }
    take(*std::move(people));
}

void People::take(sync::People people) {
    answered_at_ = clock_.now();
    const bool changed = !list_.known() || people != list_.all();
    list_ = PeopleList(std::move(people), answered_at_);
    keep();
    if (changed) ports_.emit(PeopleChanged{list_});
}

}  // namespace ct::client
