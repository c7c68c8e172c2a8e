// sync: one round, or with --watch one after the other until the program is ended.
#include "base/utf8.h"
#include "cli/context.h"
#include "cli/output.h"

namespace ct::cli {
namespace {

// A watch without anything scheduled (there should be none) still looks again after this.
constexpr std::int64_t kLookAgainMs = 60'000;

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

[[nodiscard]] client::SyncMode mode_of(const Options& options) {
    if (options.push_only) return client::SyncMode::push_only;
    return options.pull_only ? client::SyncMode::pull_only : client::SyncMode::both;
}

[[nodiscard]] Outcome one_round(Context& context, client::Session& session) {
    const client::SyncReport report = session.sync(mode_of(context.options()));
    const store::QueueSummary queue = session.view().queue;
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

/// Rounds at the times that the engine sets, backoff included. It ends only where trying again is of no use.
[[nodiscard]] Outcome watch(Context& context, client::Session& session) {
    for (;;) {
        const Outcome outcome = one_round(context, session);
        if (!outcome && exit_code(outcome.error()) != ExitCode::offline) return outcome;
        if (!outcome) context.surroundings().err << "colortouchctl: " << outcome.error().message << '\n';
        context.out().flush();
        const UnixMs next = session.view().next_try_at;
        context.surroundings().sleep_ms(
            next == 0 ? kLookAgainMs : std::max<std::int64_t>(0, next - context.surroundings().clock.now()));
    }
}

}  // namespace

Outcome run_sync(Context& context) {
    const Options& options = context.options();
    if (options.push_only && options.pull_only) {
        return fail(ErrorKind::invalid, "USAGE", "--push-only and --pull-only exclude each other");
    }
    auto session = context.session();
    if (!session) return fail(session.error());
    return options.watch ? watch(context, **session) : one_round(context, **session);
}

}  // namespace ct::cli
