#include "ui/ics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <vector>

#include "base/local_time.h"
#include "crm/tables.h"
#include "ui/actions.h"
#include "ui/format.h"

namespace ct::ui {
namespace {

using crm::field_id;
using crm::Model;

constexpr std::size_t kLineMax = 75;  // bytes, RFC 5545 section 3.1

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == ';' || c == ',') out += '\\';
        if (c == '\n') {
            out += "\\n";
        } else if (c != '\r') {
            out += c;
        }
    }
    return out;
}

/// One content line; what is too long goes on behind a space on the next.
void put(std::string& file, std::string_view line) {
    std::size_t room = kLineMax;
    while (line.size() > room) {
        std::size_t end = room;
        while ((static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
        file.append(line.substr(0, end)).append("\r\n ");
        line.remove_prefix(end);
        room = kLineMax - 1;
    }
    file.append(line).append("\r\n");
}

std::string utc(UnixMs at) {
    const std::chrono::sys_time<std::chrono::milliseconds> moment{std::chrono::milliseconds(at)};
    const auto midnight = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date(midnight);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(moment - midnight));
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text.data();
}

std::string local_day(UnixMs at) {
    std::string day = format_local_date(at);
    std::erase(day, '-');
    return day;
}

void put_event(std::string& file, const client::State& state, const crm::Record& reminder, UnixMs now) {
    const crm::Fields& fields = reminder.fields;
    const UnixMs at = due_at(reminder);
    const std::string title(fields.text(field_id(Model::reminder, "title")));
    const std::string lead = lead_of(state, reminder);
    put(file, "BEGIN:VEVENT");
    put(file, "UID:" + reminder.id.str() + "@colortouch");
    put(file, "DTSTAMP:" + utc(now));
    put(file, "LAST-MODIFIED:" + utc(reminder.updated_at));
    if (at == start_of_day(at)) {
        put(file, "DTSTART;VALUE=DATE:" + local_day(at));
        put(file, "DTEND;VALUE=DATE:" + local_day(start_of_day(at, 1)));
    } else {
        put(file, "DTSTART:" + utc(at));
        put(file, "DURATION:PT15M");
    }
    put(file, "SUMMARY:" + escaped(title + (lead.empty() ? "" : " – " + lead)));
    if (const auto more = fields.text(field_id(Model::reminder, "description")); !more.empty())
        put(file, "DESCRIPTION:" + escaped(more));
    const std::string_view repeat = fields.text(field_id(Model::reminder, "repeat"));
    if (repeat == "DAILY" || repeat == "WEEKLY" || repeat == "MONTHLY") put(file, "RRULE:FREQ=" + std::string(repeat));
    const std::string_view priority = fields.text(field_id(Model::reminder, "priority"));
    if (priority == "URGENT" || priority == "HIGH") put(file, "PRIORITY:1");
    put(file, "BEGIN:VALARM");
    put(file, "ACTION:DISPLAY");
    put(file, "DESCRIPTION:" + escaped(title));
    put(file, "TRIGGER:PT0M");
    put(file, "END:VALARM");
    put(file, "END:VEVENT");
}

}  // namespace

std::string calendar_file(const client::State& state, std::span<const crm::Record* const> reminders, UnixMs now) {
    std::string file;
    put(file, "BEGIN:VCALENDAR");
    put(file, "VERSION:2.0");
    put(file, "PRODID:-//ColorTouch//ColorTouch CRM//EN");
    put(file, "CALSCALE:GREGORIAN");
    for (const crm::Record* reminder : reminders) put_event(file, state, *reminder, now);
    put(file, "END:VCALENDAR");
    return file;
}

void export_reminders(Desk& desk, const Uuid& only) {
    if (!desk.save_document) return;
    std::vector<const crm::Record*> chosen;
    for (const crm::Record& reminder : desk.state.table(Model::reminder).all()) {
        if (only.nil() ? !is_done(reminder) : reminder.id == only) chosen.push_back(&reminder);
    }
    std::sort(chosen.begin(), chosen.end(), [](const crm::Record* a, const crm::Record* b) {
        return due_at(*a) != due_at(*b) ? due_at(*a) < due_at(*b) : a->id < b->id;
    });
    const std::string name =
        only.nil() ? "reminders-" + format_local_date(desk.now()) + ".ics" : "reminder-" + only.str() + ".ics";
    const auto file = desk.save_document(name, calendar_file(desk.state, chosen, desk.now()));
    if (!desk.accepted(file)) return;
    desk.toasts.add(ToastKind::done, count_of(Model::reminder, chosen.size()) + " in " + *file, "Open",
                    [&desk, at = *file] {
                        if (desk.open_url) desk.open_url(at);
                    });
}

}  // namespace ct::ui
