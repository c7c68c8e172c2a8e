// What the three tables of records show and how they begin.
#pragma once

#include "ui/records.h"

namespace ct::ui {

[[nodiscard]] RecordsSpec leads_page();
[[nodiscard]] RecordsSpec payments_page();
[[nodiscard]] RecordsSpec reminders_page();

}  // namespace ct::ui
