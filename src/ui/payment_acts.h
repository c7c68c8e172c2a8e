// What is done with payments: paid, and whether there is anything to pay.
#pragma once

#include <string>
#include <vector>

#include "ui/desk.h"

namespace ct::ui {

/// We pay it; all others are paid to us.
[[nodiscard]] bool is_outgoing(const crm::Record& payment);
/// Not paid yet, and not given up either.
[[nodiscard]] bool can_be_paid(const crm::Record& payment);
/// To be called with every edit of a payment's fields, wherever it was made: one that is completed was paid now unless
/// it says when, or no month would count it. `dated`: the record says when.
void date_completed(crm::Model model, bool dated, crm::Changes& changes, UnixMs now);
void date_completed(const crm::Record& record, crm::Changes& changes, UnixMs now);
/// A field that is never changed once it says something: a receipt's number is in somebody else's books.
[[nodiscard]] bool is_given_once(crm::Model model, crm::FieldId field);
/// What came in, and can be paid back.
[[nodiscard]] bool can_be_refunded(const crm::Record& payment);
/// A new payment in the form that pays it back, or the one that does already.
void refund(Desk& desk, const Uuid& id);
/// Those of them that wait to be paid: they were, now. One undo step.
void mark_paid(Desk& desk, const std::vector<Uuid>& ids);

}  // namespace ct::ui
