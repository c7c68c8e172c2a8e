#include "ui/leads_alike.h"

#include <algorithm>
#include <functional>
#include <set>

#include "base/utf8.h"
#include "client/import.h"
#include "client/merge_leads.h"
#include "crm/tables.h"
#include "crm/validate.h"

namespace ct::ui {
namespace {

using crm::Model;

constexpr std::size_t kRowsPerFrame = 20'000;
constexpr std::size_t kHintsMax = 3;
constexpr std::size_t kPairsMax = 2'000;

constexpr crm::FieldId kName = crm::field_id(Model::lead, "name");
constexpr crm::FieldId kCompany = crm::field_id(Model::lead, "company");
constexpr crm::FieldId kPhone = crm::field_id(Model::lead, "phone");
constexpr crm::FieldId kPhoneE164 = crm::field_id(Model::lead, "phoneE164");
constexpr crm::FieldId kEmail = crm::field_id(Model::lead, "email");

}  // namespace

const char* words_of(Likeness likeness) {
    switch (likeness) {
        case Likeness::phone: return "the same phone number";
        case Likeness::email: return "the same e-mail address";
        case Likeness::name: break;
    }
    return "the same name and company";
}

void LeadsAlike::update(Desk& desk, const Typed& typed) {
    const client::Table& leads = desk.state.table(Model::lead);
    if (typed != typed_ || revision_ != leads.revision()) {
        typed_ = typed;
        revision_ = leads.revision();
        phone_ = crm::phone_e164(typed.phone, desk.config.default_country);
        email_ = fold(trim(typed.email));
        name_ = fold(trim(typed.name));
        company_ = fold(trim(typed.company));
        next_ = 0;
        found_.clear();
    }
    const bool by_name = !name_.empty() && !company_.empty();
    if (phone_.empty() && email_.empty() && !by_name) return;
    const std::size_t end = std::min(leads.size(), next_ + kRowsPerFrame);
    for (; next_ < end && found_.size() < kHintsMax; ++next_) {
        const crm::Record& lead = leads.at(next_);
        if (lead.id == typed_.except) continue;
        const crm::Fields& fields = lead.fields;
        std::optional<Likeness> likeness;
        if (!phone_.empty() && fields.text(kPhoneE164) == phone_)
            likeness = Likeness::phone;
        else if (!email_.empty() && fields.has(kEmail) && fold(fields.text(kEmail)) == email_)
            likeness = Likeness::email;
        else if (by_name && fields.has(kCompany) && fold(fields.text(kName)) == name_ &&
                 fold(fields.text(kCompany)) == company_)
            likeness = Likeness::name;
        if (likeness && !client::merged_away(lead)) found_.emplace_back(lead.id, *likeness);
    }
    if (next_ < leads.size() && found_.size() < kHintsMax) desk.redraw_within(0);
}

void DuplicateSearch::begin(const Desk& desk) {
    keys_.clear();
    pairs_.clear();
    next_ = 0;
    done_ = false;
    revision_ = desk.state.table(Model::lead).revision();
}

void DuplicateSearch::go_on(Desk& desk) {
    if (done_) return;
    const client::Table& leads = desk.state.table(Model::lead);
    if (revision_ != leads.revision()) begin(desk);  // rows have become others
    const std::size_t end = std::min(leads.size(), next_ + kRowsPerFrame);
    for (; next_ < end; ++next_) {
        const crm::Record& lead = leads.at(next_);
        if (client::merged_away(lead)) continue;
        const auto text = [&](crm::FieldId field) { return lead.fields.text(field); };
        for (const std::string& key : client::likeness_keys(text(kName), text(kCompany), text(kPhone), text(kEmail),
                                                            desk.config.default_country)) {
            const Likeness likeness = key.front() == 'p'   ? Likeness::phone
                                      : key.front() == 'e' ? Likeness::email
                                                           : Likeness::name;
            keys_.push_back({std::hash<std::string>{}(key), static_cast<std::uint32_t>(next_), likeness});
        }
    }
    desk.redraw_within(0);
    if (next_ < leads.size()) return;
    pair_up(desk);
    done_ = true;
}

/// Leads with a key in common stand together once the keys are sorted; each is paired with the oldest of them.
void DuplicateSearch::pair_up(const Desk& desk) {
    const client::Table& leads = desk.state.table(Model::lead);
    std::sort(keys_.begin(), keys_.end(), [](const Key& a, const Key& b) {
        return a.likeness != b.likeness ? a.likeness < b.likeness : a.hash != b.hash ? a.hash < b.hash : a.row < b.row;
    });
    std::set<std::pair<std::uint32_t, std::uint32_t>> told;
    for (std::size_t i = 0; i < keys_.size() && pairs_.size() < kPairsMax;) {
        std::size_t end = i + 1;
        while (end < keys_.size() && keys_[end].hash == keys_[i].hash && keys_[end].likeness == keys_[i].likeness)
            ++end;
        std::uint32_t oldest = keys_[i].row;
        for (std::size_t k = i; k < end; ++k) {
            if (leads.at(keys_[k].row).created_at < leads.at(oldest).created_at) oldest = keys_[k].row;
        }
        for (std::size_t k = i; k < end && pairs_.size() < kPairsMax; ++k) {
            const std::uint32_t row = keys_[k].row;
            if (row == oldest || !told.insert(std::minmax(row, oldest)).second) continue;
            pairs_.push_back({leads.at(oldest).id, leads.at(row).id, keys_[k].likeness});
        }
        i = end;
    }
    keys_ = {};
}

}  // namespace ct::ui
