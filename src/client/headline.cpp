// The words of the sync indicator, in one place: product.md, "The window".
#include <algorithm>

#include "base/local_time.h"
#include "client/event.h"

namespace ct::client {

namespace {

std::string count(std::int64_t number, const char* one, const char* many) {
    return std::to_string(number) + " " + (number == 1 ? one : many);
}

std::string records(std::int64_t number) { return count(number, "record", "records"); }

std::string bytes(std::int64_t number) {
    if (number < 1'000) return std::to_string(number) + " B";
    if (number < 1'000'000) return std::to_string((number + 500) / 1'000) + " kB";
    return std::to_string(number / 1'000'000) + "." + std::to_string(number / 100'000 % 10) + " MB";
}

std::string in_how_long(UnixMs at, UnixMs now) {
    const std::int64_t seconds = std::max<std::int64_t>(0, (at - now + 999) / 1'000);
    if (seconds == 0) return "now";
    if (seconds < 120) return "in " + std::to_string(seconds) + " s";
    return "at " + format_local_time(at);
}

std::string syncing(const SyncView& view) {
    if (view.sending_total > view.sending_done || view.receiving_total == 0) {
        if (view.sending_total == 0) return "Looking for changes";
        return "Sending " + std::to_string(view.sending_done) + " of " + std::to_string(view.sending_total) + ", " +
               bytes(view.bytes_sent) + " of about " + bytes(std::max(view.bytes_sent, view.queue.bytes));
    }
    return "Receiving " + std::to_string(view.receiving_done) + " of " + std::to_string(view.receiving_total) + ", " +
           bytes(view.bytes_received);
}

/// Records of which something goes by itself as soon as it can.
std::int64_t waiting_of(const SyncView& view) { return view.queue.records - view.queue.records_held; }

/// "3 records and 2 files"; empty for none of both.
std::string records_and_files(std::int64_t records_there, std::int64_t files) {
    std::string words = records_there > 0 ? records(records_there) : std::string{};
    if (files > 0) words += (words.empty() ? "" : " and ") + count(files, "file", "files");
    return words;
}

/// The server has heard of all that was done here.
bool all_sent(const SyncView& view) { return view.queue.records + view.files.waiting() + view.files.failed == 0; }

/// What is here and nowhere else, the refused included.
std::string safe_here(const SyncView& view) {
    const std::int64_t files = view.files.sending + view.files.failed;
    if (view.queue.records + files == 0) return files_line(view);  // removals alone
    return records_and_files(view.queue.records, files) + (view.queue.records + files == 1 ? " is" : " are") +
           " safe on this laptop";
}

/// What goes by itself after a sign-in.
std::string to_send(const SyncView& view) { return records_and_files(waiting_of(view), view.files.waiting()); }

std::string pending(const SyncView& view, UnixMs now) {
    const std::int64_t waiting = waiting_of(view);
    const std::string next = view.next_try_at > 0 ? in_how_long(view.next_try_at, now) : std::string{};
    if (view.queue.records == 0 && view.files.waiting() > 0)
        return (view.last_sync_at > 0 ? "All records are sent. " : "") + files_line(view);
    if (view.queue.records == 0) return "Nothing waits. First sync " + (next.empty() ? "soon" : next);
    if (view.queue.sendable == 0)
        return records(waiting) + (waiting == 1 ? " waits for the record that it belongs to"
                                                : " wait for the records that they belong to");
    return records(waiting) + " waiting" + (next.empty() ? std::string{} : ". Sending " + next);
}

std::string synced(const SyncView& view) {
    const std::string line = "All saved and sent. Last sync " + format_local_time(view.last_sync_at);
    if (view.deferred_rows == 0) return line;
    return line + ". " + count(view.deferred_rows, "older record comes", "older records come") +
           " when you sync by hand, for the link is metered";
}

std::string needs_you(const SyncView& view) {
    if (view.removals.any())
        return std::string(view.files.waiting() > 0                            ? files_line(view)
                           : view.queue.records == 0 && view.files.failed == 0 ? "All saved and sent"
                                                                               : "All else is saved and sent") +
               ". Nothing is received until you allow what a sync would remove here";
    const std::int64_t behind = waiting_of(view);
    if (behind == 0 && view.files.waiting() > 0) return "All else is saved. " + files_line(view);
    return behind == 0 ? "All else is saved and sent"
                       : records(behind) + (behind == 1 ? " waits" : " wait") + " for that";
}

std::string offline(const SyncView& view) {
    const std::string why = view.working_offline ? "Working offline, as you chose. " : "No connection. ";
    const bool promises = !view.working_offline && (all_sent(view) || waiting_of(view) + view.files.waiting() > 0);
    return why + (all_sent(view) ? "Nothing waits to be sent" : safe_here(view)) +
           (promises ? ". Will sync automatically when online" : "");
}

std::string state_line(const SyncView& view, UnixMs now) {
    switch (view.indicator) {
        case Indicator::synced: return synced(view);
        case Indicator::pending: return pending(view, now);
        case Indicator::syncing: return syncing(view);
        case Indicator::needs_you: return needs_you(view);
        case Indicator::offline: return offline(view);
        case Indicator::server_away:
            return (view.obstacle.empty() ? "Internet works, the server does not answer" : view.obstacle) +
                   (view.next_try_at > 0 ? ". Next try " + in_how_long(view.next_try_at, now) : std::string{});
        case Indicator::update_needed:
            return "The server wants a newer version of this program" +
                   (all_sent(view) ? std::string{} : ". " + safe_here(view));
        case Indicator::login_page: return "A login page is in the way. Open browser";
        case Indicator::signed_out:
            return "Sign in again to " + (to_send(view).empty() ? "sync" : "send " + to_send(view)) +
                   ". Nothing is lost";
        case Indicator::local_trouble:
            return view.obstacle.empty() ? "This laptop cannot save. Free some space on its disk now"
                                         : "This laptop cannot save: " + view.obstacle;
        case Indicator::local_only:
            return all_sent(view) ? "Everything stays on this laptop until you sign in to a server"
                                  : safe_here(view) + ". Sign in to a server to sync";
    }
    return {};
}

}  // namespace

std::string in_words(const store::HeldRemovals& removals) {
    std::vector<std::string> parts;
    for (const crm::ModelDef& model : crm::models()) {
        const auto i = static_cast<std::size_t>(model.model);
        if (removals.removed[i] == 0) continue;
        std::string name(model.plural);
        for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        parts.push_back(std::to_string(removals.removed[i]) + " of " + std::to_string(removals.of[i]) + " " + name);
    }
    std::string words;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        words += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
    }
    return words;
}

std::string in_words(const store::UnsentFiles& files) {
    std::string words;
    if (files.sending > 0) words = count(files.sending, "file", "files") + ", " + bytes(files.bytes);
    if (files.removing > 0)
        words += (words.empty() ? "" : ", and ") + count(files.removing, "removal of a file", "removals of files");
    return words;
}

std::string files_line(const SyncView& view) {
    if (view.files.waiting() == 0) return {};
    return in_words(view.files) + (view.files.sending > 0 ? "," : "") +
           (view.files.waiting() == 1 ? " waits" : " wait") + " to be sent" +
           (view.files_wait.empty() ? std::string{} : ": " + view.files_wait);
}

std::string headline(const SyncView& view, UnixMs now) {
    std::string line = state_line(view, now);
    if (!view.simulated_link.empty()) line = "SIMULATED LINK (" + view.simulated_link + "). " + line;
    if (view.needs_you == 0) return line;
    // Nothing to decide between: to mend, or to give up.
    const bool refused = view.queue.errors + view.files.failed == view.needs_you;
    return (refused ? count(view.needs_you, "was refused", "were refused")
                    : count(view.needs_you, "needs", "need") + " your decision") +
           ". " + line;
}

}  // namespace ct::client
