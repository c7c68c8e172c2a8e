// Receipts: a number that is given once, and a page to print.
#pragma once

#include <string>
#include <string_view>

#include "ui/desk.h"

namespace ct::ui {

/// What all numbers of a device begin with: five characters made of its id, so that two laptops that are both offline
/// never give the same number. Empty for a text that is no id.
[[nodiscard]] std::string receipt_prefix(std::string_view device_id);
/// "K7Q2M-0018": one more than the last that this device gave, of whatever it remembers and of those that are there.
[[nodiscard]] std::string next_receipt_number(const client::State& state, std::int64_t last_given,
                                              std::string_view device_id);
/// A whole HTML file that prints on one page, without anything from elsewhere.
[[nodiscard]] std::string receipt_page(const client::State& state, const client::Config& config,
                                       const crm::Record& payment);
/// Whether it was paid, so that there is something to confirm.
[[nodiscard]] bool has_receipt(const crm::Record& payment);
/// Gives it a number if it has none, writes the page and opens it, from where it is printed.
void print_receipt(Desk& desk, const Uuid& payment);

}  // namespace ct::ui
