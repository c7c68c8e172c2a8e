#include "client/inspection.h"

#include <algorithm>

#include "client/rehearsal.h"

namespace ct::client {

namespace {

/// As the server has it; nothing when it has none for us.
std::optional<crm::Record> record_in(const sync::PullPage& page, const Uuid& id) {
    for (const sync::PullRow& row : page.rows) {
        if (row.id != id || row.kind == sync::RowKind::revoked) continue;
        crm::Record record;
        record.id = id;
        record.model = row.model;
        record.version = row.version;
        record.created_at = row.created_at;
        record.updated_at = row.updated_at;
        record.deleted = row.kind == sync::RowKind::deleted;
        record.extra = row.changes.extra;
        for (const auto& [field, value] : row.changes.fields) record.fields.set(field, crm::view(value));
        return record;
    }
    return std::nullopt;
}

}  // namespace

Inspection::Inspection(const Profile& profile, const Config& config, const Clock& clock, Bell& bell, Replica& replica,
                       net::LinkSimulator& simulator, std::array<NetworkThread*, kLaneCount - 1> lanes, Ports ports)
    : places_{profile.database().string(), profile.log_file().string(), profile.scratch().string()},
      ca_file_(config.ca_file),
      clock_(clock),
      bell_(bell),
      replica_(replica),
      simulator_(simulator),
      lanes_{lanes[0], lanes[1], lanes[2], nullptr},
      ports_(std::move(ports)) {
    remove_rehearsal(places_.scratch);
}

Examiner& Inspection::started(std::unique_ptr<Examiner>& one) {
    if (!one) one = std::make_unique<Examiner>(places_, clock_, [this] { bell_.ring(); });
    return *one;
}

void Inspection::take(inspect::Question& question) {
    std::visit([this](const auto& specific) { on(specific); }, question);
}

bool Inspection::take_answers() {
    bool any = false;
    for (Examiner* one : {examiner_.get(), at_length_.get()}) {
        while (auto answer = one != nullptr ? one->answer() : std::nullopt) {
            ports_.emit(std::move(*answer));
            any = true;
        }
    }
    while (auto answer = own_lane_ ? own_lane_->answer() : std::nullopt) {
        saw(Lane::inspector, *answer);
        server_said(*answer);
        any = true;
    }
    return any;
}

void Inspection::on(const inspect::Open& question) {
    open_ = question.on;
    for (NetworkThread* lane : lanes_) {
        if (lane != nullptr) lane->keep_bodies(open_);
    }
    looked_at_us_ = slept_us_ = 0;
    requests_.from_the_start();
    if (open_) return;
    requests_.forget_bodies();  // its threads sleep on: joining one that reads would hold edits up
}

void Inspection::look_at_lanes(inspect::Look& look, std::int64_t now_us) {
    for (std::size_t i = 0; i < kLaneCount; ++i) {
        const RequestLog::Totals& totals = requests_.totals(static_cast<Lane>(i));
        inspect::LaneLook& lane = look.lanes[i];
        lane.requests = totals.requests;
        lane.bytes_sent = totals.bytes_sent;
        lane.bytes_received = totals.bytes_received;
        std::int64_t busy = totals.busy_us;
        if (const auto under_way = lanes_[i] == nullptr ? std::nullopt : lanes_[i]->under_way()) {
            lane.under_way = name_of(under_way->kind);
            lane.for_ms = (now_us - under_way->since_us) / 1'000;
            busy += now_us - under_way->since_us;
        }
        // An answer that is not taken yet counts with the next look.
        lane.busy_us = std::max<std::int64_t>(0, busy - lane_busy_us_[i]);
        lane_busy_us_[i] = std::max(busy, lane_busy_us_[i]);
    }
}

void Inspection::on(const inspect::LookNow& question) {
    const std::int64_t now_us = inspect::steady_us();
    if (inspect::Requests news = requests_.news(); !news.seen.empty()) ports_.emit(inspect::Answer(std::move(news)));
    auto look = std::make_shared<inspect::Look>();
    look->sent_us = question.sent_us;
    look->popped_us = now_us;
    look->now = clock_.now();
    look->steady = clock_.steady();
    look->engine = replica_.engine().standing();
    look->link_up = replica_.engine().link_up();
    look->system_link = system_link_;
    look->server_is_here = server_is_here_;
    look->link_heard_at = link_heard_at_;
    look->answered_at = answered_at_;
    look->server_version = server_version_;
    const store::SyncState& state = replica_.store().state();
    look->next_sequence = state.next_sequence;
    look->stamp_ms = state.stamp_ms;
    look->schema = store::schema_version();
    look->sqlite_version = store::sqlite_version();
    std::tie(look->commands, look->events) = ports_.rings();
    look_at_lanes(*look, now_us);
    look->since_last_us = looked_at_us_ == 0 ? 0 : now_us - looked_at_us_;
    look->worker_busy_us = std::max<std::int64_t>(0, look->since_last_us - slept_us_);
    looked_at_us_ = now_us;
    slept_us_ = 0;
    look->recorder = ports_.recorder.status();
    look->commits = commits_;
    look->answers = answers_;
    look->pushed_us = inspect::steady_us();
    ports_.emit(inspect::Answer(std::shared_ptr<const inspect::Look>(std::move(look))));
}

void Inspection::on(const inspect::AskServer& question) {
    const store::SyncState& state = replica_.store().state();
    if (!replica_.signed_in() || state.server_url.empty()) {
        auto said = std::make_shared<inspect::ServerSaid>();
        said->model = question.model;
        said->id = question.id;
        said->error = Error{ErrorKind::denied, "UNAUTHENTICATED", "not signed in to a server", {}};
        return ports_.emit(inspect::Answer(std::shared_ptr<const inspect::ServerSaid>(std::move(said))));
    }
    if (!own_lane_) {
        own_lane_ = std::make_unique<NetworkThread>(clock_, bell_, &simulator_);
        own_lane_->keep_bodies(open_);
        lanes_.back() = own_lane_.get();
    }
    sync::PullRequest request;
    request.device_id = state.device_id;
    request.epoch = state.epoch;
    request.cursor = state.cursor;
    request.limit = 1;
    request.records = {{question.model, {question.id}}};
    NetJob job;
    job.kind = NetJob::Kind::pull;
    job.base_url = state.server_url;
    job.ca_file = ca_file_;
    job.request = sync::api_request("/api/sync/pull", sync::encode(request), replica_.token());
    job.deadlines.total_ms = 20'000;
    asked_.emplace_back(question.model, question.id);
    own_lane_->send(std::move(job));
}

void Inspection::server_said(NetAnswer& answer) {
    if (asked_.empty()) return;
    auto said = std::make_shared<inspect::ServerSaid>();
    std::tie(said->model, said->id) = asked_.front();
    asked_.pop_front();
    const auto& reply = std::get<sync::Reply>(answer.reply);
    if (const auto* page = std::get_if<sync::PullPage>(&reply)) {
        said->record = record_in(*page, said->id);
    } else if (const auto* problem = std::get_if<sync::Problem>(&reply)) {
        said->error = Error{ErrorKind::invalid, problem->code, problem->detail, {}};
    } else {
        const auto* away = std::get_if<sync::Unreachable>(&reply);
        said->error =
            Error{ErrorKind::offline, "OFFLINE", away == nullptr ? "an answer to something else" : away->detail, {}};
    }
    ports_.emit(inspect::Answer(std::shared_ptr<const inspect::ServerSaid>(std::move(said))));
}

void Inspection::on(const inspect::ShowAgain& question) {
    store::Visible visible;
    for (const auto& [model, id] : question.records) {
        auto record = replica_.store().get(model, id);
        if (!record) return replica_.trouble(record.error());
        if (*record) {
            visible.changed.push_back(std::move(**record));
        } else {
            visible.removed.emplace_back(model, id);
        }
    }
    ports_.emit(RecordsChanged{std::move(visible)});
}

void Inspection::saw(Lane lane, const NetAnswer& answer) {
    requests_.add(lane, answer.seen);
    if (answer.seen) ports_.recorder.saw(*answer.seen);
    const auto* reply = std::get_if<sync::Reply>(&answer.reply);
    if (reply == nullptr || std::holds_alternative<sync::Unreachable>(*reply)) return;
    answered_at_ = answer.wall_at_answer;
    if (const auto* health = std::get_if<sync::Health>(reply)) server_version_ = health->version;
}

void Inspection::link_heard(bool up, bool server_is_here) {
    system_link_ = up;
    server_is_here_ = server_is_here;
    link_heard_at_ = clock_.now();
}

void Inspection::database_changed() {
    for (Examiner* one : {examiner_.get(), at_length_.get()}) {
        if (one != nullptr) one->reopen();
    }
}

}  // namespace ct::client
