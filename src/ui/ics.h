// Reminders as an iCalendar file (RFC 5545), which every calendar program reads.
#pragma once

#include <span>
#include <string>

#include "ui/desk.h"

namespace ct::ui {

/// An event for each reminder, with an alarm; one at midnight is a whole day. Reading it again replaces, for the ids
/// stay. Lines are folded at 75 bytes, between characters.
[[nodiscard]] std::string calendar_file(const client::State& state, std::span<const crm::Record* const> reminders,
                                        UnixMs now);
/// Writes the open reminders, or only one, and says where the file is.
void export_reminders(Desk& desk, const Uuid& only = {});

}  // namespace ct::ui
