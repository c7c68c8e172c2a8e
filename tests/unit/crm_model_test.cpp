#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "crm/model.h"
#include "crm/tables.h"

namespace ct::crm {
namespace {

constexpr FieldId kLeadName = field_id(Model::lead, "name");
static_assert(kLeadName == 0);
static_assert(field_id(Model::payment, "refundOf") != field_id(Model::payment, "amount"));

std::string names(Model model) {
    std::string out;
    for (const FieldDef& field : def(model).fields) {
        if (!out.empty()) out += ' ';
        out += field.name;
        if (field.required) out += '*';
    }
    return out;
}

TEST_CASE("the table holds the product's fields in the product's order") {
    CHECK(names(Model::lead) ==
          "name* company phone phoneE164 email city address source status lostReason tag amount currency enquiryDate "
          "bookingDate notes labels ownerId mergedInto");
    CHECK(names(Model::note) == "leadId* kind text* at by");
    CHECK(names(Model::payment) ==
          "leadId orderId direction amount* currency status method dueDate paidAt receiptNo refundOf reference "
          "failureReason notes");
    CHECK(names(Model::reminder) ==
          "leadId title* description reminderDate* type priority isCompleted repeat snoozedUntil assigneeId");
}

TEST_CASE("a payment's money fields are decided by a person, everything else by the later stamp") {
    std::set<std::string> manual;
    for (const ModelDef& model : models()) {
        for (const FieldDef& each : model.fields) {
            CHECK(each.policy != Policy::force);
            if (each.policy == Policy::manual) manual.insert(std::string(model.name) + "." + std::string(each.name));
        }
    }
    CHECK(manual == std::set<std::string>{"Payment.amount", "Payment.currency", "Payment.status", "Payment.direction",
                                          "Payment.refundOf"});
}

TEST_CASE("parents come before children") {
    std::set<Model> seen;
    for (const ModelDef& model : models()) {
        if (model.parent) CHECK(seen.contains(*model.fields[*model.parent].target));
        seen.insert(model.model);
        CHECK(&def(model.model) == &model);
    }
    CHECK(seen.size() == kModelCount);
    CHECK(def(Model::note).append_only);
    CHECK_FALSE(def(Model::lead).append_only);
    CHECK_FALSE(def(Model::lead).parent.has_value());
}

TEST_CASE("models and fields are found by name") {
    CHECK(find_model("Lead") == Model::lead);
    CHECK(find_model("Reminder") == Model::reminder);
    CHECK_FALSE(find_model("lead").has_value());
    CHECK_FALSE(find_model("").has_value());
    CHECK(find_model_loose("lead") == Model::lead);
    CHECK(find_model_loose("PAYMENTS") == Model::payment);
    CHECK(find_model_loose("Notes") == Model::note);
    CHECK_FALSE(find_model_loose("leadss").has_value());
    CHECK_FALSE(find_model_loose("").has_value());

    for (const ModelDef& model : models()) {
        for (std::size_t i = 0; i < model.fields.size(); ++i) {
            CHECK(find_field(model.model, model.fields[i].name) == static_cast<FieldId>(i));
            CHECK(field(model.model, model.fields[i].name) == i);
        }
        CHECK(def(model.model, model.title).required == (model.model != Model::payment));
    }
    CHECK_FALSE(find_field(Model::lead, "Name").has_value());
    CHECK_FALSE(find_field(Model::lead, "").has_value());
    CHECK_FALSE(find_field(Model::lead, "id").has_value());
    CHECK(is_system_name("syncStatus"));
    CHECK_FALSE(is_system_name("name"));
}

TEST_CASE("policies by name, both ways") {
    for (const Policy policy : {Policy::lww, Policy::manual, Policy::force}) CHECK(find_policy(name(policy)) == policy);
    CHECK(name(Policy::lww) == "lww");
    CHECK_FALSE(find_policy("LWW").has_value());
    CHECK_FALSE(find_policy("").has_value());
}

}  // namespace
}  // namespace ct::crm
