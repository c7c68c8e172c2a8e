// What may be in a field. The same checks on the client (before an edit is saved) and on the server.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "crm/record.h"

namespace ct::crm {

/// Brings a typed value into canonical form (trimmed, NUL and control characters refused, labels sorted, currency
/// upper-cased, e-mail checked, ids lower-cased) or says why not: error INVALID_FIELD with `field` set.
[[nodiscard]] Result<Value> canonical(Model model, FieldId field, Value value);

/// A value from text that a person or a script typed: "2026-11-23", "true", "150050" (money: integer minor units),
/// "red,green" (labels). Empty text is absent.
[[nodiscard]] Result<Value> parse_value(Model model, FieldId field, std::string_view text);
/// The inverse, for the CLI, CSV and copying: instants as RFC 3339, money as an integer, labels joined by ",".
[[nodiscard]] std::string format_value(Model model, FieldId field, ValueView value);

/// Canonicalises all values in place; refuses derived fields, and clearing a required field.
[[nodiscard]] Result<void> validate(Model model, Changes& changes);
/// As above, for a create: fills in fallbacks, and required fields must be there.
[[nodiscard]] Result<void> validate_new(Model model, Changes& changes);

/// E.164 ("+919876543210") of a typed number, or empty when it is not one. National numbers get the default
/// country's calling code. The user's own text is kept beside it, so a wrong guess loses nothing.
[[nodiscard]] std::string phone_e164(std::string_view typed, std::string_view default_country = "IN");
/// Gives national numbers their country where it is not the one that every device assumes (see phone_e164): all devices
/// must read the same number out of the same text, and only this one knows its user's country.
void complete_phones(Model model, Changes& changes, std::string_view default_country);

/// Digits after the point of an ISO 4217 currency: INR 2, JPY 0, KWD 3. Unknown codes: 2.
[[nodiscard]] int currency_digits(std::string_view code);
/// "1,50,000.50" (INR groups by lakh), "1,500.50" for others; no symbol. Minus sign first.
[[nodiscard]] std::string format_money(std::int64_t minor, std::string_view currency);
/// The inverse, lenient in grouping ("1,50,000.5", "150000.50", "₹ 1 500", "1.5 lakh", "2 crore"); error INVALID_MONEY;
/// range int64.
[[nodiscard]] Result<std::int64_t> parse_money(std::string_view text, std::string_view currency);

}  // namespace ct::crm
