// Values as people read them: "Follow up", "₹1,50,000.00", "in 2 h", "Tomorrow 14:00". For the screen only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "crm/record.h"
#include "ui/theme.h"

namespace ct::ui {

[[nodiscard]] std::string words_of_choice(std::string_view choice);  ///< "FOLLOW_UP" -> "Follow up"
[[nodiscard]] const Tone& tone_of_choice(const Palette& palette, std::string_view choice);
[[nodiscard]] const char* icon_of_choice(std::string_view choice);  ///< null: none

/// "₹1,50,000.00"; currencies without a well-known sign get their code: "AED 1,500.00".
[[nodiscard]] std::string money_text(std::int64_t minor, std::string_view currency);
/// A value of any field in one line; "—" when it is absent. Ids of users and records stay ids.
[[nodiscard]] std::string value_text(crm::Model model, crm::FieldId field, const crm::ValueView& value,
                                     std::string_view currency);
[[nodiscard]] std::string count_text(std::int64_t number, std::string_view one, std::string_view many);
[[nodiscard]] std::string bytes_text(std::int64_t bytes);
[[nodiscard]] std::string duration_text(std::int64_t ms);

[[nodiscard]] std::string day_text(UnixMs at);              ///< "23 Nov 2026"
[[nodiscard]] std::string long_day_text(UnixMs at);         ///< "Monday, 23 November"
[[nodiscard]] std::string ago_text(UnixMs at, UnixMs now);  ///< "just now", "5 min ago", "yesterday", "23 Nov 2026"
[[nodiscard]] std::string due_text(UnixMs at, UnixMs now);  ///< "Today 14:00", "Tomorrow 09:30", "23 Nov 2026"
[[nodiscard]] std::int64_t days_between(UnixMs from, UnixMs to);  ///< by the local calendar
[[nodiscard]] UnixMs start_of_day(UnixMs at, int days_later = 0);

/// The instant of a field as the screen has it. Where the field means a day (when a payment is due), colortouchctl, CSV
/// files and other programs write "2026-12-01", which is midnight in UTC and half past five in India: it stands for the
/// day, and is that day's own midnight here. West of Greenwich it falls on the day before, and stays as it is.
[[nodiscard]] UnixMs shown_at(crm::Model model, crm::FieldId field, UnixMs at);

/// What a date field shows and takes: "2026-11-23" or "2026-11-23 14:30", local time; midnight shows no time.
[[nodiscard]] std::string date_input_text(UnixMs at);
/// Also "today", "tomorrow", "yesterday", "+3" (days), "23.11.2026", "23/11/2026 14:30", "14:30" (today).
[[nodiscard]] std::optional<UnixMs> parse_date_input(std::string_view typed, UnixMs now);

}  // namespace ct::ui
