// What the three tables of records show and how they begin.
#pragma once

#include "base/clock.h"
#include "ui/records.h"

namespace ct::ui {

[[nodiscard]] RecordsSpec leads_page();
[[nodiscard]] RecordsSpec payments_page(
    const Clock& clock);  ///< which must outlive it: what is late depends on the day
[[nodiscard]] RecordsSpec reminders_page();

}  // namespace ct::ui
