// Payments: the table, and below it how old the debts are and what came in month by month.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "ui/desk.h"
#include "ui/records.h"

namespace ct::ui {

/// Sums in minor units of one currency.
struct PaymentSums {
    static constexpr std::size_t kAges = 4;    ///< 0–30, 31–60, 61–90, more than 90 days late
    static constexpr std::size_t kMonths = 6;  ///< this one last
    struct Age {
        std::int64_t amount = 0, count = 0;
    };
    struct Month {
        int year = 0, month = 0;
        std::int64_t received = 0, paid_out = 0;
    };
    std::array<Age, kAges> late{};  ///< what others owe us
    Age due_later;
    std::array<Month, kMonths> months{};
    std::int64_t other_currencies = 0;  ///< payments that are in none of the sums
};
[[nodiscard]] PaymentSums sum_payments(const client::Table& payments, std::string_view currency, UnixMs now);

class PaymentsPage {
  public:
    explicit PaymentsPage(const Clock& clock);
    void draw(Desk& desk);
    [[nodiscard]] Records& records() { return records_; }

  private:
    void update(const Desk& desk);
    void draw_table(Desk& desk, float height, bool with_switch);
    void draw_charts(const Desk& desk, float room, float height);
    void draw_switch(const Desk& desk);
    void draw_ages(const Desk& desk, float width, float height);
    void draw_months(const Desk& desk, float width, float height);

    Records records_;
    PaymentSums sums_;
    enum class Shown : std::uint8_t { table, charts, months };
    Shown shown_ = Shown::table;  // where there is no room for all
    std::uint64_t seen_ = 0;
    std::int64_t day_ = 0;
    std::string currency_;
};

}  // namespace ct::ui
