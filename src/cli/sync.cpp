// sync: one round, or with --watch one after the other until the program is ended.
#include <atomic>
#include <utility>

#include "base/utf8.h"
#include "cli/context.h"
#include "cli/output.h"
#include "sync/engine.h"

namespace ct::cli {
namespace {

[[nodiscard]] Json report_json(const store::SyncHistoryRow& row) {
    return {{"pushed", row.pushed},         {"merged", row.merged},        {"superseded", row.superseded},
            {"conflicts", row.conflicts},   {"failed", row.failed},        {"pulled", row.pulled},
            {"requests", row.requests},     {"bytesSent", row.bytes_sent}, {"bytesReceived", row.bytes_received},
            {"durationMs", row.duration_ms}};
}

[[nodiscard]] bool anything(const client::TransferReport& files) {
    return files.sent + files.fetched + files.removed + files.failed + files.waiting > 0;
}

[[nodiscard]] Json files_json(const client::TransferReport& files) {
    Json json{{"sent", files.sent},
              {"fetched", files.fetched},
              {"removed", files.removed},
              {"failed", files.failed},
              {"waiting", files.waiting}};
    if (!files.reason.empty()) json["reason"] = files.reason;
    return json;
}

void print_files(Context& context, const client::TransferReport& files) {
    if (!anything(files) || context.json()) return;
    std::ostream& out = context.out();
    out << "Attachments: " << files.sent << " sent";
    if (files.fetched > 0) out << ", " << files.fetched << " fetched";
    if (files.removed > 0) out << ", " << files.removed << " removed";
    if (files.failed > 0) out << ", " << files.failed << " refused";
    if (files.waiting > 0) out << ", " << files.waiting << " waiting (" << files.reason << ")";
    out << '\n';
}

void print_report(Context& context, const store::SyncHistoryRow& row, const client::TransferReport& files) {
    if (context.json()) {
        Json json = report_json(row);
        if (anything(files)) json["attachments"] = files_json(files);
        return print_json(context.out(), json);
    }
    std::ostream& out = context.out();
    out << "Sent " << row.pushed << ", received " << row.pulled;
    const auto also = [&](std::int64_t count, const char* what) {
        if (count > 0) out << ", " << count << ' ' << what;
    };
    also(row.merged, "merged");
    also(row.superseded, "superseded by later edits");
    also(row.conflicts, "in conflict");
    also(row.failed, "refused");
    out << " (" << row.requests << (row.requests == 1 ? " request, " : " requests, ") << shown_bytes(row.bytes_sent)
        << " out, " << shown_bytes(row.bytes_received) << " in, " << row.duration_ms << " ms)\n";
}

[[nodiscard]] ErrorKind kind_of(const client::SyncReport& report) {
    if (report.indicator == client::Indicator::local_trouble || report.code == "LOCAL_DATABASE") return ErrorKind::disk;
    if (report.code == "UNAUTHENTICATED" || report.code == "FORBIDDEN" || report.code == "NO_SERVER")
        return ErrorKind::denied;
    return ErrorKind::offline;
}

[[nodiscard]] Error error_of(const client::SyncReport& report, const store::QueueSummary& queue) {
    std::string message = report.message.empty() ? "the round did not go through" : report.message;
    if (queue.records > 0) {
        message += "; " + std::to_string(queue.records) + (queue.records == 1 ? " record is" : " records are") +
                   " kept in the queue";
    }
    return {kind_of(report), report.code, std::move(message), {}};
}

[[nodiscard]] std::string held_message(const client::SyncView& view) {
    return "receiving would remove " + client::in_words(view.removals) +
           " here; nothing of it was done. If that is meant: colortouchctl sync --allow-deletes";
}

/// Loudly, for nobody is to take this network for the real one.
void simulate_link(Context& context, client::Session& session, const net::LinkWeather& weather) {
    if (!weather.any()) return;
    context.surroundings().err << "colortouchctl: SIMULATED LINK: " << net::in_words(weather) << '\n';
    session.simulate_link(weather);
}

[[nodiscard]] client::SyncMode mode_of(const Options& options) {
    if (options.push_only) return client::SyncMode::push_only;
    return options.pull_only ? client::SyncMode::pull_only : client::SyncMode::both;
}

[[nodiscard]] Outcome one_round(Context& context, client::Session& session) {
    const client::SyncReport report = session.sync(mode_of(context.options()), context.options().allow_deletes);
    const store::QueueSummary queue = session.view().queue;
    if (report.code == sync::kMassDelete) {
        print_report(context, report.row, {});
        context.surroundings().err << "colortouchctl: " << held_message(session.view()) << '\n';
        return ExitCode::attention;
    }
    if (!report.reached) return fail(error_of(report, queue));
    client::TransferReport files;  // behind the records, always
    if (!context.options().pull_only) files = session.transfer(context.options().attachments_now);
    print_report(context, report.row, files);
    print_files(context, files);
    const bool attention = report.row.conflicts + report.row.failed + queue.conflicts + queue.errors > 0;
    if (attention && !context.json()) {
        context.surroundings().err << queue.conflicts << " in conflict, " << queue.errors
                                   << " refused: see colortouchctl conflict list and queue list\n";
    }
    if (files.cut_off) return ExitCode::offline;  // kept, and goes on at the byte
    return attention || files.failed > 0 ? ExitCode::attention : ExitCode::done;
}

[[nodiscard]] bool anything(const store::SyncHistoryRow& row) {
    return row.pushed + row.merged + row.superseded + row.conflicts + row.failed + row.pulled > 0;
}

/// Tells of rounds that did something, and once why one did not go through.
class Watch {
  public:
    Watch(Context& context, client::Session& session) : context_(context), session_(session) {}

    void round(const client::SyncReport& report) {
        if (!report.reached) return stumble(report);
        stumbled_.clear();
        const client::TransferReport files = session_.transfer(context_.options().attachments_now);
        const bool files_moved = files.sent + files.fetched + files.removed + files.failed > 0;
        if (!anything(report.row) && !files_moved) return;
        print_report(context_, report.row, files);
        print_files(context_, files);
        context_.out().flush();
    }

  private:
    void stumble(const client::SyncReport& report) {
        if (std::exchange(stumbled_, report.code) == report.code) return;
        if (report.code == sync::kMassDelete) {
            context_.surroundings().err << "colortouchctl: " << held_message(session_.view()) << '\n' << std::flush;
            return;
        }
        const Error error = error_of(report, session_.view().queue);
        context_.surroundings().err << "colortouchctl: " << error.message << '\n' << std::flush;
    }

    Context& context_;
    client::Session& session_;
    std::string stumbled_;  // the code of the failure that was told last
};

/// It ends by an interrupt, which is no failure, or where trying again is of no use.
[[nodiscard]] Outcome watch(Context& context, client::Session& session) {
    std::atomic<bool> interrupted{false};
    if (context.surroundings().on_interrupt) {
        context.surroundings().on_interrupt([&] {
            interrupted = true;
            session.interrupt();
        });
    }
    Watch watch(context, session);
    const client::SyncReport last = session.watch([&](const client::SyncReport& report) { watch.round(report); });
    if (context.surroundings().on_interrupt) context.surroundings().on_interrupt({});  // nobody to call any more
    if (interrupted) return ExitCode::done;
    return fail(error_of(last, session.view().queue));
}

}  // namespace

Outcome run_sync(Context& context) {
    const Options& options = context.options();
    if (options.push_only && options.pull_only) {
        return fail(ErrorKind::invalid, "USAGE", "--push-only and --pull-only exclude each other");
    }
    if (options.watch && options.allow_deletes) {
        return fail(ErrorKind::invalid, "USAGE", "--allow-deletes is for a single sync: leave --watch out");
    }
    if (options.watch && (options.push_only || options.pull_only)) {
        return fail(ErrorKind::invalid, "USAGE", "--watch syncs both ways: leave --push-only or --pull-only out");
    }
    const auto weather = net::parse_link_weather(options.link);
    if (!weather) return fail(weather.error());
    auto session = context.session();
    if (!session) return fail(session.error());
    simulate_link(context, **session, *weather);
    return options.watch ? watch(context, **session) : one_round(context, **session);
}

Outcome run_verify(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const client::VerifyReport report = (*session)->verify(context.options().repair);
    const sync::VerifyCounts& counts = report.counts;
    if (!report.round.reached) return fail(error_of(report.round, (*session)->view().queue));
    if (!counts.complete) {
        return fail(ErrorKind::offline, "VERIFY_INCOMPLETE", "the server moved on meanwhile, or does not know how");
    }
    const bool healed = counts.repaired >= counts.differing;
    if (context.json()) {
        print_json(context.out(),
                   {{"compared", counts.compared}, {"differing", counts.differing}, {"repaired", counts.repaired}});
    } else {
        context.out() << "Compared " << counts.compared << " records: " << counts.differing << " differ";
        if (counts.differing > 0) context.out() << ", " << counts.repaired << " fetched again";
        context.out() << '\n';
        if (!healed) context.surroundings().err << "colortouchctl verify --repair fetches again what differs\n";
    }
    return healed ? ExitCode::done : ExitCode::attention;
}

}  // namespace ct::cli
