#include "client/merge_leads.h"
#include "crm/tables.h"
#include "ui/icons.h"
#include "ui/pages.h"

namespace ct::ui {
namespace {

using crm::Model;

consteval crm::FieldId lead(std::string_view name) { return crm::field_id(Model::lead, name); }

std::function<bool(const crm::Record&)> with_status(std::string_view status) {
    return [status](const crm::Record& record) {
        return record.fields.text(lead("status")) == status && !client::merged_away(record);
    };
}

}  // namespace

RecordsSpec leads_page() {
    using Kind = Column::Kind;
    RecordsSpec spec;
    spec.model = Model::lead;
    spec.columns = {
        {Kind::title, lead("name"), "Name", 2.4F, false, 0, 150},
        {Kind::field, lead("company"), "Company", 1.6F, false, 5, 100},
        {Kind::field, lead("phone"), "Phone", -116, false, 2},
        {Kind::field, lead("email"), "E-mail", 1.7F, true, 0, 112},
        {Kind::field, lead("city"), "City", 1.0F, false, 7, 62},
        {Kind::field, lead("status"), "Status", -104, false, 1},
        {Kind::field, lead("tag"), "Tag", -88, false, 6},
        {Kind::money, lead("amount"), "Value", -108, false, 3},
        {Kind::person, lead("ownerId"), "Owner", 1.0F, false, 8, 80},
        {Kind::field, lead("source"), "Source", 1.0F, true, 0, 70},
        {Kind::field, lead("enquiryDate"), "Enquiry", 1.0F, true, 0, 70},
        {Kind::field, lead("labels"), "Labels", 1.3F, true, 0, 90},
        {Kind::updated, 0, "Changed", -100, false, 4},
        {Kind::sync, 0, "Sync", -56},
    };
    spec.quick = {{"All", [](const crm::Record& record) { return !client::merged_away(record); }},
                  {"Pending", with_status("PENDING")},
                  {"Follow up", with_status("FOLLOW_UP")},
                  {"Converted", with_status("CONVERTED")},
                  {"Rejected", with_status("REJECTED")}};
    spec.bulk_field = lead("status");
    spec.sort_column = 12;
    spec.sort_descending = true;
    spec.example = "status:FOLLOW_UP amount>50000 due<7d owner:me -city:Pune";
    spec.new_label = "New lead";
    spec.empty_icon = icon::kPeople;
    spec.empty_title = "No leads yet";
    spec.empty_words =
        "Everyone who asks about what you sell is a lead. Add the first one: it is saved on this laptop at "
        "once, with or without a connection.";
    return spec;
}

}  // namespace ct::ui
