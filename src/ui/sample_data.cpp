#include "ui/sample_data.h"

#include <array>
#include <utility>
#include <vector>

#include "crm/tables.h"
#include "ui/actions.h"
#include "ui/format.h"

namespace ct::ui {
namespace {

using crm::field_id;
using crm::Model;
using sync::OperationKind;

constexpr UnixMs kHour_ms = 3'600'000;

struct SampleLead {
    const char *name, *company, *phone, *email, *city, *source, *status, *tag;
    std::int64_t amount;  ///< minor units
};
constexpr std::array kLeads{
    SampleLead{"Asha Kulkarni", "Kulkarni Interiors", "+912025530101", "asha@example.com", "Pune", "REFERRAL",
               "FOLLOW_UP", "HOT", 18'500'000},
    SampleLead{"Ravi Iyer", "Iyer & Sons", "+914424330102", "ravi@example.com", "Chennai", "WEBSITE", "PENDING", "WARM",
               7'250'000},
    SampleLead{"Meera Shah", "Shah Textiles", "+917926570103", "meera@example.com", "Ahmedabad", "EVENT", "CONVERTED",
               "QUALIFIED", 42'000'000},
    SampleLead{"Imran Qureshi", "", "+919820000104", "imran@example.com", "Mumbai", "SOCIAL", "FOLLOW_UP", "HOT",
               9'900'000},
    SampleLead{"Lakshmi Menon", "Menon Clinics", "+914842350105", "lakshmi@example.com", "Kochi", "REFERRAL",
               "CONVERTED", "QUALIFIED", 26'000'000},
    SampleLead{"Tenzin Dorje", "Dorje Homestay", "+911982250106", "", "Leh", "WALK_IN", "PENDING", "COLD", 3'400'000},
    SampleLead{"Fatima Sheikh", "Sheikh Traders", "+914023450107", "fatima@example.com", "Hyderabad", "MARKETING",
               "REJECTED", "DISQUALIFIED", 5'000'000},
    SampleLead{"Arjun Patil", "Patil Agro", "+912532570108", "arjun@example.com", "Nashik", "WEBSITE", "FOLLOW_UP",
               "WARM", 12'750'000},
};

struct SamplePayment {
    std::size_t lead;
    std::int64_t amount;
    const char *status, *method;
    int due_days, paid_days;  ///< from today; paid only when completed
};
constexpr std::array kPayments{
    SamplePayment{2, 21'000'000, "COMPLETED", "BANK_TRANSFER", -40, -38},
    SamplePayment{2, 21'000'000, "PENDING", "", 6, 0},
    SamplePayment{4, 13'000'000, "COMPLETED", "UPI", -70, -68},
    SamplePayment{4, 13'000'000, "PENDING", "", -34, 0},
    SamplePayment{0, 2'500'000, "COMPLETED", "CASH", -3, -3},
    SamplePayment{7, 1'500'000, "PENDING", "", -4, 0},
    SamplePayment{3, 1'000'000, "COMPLETED", "UPI", -100, -99},
    SamplePayment{0, 8'000'000, "PENDING", "", 14, 0},
};

struct SampleReminder {
    std::size_t lead;
    const char *title, *type, *priority, *repeat;
    int days;
    int hour;
};
constexpr std::array kReminders{
    SampleReminder{0, "Call back about the quotation", "CALL", "HIGH", "NONE", 0, 16},
    SampleReminder{3, "Send the brochure", "EMAIL", "MEDIUM", "NONE", -1, 11},
    SampleReminder{7, "Visit the site", "MEETING", "URGENT", "NONE", 1, 10},
    SampleReminder{4, "Ask for the second instalment", "FOLLOW_UP", "HIGH", "NONE", 2, 12},
    SampleReminder{2, "Monthly report", "TASK", "LOW", "MONTHLY", 5, 9},
};

constexpr std::array<std::pair<std::size_t, const char*>, 4> kNotes{
    {{0, "Wants teak, not laminate. Decides after Diwali."},
     {2, "Signed. Two instalments agreed."},
     {3, "Asked for a discount of 5 %; said I would come back to it."},
     {6, "Went with somebody cheaper."}}};

class Builder {
  public:
    explicit Builder(Desk& desk) : desk_(desk) {}

    void begin(Model model) {
        model_ = model;
        edits_.push_back({OperationKind::create, model, desk_.new_id(), {}});
    }
    void set(std::string_view field, std::string_view value) {
        if (!value.empty()) edits_.back().changes.set(crm::field(model_, field), std::string(value));
    }
    void set(std::string_view field, std::int64_t value) {
        edits_.back().changes.set(crm::field(model_, field), value);
    }
    [[nodiscard]] std::string id() const { return edits_.back().record.str(); }
    [[nodiscard]] std::vector<client::Edit> take() { return std::move(edits_); }

  private:
    Desk& desk_;
    Model model_ = Model::lead;
    std::vector<client::Edit> edits_;
};

std::vector<std::string> add_leads(Builder& to) {
    std::vector<std::string> ids;
    for (const SampleLead& lead : kLeads) {
        to.begin(Model::lead);
        to.set("name", lead.name);
        to.set("company", lead.company);
        to.set("phone", lead.phone);
        to.set("email", lead.email);
        to.set("city", lead.city);
        to.set("source", lead.source);
        to.set("status", lead.status);
        to.set("tag", lead.tag);
        to.set("amount", lead.amount);
        to.set("currency", "INR");
        ids.push_back(to.id());
    }
    return ids;
}

}  // namespace

void add_sample_data(Desk& desk) {
    Builder to(desk);
    const UnixMs now = desk.now();
    const std::vector<std::string> leads = add_leads(to);
    for (const SamplePayment& payment : kPayments) {
        to.begin(Model::payment);
        to.set("leadId", leads[payment.lead]);
        to.set("amount", payment.amount);
        to.set("currency", "INR");
        to.set("direction", "IN");
        to.set("status", payment.status);
        to.set("method", payment.method);
        to.set("dueDate", start_of_day(now, payment.due_days));
        if (payment.paid_days != 0) to.set("paidAt", start_of_day(now, payment.paid_days) + 11 * kHour_ms);
    }
    for (const SampleReminder& reminder : kReminders) {
        to.begin(Model::reminder);
        to.set("leadId", leads[reminder.lead]);
        to.set("title", reminder.title);
        to.set("type", reminder.type);
        to.set("priority", reminder.priority);
        to.set("repeat", reminder.repeat);
        to.set("reminderDate", start_of_day(now, reminder.days) + reminder.hour * kHour_ms);
    }
    for (const auto& [lead, words] : kNotes) {
        to.begin(Model::note);
        to.set("leadId", leads[lead]);
        to.set("text", words);
        to.set("at", now);
    }
    if (!desk.accepted(desk.editor.apply(to.take(), "Add sample data"))) return;
    offer_undo(desk, "Sample data is there. It goes when you undo it");
}

}  // namespace ct::ui
