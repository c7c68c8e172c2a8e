#include "ui/notices.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "ui/actions.h"
#include "ui/format.h"

namespace ct::ui {
namespace {

using crm::Model;

constexpr const char* kFile = "reminders-told";
constexpr UnixMs kGap_ms = 3 * 60'000;  // between frames: the laptop slept
constexpr UnixMs kLongest_ms = 60'000;
constexpr UnixMs kFirstRun_ms = 24 * 3'600'000;
constexpr UnixMs kNever = std::numeric_limits<UnixMs>::max();

}  // namespace

void Notices::update(Desk& desk) {
    if (!desk.state.loaded()) return;
    const UnixMs now = desk.now();
    const client::Table& reminders = desk.state.table(Model::reminder);
    const bool first_look = !std::exchange(began_, true);
    if (first_look) {
        const std::string kept = desk.kept ? desk.kept(kFile) : std::string{};
        UnixMs told = 0;
        std::from_chars(kept.data(), kept.data() + kept.size(), told);
        told_until_ = told > 0 ? std::min(told, now) : now - kFirstRun_ms;
    }
    const bool gap = first_look || now - looked_at_ > kGap_ms;
    looked_at_ = now;
    if (now < told_until_) told_until_ = now;  // the clock was set back
    const bool same = std::exchange(seen_, reminders.revision()) == reminders.revision();
    if (same && now < next_due_) return desk.redraw_within(std::min(next_due_ - now, kLongest_ms));
    next_due_ = kNever;
    std::size_t count = 0;
    const crm::Record* first = nullptr;
    for (const crm::Record& reminder : reminders.all()) {
        if (is_done(reminder)) continue;
        const UnixMs at = due_at(reminder);
        if (at > now) {
            next_due_ = std::min(next_due_, at);
        } else if (at > told_until_) {
            ++count;
            if (first == nullptr || at < due_at(*first)) first = &reminder;
        }
    }
    if (count > 0) tell(desk, count, *first, gap);
    told_until_ = now;
    // A later run need not know more than when something was told last: nothing was due since.
    if ((count > 0 || first_look) && desk.keep) desk.accepted(desk.keep(kFile, std::to_string(now)));
    desk.redraw_within(std::min(next_due_ - now, kLongest_ms));
}

void Notices::tell(Desk& desk, std::size_t count, const crm::Record& first, bool after_a_gap) {
    const std::string lead = lead_of(desk.state, first);
    const std::string one = crm::title(first) + (lead.empty() ? "" : " · " + lead);
    if (count == 1) {
        desk.toasts.add(ToastKind::info, "Due: " + one, "Open",
                        [&desk, id = first.id] { desk.open(Model::reminder, id); });
        if (desk.config.notifications && desk.notify) desk.notify(crm::title(first), lead);
        return;
    }
    const std::string words = count_of(Model::reminder, count) + (after_a_gap ? " came due meanwhile" : " are due");
    desk.toasts.add(ToastKind::info, words + ", the first: " + one, "Show", [&desk] { desk.page = Page::today; });
    if (desk.config.notifications && desk.notify) desk.notify(words, one);
}

}  // namespace ct::ui
