// inspect, as text: what the window's inspector says on its overview, queue and decisions. Reads beside whoever has the
// profile open, and asks the server once whether it is there.
#include <algorithm>

#include "base/local_time.h"
#include "cli/context.h"
#include "cli/names.h"
#include "cli/output.h"
#include "client/inspect.h"
#include "client/recorder.h"
#include "client/secrets.h"
#include "store/reader.h"

namespace ct::cli {
namespace {

constexpr std::size_t kQueueShown = 50;
constexpr std::size_t kRoundsShown = 10;
constexpr std::size_t kDecisionsShown = 10;
constexpr std::size_t kRequestsShown = 20;
constexpr std::size_t kRequestsTold = 200;  // as JSON
constexpr std::int64_t kProbeConnect_ms = 3'000;
constexpr std::int64_t kProbe_ms = 5'000;
constexpr std::int64_t kDay_ms = 24 * 3'600'000;

struct Findings {
    store::SyncState state;
    store::QueueLook queue;
    std::vector<store::SyncHistoryRow> rounds;
    std::vector<store::AuditRow> decisions;
    client::Recorded recorded;
    bool recorder_on = false;
    bool signed_in = false;
    std::string waits_for;  ///< what the engine would say of the queue
    bool asked = false;     ///< the server, by a probe
    client::RequestSeen probe;
    std::string probe_says, server_version;
    std::int64_t clock_off_ms = 0;  ///< the server's less ours, as the probe was told
};

/// What the shipped engine says of such a queue, before it has tried anything.
[[nodiscard]] std::string words_of_engine(Context& context, const Findings& found) {
    sync::Engine engine({}, context.surroundings().random);
    const store::QueueSummary& queue = found.queue.summary;
    sync::event::QueueChanged changed;
    changed.sendable = queue.sendable;
    changed.parked = queue.parked;
    changed.errors = queue.errors;
    changed.conflicts = queue.conflicts;
    (void)engine.handle(changed, 0);
    (void)engine.handle(sync::event::Account{!found.state.server_url.empty(), found.signed_in}, 0);
    if (queue.sendable > 0 && found.signed_in && !found.state.server_url.empty())
        return "they go with the next round of a program that syncs: `colortouchctl sync`, or the window";
    return engine.reason();
}

void ask_server(Context& context, const client::Config& config, Findings& found) {
    if (found.state.server_url.empty()) return;
    client::NetJob job;
    job.base_url = found.state.server_url;
    job.ca_file = config.ca_file;
    job.request = sync::probe_request();
    job.deadlines.connect_ms = kProbeConnect_ms;
    job.deadlines.total_ms = kProbe_ms;
    client::Network network(context.surroundings().clock);
    const client::NetAnswer answer = network.run(job);
    found.asked = true;
    if (answer.seen) found.probe = *answer.seen;
    const auto& reply = std::get<sync::Reply>(answer.reply);
    if (const auto* health = std::get_if<sync::Health>(&reply)) {
        found.probe_says = "answers";
        found.server_version = health->version;
        found.clock_off_ms = health->server_time - answer.wall_at_answer + answer.traffic.total_ms / 2;
    } else if (const auto* away = std::get_if<sync::Unreachable>(&reply)) {
        using Kind = sync::Unreachable::Kind;
        found.probe_says = away->kind == Kind::login_page ? "something else answers in its place: " + away->detail
                           : away->kind == Kind::no_route ? "no route to it: " + away->detail
                                                          : "does not answer: " + away->detail;
    } else if (const auto* problem = std::get_if<sync::Problem>(&reply)) {
        found.probe_says = "answers with a problem: " + problem->code + " " + problem->detail;
    }
}

[[nodiscard]] Result<Findings> look(Context& context) {
    const auto profile = context.locate();
    if (!profile) return fail(profile.error());
    const auto config = client::Config::load(profile->config_file());
    if (!config) return fail(config.error());
    auto reader = store::Reader::open(profile->database().string());
    if (!reader) return fail(reader.error());
    Findings found;
    auto state = (*reader)->state();
    if (!state) return fail(state.error());
    auto queue = (*reader)->queue(kQueueShown);
    if (!queue) return fail(queue.error());
    auto rounds = (*reader)->history(1'000);
    if (!rounds) return fail(rounds.error());
    auto decisions = (*reader)->decisions(kDecisionsShown);
    if (!decisions) return fail(decisions.error());
    found.state = std::move(*state);
    found.queue = std::move(*queue);
    found.rounds = std::move(*rounds);
    found.decisions = std::move(*decisions);
    found.recorded = client::look_at_recording(profile->recording().string(), kRequestsTold);
    found.recorder_on = config->flight_recorder;
    const auto token = client::Secrets(profile->token_file().string()).token();
    found.signed_in = token && !token->empty();
    ask_server(context, *config, found);
    found.waits_for = words_of_engine(context, found);
    return found;
}

[[nodiscard]] std::string in_ms(std::int64_t us) {
    return us < 0 ? "" : std::to_string(us / 1'000) + "." + std::to_string(us / 100 % 10);
}

[[nodiscard]] std::string phases(const http::Traffic& traffic) {
    std::string words;
    const auto add = [&words](const char* name, std::int64_t us) {
        if (us < 0) return;
        words += (words.empty() ? "" : ", ") + std::string(name) + " " + in_ms(us) + " ms";
    };
    add("name", traffic.look_up_us);
    add("connect", traffic.connect_us);
    add("TLS", traffic.tls_us);
    add("send", traffic.send_us);
    add("wait", traffic.wait_us);
    add("receive", traffic.receive_us);
    return words;
}

struct Today {
    std::int64_t rounds = 0, requests = 0, sent = 0, received = 0;
};
[[nodiscard]] Today today_of(const Findings& found, UnixMs now) {
    Today today;
    for (const store::SyncHistoryRow& row : found.rounds) {
        if (now - row.started_at > kDay_ms) break;
        ++today.rounds;
        today.requests += row.requests;
        today.sent += row.bytes_sent;
        today.received += row.bytes_received;
    }
    return today;
}

/// Rounds in a row, counted from the last, that did not go through.
[[nodiscard]] std::int64_t in_vain(const Findings& found) {
    const auto good = std::find_if(found.rounds.begin(), found.rounds.end(),
                                   [](const store::SyncHistoryRow& row) { return row.outcome == "done"; });
    return good - found.rounds.begin();
}

[[nodiscard]] std::string behind_words(const store::QueueItem& item) {
    if (!item.behind.nil()) return "behind " + short_id(item.behind);
    if (!item.behind_record.nil()) return "the server lacks " + short_id(item.behind_record);
    return item.queued.state == sync::QueueState::parked ? "its group" : "";
}

[[nodiscard]] std::string recorder_words(const Findings& found) {
    const client::Recorded& recorded = found.recorded;
    std::string words = found.recorder_on ? "on" : "off in config.json";
    if (recorded.segments == 0) return words + ", nothing on the disk";
    const client::RecorderOptions most;
    words += ", " + shown_bytes(recorded.bytes) + " of " + shown_bytes(most.segment_bytes * most.segments) + " in " +
             std::to_string(recorded.segments) + (recorded.segments == 1 ? " file" : " files");
    return recorded.last_at == 0 ? words : words + ", the last step " + shown_time(recorded.last_at);
}

void print_facts(Context& context, const Findings& found, UnixMs now) {
    TextTable table;
    table.add_column("What");
    table.add_column("How it stands");
    const auto add = [&table](const char* what, std::string how) {
        if (!how.empty()) table.add_row({what, std::move(how)});
    };
    const store::SyncState& state = found.state;
    const store::QueueSummary& queue = found.queue.summary;
    add("Server", state.server_url.empty() ? "none is set: everything stays on this computer"
                                           : state.server_url + (found.asked ? " " + found.probe_says : ""));
    if (found.asked) add("Probe", phases(found.probe.traffic));
    add("Server's version", found.server_version);
    add("Signed in", found.signed_in ? state.user.email + ", workspace " + state.workspace_name : "no");
    add("Queue", std::to_string(queue.operations) + " edits of " + std::to_string(queue.records) +
                     " records: " + std::to_string(queue.sendable) + " to send (" + shown_bytes(queue.bytes) + "), " +
                     std::to_string(queue.parked) + " parked, " + std::to_string(queue.errors) + " refused, " +
                     std::to_string(queue.conflicts) + " in conflict");
    add("Waits for", found.waits_for);
    add("Oldest unsettled", shown_time(queue.oldest_unsettled_at));
    add("Last through", state.last_sync_at == 0 ? "never" : shown_time(state.last_sync_at));
    if (const std::int64_t vain = in_vain(found); vain > 0)
        add("Since then", std::to_string(vain) + " rounds in vain, the last: " + found.rounds.front().outcome);
    const Today today = today_of(found, now);
    add("Last 24 h", std::to_string(today.rounds) + " rounds, " + std::to_string(today.requests) + " requests, " +
                         shown_bytes(today.sent) + " sent, " + shown_bytes(today.received) + " received");
    add("Clock", "the server's less ours: " + std::to_string(state.clock_offset_ms) + " ms as kept" +
                     (found.server_version.empty() ? std::string{}
                                                   : ", " + std::to_string(found.clock_off_ms) + " ms just now"));
    add("Device", state.device_id);
    add("Epoch", state.epoch);
    add("Cursor", state.cursor.value_or(""));
    add("Ever sent", std::to_string(state.next_sequence) + " operations");
    add("Flight recorder", recorder_words(found));
    add("Versions", context.surroundings().version + ", protocol " + std::to_string(sync::kProtocol) +
                        ", database format " + std::to_string(store::schema_version()) + ", SQLite " +
                        store::sqlite_version());
    table.print(context.out(), 0);
}

void print_queue(Context& context, const Findings& found, UnixMs now) {
    if (found.queue.items.empty()) return;
    TextTable table;
    using Align = TextTable::Align;
    for (const char* title : {"ID", "State", "Operation", "Model", "Record"}) table.add_column(title);
    for (const char* title : {"Base", "Bytes", "Age h", "Tries"}) table.add_column(title, Align::right);
    table.add_column("Waits");
    table.add_column("Error");
    for (const store::QueueItem& item : found.queue.items) {
        const sync::QueuedOperation& queued = item.queued;
        const sync::Operation& operation = queued.operation;
        table.add_row({short_id(operation.id), std::string(sync::name(queued.state)),
                       std::string(sync::name(operation.kind)), std::string(crm::name(operation.model)),
                       short_id(operation.record), std::to_string(operation.base), std::to_string(item.bytes),
                       std::to_string(std::max<std::int64_t>(0, now - queued.created_at) / 3'600'000),
                       std::to_string(queued.retry_count), behind_words(item),
                       queued.error_code.empty() ? "" : queued.error_code + ": " + queued.error_message});
    }
    context.out() << "\nQueue";
    if (found.queue.total > static_cast<std::int64_t>(found.queue.items.size()))
        context.out() << ", " << found.queue.items.size() << " of " << found.queue.total;
    context.out() << '\n';
    table.print(context.out(), context.surroundings().width);
}

void print_rounds(Context& context, const Findings& found) {
    if (found.rounds.empty()) return;
    TextTable table;
    table.add_column("At");
    table.add_column("Outcome");
    for (const char* title : {"ms", "Requests", "Sent", "Received", "Pushed", "Pulled", "Conflicts", "Refused"})
        table.add_column(title, TextTable::Align::right);
    table.add_column("Because");
    for (std::size_t i = 0; i < std::min(found.rounds.size(), kRoundsShown); ++i) {
        const store::SyncHistoryRow& row = found.rounds[i];
        table.add_row({shown_time(row.started_at), row.outcome, std::to_string(row.duration_ms),
                       std::to_string(row.requests), shown_bytes(row.bytes_sent), shown_bytes(row.bytes_received),
                       std::to_string(row.pushed), std::to_string(row.pulled), std::to_string(row.conflicts),
                       std::to_string(row.failed), row.reason});
    }
    context.out() << "\nRounds, newest first\n";
    table.print(context.out(), context.surroundings().width);
}

[[nodiscard]] std::string status_words(const sync::Exchange& one) {
    if (one.failure.empty()) return std::to_string(one.status);
    return one.status == 0 ? one.failure : std::to_string(one.status) + ", " + one.failure;
}

/// To the second: requests of one round are milliseconds apart, and rounds that fail are seconds apart.
[[nodiscard]] std::string shown_second(UnixMs at) {
    const std::string seconds = std::to_string(to_local(at).second);
    return shown_time(at) + (seconds.size() < 2 ? ":0" : ":") + seconds;
}

void print_requests(Context& context, const Findings& found) {
    const std::vector<sync::Exchange>& requests = found.recorded.requests;
    if (requests.empty()) return;
    TextTable table;
    for (const char* title : {"At", "Lane", "Request", "Status"}) table.add_column(title);
    for (const char* title : {"Try", "Sent", "Received", "ms", "Name", "Connect", "TLS", "Send", "Wait", "Receive"})
        table.add_column(title, TextTable::Align::right);
    table.add_column("Because");
    for (std::size_t back = 1; back <= std::min(requests.size(), kRequestsShown); ++back) {
        const sync::Exchange& one = requests[requests.size() - back];
        table.add_row({shown_second(one.wall), one.lane, one.what, status_words(one), std::to_string(one.attempt),
                       shown_bytes(one.sent), shown_bytes(one.received), in_ms(one.total_us), in_ms(one.look_up_us),
                       in_ms(one.connect_us), in_ms(one.tls_us), in_ms(one.send_us), in_ms(one.wait_us),
                       in_ms(one.receive_us), one.detail});
    }
    context.out() << "\nRequests, newest first, parts in ms\n";
    table.print(context.out(), context.surroundings().width);
}

/// Fields by their names: what stood in them is nobody's business here.
[[nodiscard]] std::string field_names(const store::AuditRow& row) {
    std::vector<std::string_view> names;
    for (const auto& [field, value] : row.before.fields) names.push_back(crm::def(row.model, field).name);
    return listed(names);
}

void print_decisions(Context& context, const Findings& found) {
    if (found.decisions.empty()) return;
    TextTable table;
    for (const char* title : {"At", "Decision", "Model", "Record", "Operation", "Fields"}) table.add_column(title);
    for (const store::AuditRow& row : found.decisions) {
        table.add_row({shown_time(row.at), row.what, std::string(crm::name(row.model)), short_id(row.record),
                       short_id(row.operation), field_names(row)});
    }
    context.out() << "\nDecided by rule, newest first\n";
    table.print(context.out(), context.surroundings().width);
}

[[nodiscard]] Json time_or_null(UnixMs at) { return at == 0 ? Json() : Json(format_rfc3339(at)); }

[[nodiscard]] Json probe_json(const Findings& found) {
    if (!found.asked) return {};
    const http::Traffic& traffic = found.probe.traffic;
    return {{"says", found.probe_says},
            {"serverVersion", found.server_version},
            {"clockOffsetMs", found.clock_off_ms},
            {"lookUpUs", traffic.look_up_us},
            {"connectUs", traffic.connect_us},
            {"tlsUs", traffic.tls_us},
            {"sendUs", traffic.send_us},
            {"waitUs", traffic.wait_us},
            {"receiveUs", traffic.receive_us},
            {"totalUs", traffic.total_us}};
}

[[nodiscard]] Json requests_json(const Findings& found) {
    Json list = Json::array();
    const auto or_null = [](std::int64_t us) { return us < 0 ? Json() : Json(us); };
    for (auto one = found.recorded.requests.rbegin(); one != found.recorded.requests.rend(); ++one) {
        list.push_back({{"at", format_rfc3339(one->wall)},
                        {"lane", one->lane},
                        {"request", one->what},
                        {"path", one->path},
                        {"status", one->status},
                        {"failure", one->failure.empty() ? Json() : Json(one->failure)},
                        {"detail", one->detail.empty() ? Json() : Json(one->detail)},
                        {"attempt", one->attempt},
                        {"requestBytes", one->request_bytes},
                        {"responseBytes", one->response_bytes},
                        {"bytesSent", one->sent},
                        {"bytesReceived", one->received},
                        {"reused", one->reused},
                        {"lookUpUs", or_null(one->look_up_us)},
                        {"connectUs", or_null(one->connect_us)},
                        {"tlsUs", or_null(one->tls_us)},
                        {"sendUs", or_null(one->send_us)},
                        {"waitUs", or_null(one->wait_us)},
                        {"receiveUs", or_null(one->receive_us)},
                        {"totalUs", one->total_us}});
    }
    return list;
}

[[nodiscard]] Json recorder_json(const Findings& found) {
    return {{"on", found.recorder_on},
            {"bytes", found.recorded.bytes},
            {"files", found.recorded.segments},
            {"lastAt", time_or_null(found.recorded.last_at)}};
}

[[nodiscard]] Json queue_json(const Findings& found) {
    Json list = Json::array();
    for (const store::QueueItem& item : found.queue.items) {
        const sync::QueuedOperation& queued = item.queued;
        const sync::Operation& operation = queued.operation;
        list.push_back({{"id", operation.id.str()},
                        {"state", sync::name(queued.state)},
                        {"operation", sync::name(operation.kind)},
                        {"model", crm::name(operation.model)},
                        {"recordId", operation.record.str()},
                        {"base", operation.base},
                        {"stamp", operation.stamp},
                        {"bytes", item.bytes},
                        {"createdAt", format_rfc3339(queued.created_at)},
                        {"sentAt", time_or_null(item.sent_at)},
                        {"retryCount", queued.retry_count},
                        {"behind", item.behind.nil() ? Json() : Json(item.behind.str())},
                        {"behindRecord", item.behind_record.nil() ? Json() : Json(item.behind_record.str())},
                        {"error", queued.error_code.empty() ? Json() : Json(queued.error_code)}});
    }
    return list;
}

void print_all_json(Context& context, const Findings& found, UnixMs now) {
    const store::SyncState& state = found.state;
    const store::QueueSummary& queue = found.queue.summary;
    const Today today = today_of(found, now);
    Json rounds = Json::array();
    for (std::size_t i = 0; i < std::min(found.rounds.size(), kRoundsShown); ++i) {
        const store::SyncHistoryRow& row = found.rounds[i];
        rounds.push_back({{"startedAt", format_rfc3339(row.started_at)},
                          {"outcome", row.outcome},
                          {"reason", row.reason.empty() ? Json() : Json(row.reason)},
                          {"durationMs", row.duration_ms},
                          {"requests", row.requests},
                          {"bytesSent", row.bytes_sent},
                          {"bytesReceived", row.bytes_received},
                          {"pushed", row.pushed},
                          {"pulled", row.pulled},
                          {"conflicts", row.conflicts},
                          {"failed", row.failed}});
    }
    Json decisions = Json::array();
    for (const store::AuditRow& row : found.decisions) {
        decisions.push_back({{"at", format_rfc3339(row.at)},
                             {"decision", row.what},
                             {"model", crm::name(row.model)},
                             {"recordId", row.record.str()},
                             {"operationId", row.operation.str()},
                             {"fields", field_names(row)}});
    }
    print_json(context.out(), {{"server", state.server_url.empty() ? Json() : Json(state.server_url)},
                               {"signedIn", found.signed_in},
                               {"waitsFor", found.waits_for.empty() ? Json() : Json(found.waits_for)},
                               {"probe", probe_json(found)},
                               {"operations", queue.operations},
                               {"records", queue.records},
                               {"sendable", queue.sendable},
                               {"parked", queue.parked},
                               {"errors", queue.errors},
                               {"conflicts", queue.conflicts},
                               {"oldestUnsettledAt", time_or_null(queue.oldest_unsettled_at)},
                               {"lastSyncAt", time_or_null(state.last_sync_at)},
                               {"roundsInVain", in_vain(found)},
                               {"last24h",
                                {{"rounds", today.rounds},
                                 {"requests", today.requests},
                                 {"bytesSent", today.sent},
                                 {"bytesReceived", today.received}}},
                               {"clockOffsetMs", state.clock_offset_ms},
                               {"deviceId", state.device_id},
                               {"epoch", state.epoch},
                               {"cursor", state.cursor ? Json(*state.cursor) : Json()},
                               {"sequence", state.next_sequence},
                               {"version", context.surroundings().version},
                               {"schema", store::schema_version()},
                               {"queue", queue_json(found)},
                               {"recorder", recorder_json(found)},
                               {"requests", requests_json(found)},
                               {"rounds", std::move(rounds)},
                               {"decisions", std::move(decisions)}});
}

}  // namespace

Outcome report_inspection(Context& context) {
    const auto found = look(context);
    if (!found) return fail(found.error());
    const UnixMs now = context.surroundings().clock.now();
    if (context.json()) {
        print_all_json(context, *found, now);
        return ExitCode::done;
    }
    print_facts(context, *found, now);
    print_queue(context, *found, now);
    print_requests(context, *found);
    print_rounds(context, *found);
    print_decisions(context, *found);
    return ExitCode::done;
}

}  // namespace ct::cli
