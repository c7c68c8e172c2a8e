#include "crm/tables.h"
#include "ui/actions.h"
#include "ui/icons.h"
#include "ui/pages.h"

namespace ct::ui {
namespace {

using crm::Model;

consteval crm::FieldId reminder(std::string_view name) { return crm::field_id(Model::reminder, name); }

}  // namespace

RecordsSpec reminders_page() {
    using Kind = Column::Kind;
    RecordsSpec spec;
    spec.model = Model::reminder;
    spec.columns = {
        {Kind::done, reminder("isCompleted"), "Done", -60},
        {Kind::field, reminder("title"), "Title", 2.4F, false, 0, 184},
        {Kind::lead, reminder("leadId"), "Lead", 1.5F, false, 2, 112},
        {Kind::due, reminder("reminderDate"), "Due", 1.3F, false, 0, 100},
        {Kind::field, reminder("type"), "Type", -110, false, 5},
        {Kind::field, reminder("priority"), "Priority", -104, false, 4},
        {Kind::person, reminder("assigneeId"), "Assigned to", 1.0F, false, 6, 90},
        {Kind::field, reminder("repeat"), "Repeat", -104, true},
        {Kind::updated, 0, "Changed", -104, true},
        {Kind::sync, 0, "Sync", -64, false, 1},
    };
    spec.quick = {{"Open", [](const crm::Record& record) { return !is_done(record); }},
                  {"Done", [](const crm::Record& record) { return is_done(record); }},
                  {"All", [](const crm::Record&) { return true; }}};
    spec.bulk_field = reminder("priority");
    spec.sort_column = 3;
    spec.example = "priority:HIGH,URGENT type:CALL due<7d lead:Asha assigned:me";
    spec.new_label = "New reminder";
    spec.empty_icon = icon::kReminder;
    spec.empty_title = "Nothing to remember";
    spec.empty_words = "Write down whom to call and when. What is due appears on the Today page.";
    return spec;
}

}  // namespace ct::ui
