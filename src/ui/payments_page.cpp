#include "ui/payments_page.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/local_time.h"
#include "crm/tables.h"
#include "ui/format.h"
#include "ui/pages.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::field_id;
using crm::Model;

constexpr crm::FieldId kAmount = field_id(Model::payment, "amount"), kCurrency = field_id(Model::payment, "currency"),
                       kStatus = field_id(Model::payment, "status"), kDirection = field_id(Model::payment, "direction"),
                       kDue = field_id(Model::payment, "dueDate"), kPaid = field_id(Model::payment, "paidAt");
constexpr const char* kAgeLabels[PaymentSums::kAges] = {"0–30 days", "31–60 days", "61–90 days", "Over 90 days"};
constexpr const char* kMonthNames[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr float kChartHeight = 172, kTableLeast = 300, kSecondChartFrom = 480, kHead = 44, kSwitchWidth = 92,
                kNewPaymentWidth = 142;

/// Without the smallest unit: charts show sizes, not accounts.
std::string round_money(std::int64_t minor, std::string_view currency) {
    std::string words = money_text(minor, currency);
    if (const std::size_t point = words.rfind('.'); point != std::string::npos && words.size() - point <= 4)
        words.erase(point);
    return words;
}

/// How many months before this one; a negative number for later ones.
int months_ago(UnixMs at, const LocalTime& now) {
    const LocalTime then = to_local(at);
    return (now.year - then.year) * 12 + now.month - then.month;
}

}  // namespace

PaymentSums sum_payments(const client::Table& payments, std::string_view currency, UnixMs now) {
    PaymentSums sums;
    const LocalTime today = to_local(now);
    for (std::size_t i = 0; i < PaymentSums::kMonths; ++i) {
        const int months = today.year * 12 + today.month - 1 - static_cast<int>(PaymentSums::kMonths - 1 - i);
        sums.months[i].year = months / 12;
        sums.months[i].month = months % 12 + 1;
    }
    const UnixMs midnight = start_of_day(now);
    for (const crm::Record& payment : payments.all()) {
        const crm::Fields& fields = payment.fields;
        const std::string_view status = fields.text(kStatus);
        const bool pending = status == "PENDING";
        if (!pending && status != "COMPLETED") continue;
        const std::string_view own = fields.text(kCurrency);
        if (!own.empty() && own != currency) {
            ++sums.other_currencies;
            continue;
        }
        const std::int64_t amount = fields.integer(kAmount);
        const bool out = fields.text(kDirection) == "OUT";
        if (pending) {
            const std::int64_t due = fields.integer(kDue);
            if (out || due == 0) continue;
            const std::int64_t days = due < midnight ? days_between(due, now) : -1;
            PaymentSums::Age& age = days < 0 ? sums.due_later
                                             : sums.late[static_cast<std::size_t>(days <= 30   ? 0
                                                                                  : days <= 60 ? 1
                                                                                  : days <= 90 ? 2
                                                                                               : 3)];
            age.amount += amount;
            ++age.count;
        } else if (const std::int64_t paid = fields.integer(kPaid); paid != 0) {
            const int ago = months_ago(paid, today);
            if (ago < 0 || ago >= static_cast<int>(PaymentSums::kMonths)) continue;
            PaymentSums::Month& month = sums.months[PaymentSums::kMonths - 1 - static_cast<std::size_t>(ago)];
            (out ? month.paid_out : month.received) += amount;
        }
    }
    return sums;
}

PaymentsPage::PaymentsPage(const Clock& clock) : records_(payments_page(clock)) {}

void PaymentsPage::update(const Desk& desk) {
    const client::Table& payments = desk.state.table(Model::payment);
    const std::int64_t day = start_of_day(desk.now());
    if (seen_ == payments.revision() && day_ == day && currency_ == desk.config.currency) return;
    seen_ = payments.revision();
    day_ = day;
    currency_ = desk.config.currency;
    sums_ = sum_payments(payments, currency_, desk.now());
}

void PaymentsPage::draw(Desk& desk) {
    const Theme& theme = desk.theme;
    update(desk);
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float gap = theme.px(12);
    const float height = theme.px(kChartHeight);
    const bool any = desk.state.table(Model::payment).size() > 0;
    const bool roomy = room.y - height - gap > theme.px(kTableLeast);
    const bool low = any && !roomy;
    const Shown shown = shown_;  // the switch is for the next frame
    if (!low || shown == Shown::table) draw_table(desk, room.y - (any && roomy ? height + gap : 0), low);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    if (any && roomy) {
        ImGui::SetCursorScreenPos({at.x, at.y + gap - ImGui::GetStyle().ItemSpacing.y});
        draw_charts(desk, room.x, height);
    } else if (low && shown != Shown::table) {
        const float head = theme.px(kHead);
        draw_switch(desk);
        text(theme, "Payments", Size::title, true);
        ImGui::SetCursorScreenPos({at.x, at.y + head});
        const float left = std::min(height, room.y - head);
        shown == Shown::charts ? draw_charts(desk, room.x, left) : draw_months(desk, room.x, left);
    }
}

void PaymentsPage::draw_table(Desk& desk, float height, bool with_switch) {
    // The head's button stands out of its line, and would be cut.
    const float above = desk.theme.px(4);
    const ImVec2 corner = ImGui::GetCursorScreenPos();
    ImGui::SetCursorScreenPos({corner.x, corner.y - above});
    ImGui::BeginChild("payments", {0, height + above}, ImGuiChildFlags_NavFlattened,
                      ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
    ImGui::SetCursorScreenPos(corner);
    records_.draw(desk);
    ImGui::SetCursorScreenPos(corner);
    if (with_switch) draw_switch(desk);
    ImGui::EndChild();
}

void PaymentsPage::draw_charts(const Desk& desk, float room, float height) {
    const float gap = desk.theme.px(12);
    const bool both = room > desk.theme.px(kSecondChartFrom);
    const float width = both ? std::floor((room - gap) / 2) : room;
    draw_ages(desk, width, height);
    if (!both) return;
    ImGui::SameLine(0, gap);
    draw_months(desk, room - gap - width, height);
}

/// Where there is no room for both, a button beside "New payment" shows the charts instead of the table. The cursor is
/// at the page's corner, and stays there.
void PaymentsPage::draw_switch(const Desk& desk) {
    const Theme& theme = desk.theme;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float room = ImGui::GetContentRegionAvail().x;
    const bool both = room > theme.px(kSecondChartFrom);
    const Shown next = shown_ == Shown::table             ? Shown::charts
                       : shown_ == Shown::charts && !both ? Shown::months
                                                          : Shown::table;
    const char* const label = next == Shown::charts   ? "Charts##payments"
                              : next == Shown::months ? "By month##payments"
                                                      : "Table##payments";
    const float width = theme.px(kSwitchWidth);
    const float new_payment = shown_ == Shown::table ? theme.px(kNewPaymentWidth) : 0.0F;
    ImGui::SetCursorScreenPos({at.x + room - new_payment - width, at.y - theme.px(2)});
    if (button(theme, label, ButtonKind::plain, nullptr, width)) {
        shown_ = next;
        records_.clear_selection();  // what one does not see must not be deleted
    }
    ImGui::SetCursorScreenPos(at);
}

namespace {

void begin_chart(const Theme& theme, const char* id, const char* title, const std::string& right, float width,
                 float height) {
    ImGui::PushStyleColor(ImGuiCol_ChildBg, theme.colors().surface);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(18), theme.px(14)});
    ImGui::BeginChild(id, {width, height}, ImGuiChildFlags_Borders | ImGuiChildFlags_NavFlattened,
                      ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
    ImGui::PopStyleVar();
    ImGui::PopStyleColor();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    theme.push(Size::small);
    const float right_width = measure(right).x;
    const float room = ImGui::GetContentRegionAvail().x;
    const float title_width = measure(title).x * 1.1F;
    if (right_width + title_width < room) draw_text({at.x + room - right_width, at.y}, theme.colors().muted, right);
    Theme::pop();
    text(theme, title, Size::body, true);
}

}  // namespace

void PaymentsPage::draw_ages(const Desk& desk, float width, float height) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    std::int64_t largest = 1;
    std::int64_t total = 0;
    for (const PaymentSums::Age& age : sums_.late) {
        largest = std::max(largest, age.amount);
        total += age.amount;
    }
    begin_chart(theme, "ages", "Overdue", total == 0 ? "Nothing is overdue" : round_money(total, currency_), width,
                height);
    const Tone* const tones[] = {&p.info, &p.warn, &p.warn, &p.danger};
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float room = ImGui::GetContentRegionAvail().x;
    const float label = theme.px(96);
    theme.push(Size::small);
    const float value = std::max(theme.px(70), measure(round_money(largest, currency_)).x + theme.px(12));
    for (std::size_t i = 0; i < PaymentSums::kAges; ++i) {
        const PaymentSums::Age& age = sums_.late[i];
        const float y = at.y + theme.px(4 + 26 * static_cast<float>(i));
        const float line = y + theme.px(2);
        draw_text({at.x, line}, p.muted, kAgeLabels[i]);
        const float from = at.x + label;
        const float to = at.x + room - value;
        const float part = static_cast<float>(static_cast<double>(age.amount) / static_cast<double>(largest));
        list->AddRectFilled({from, y + theme.px(3)}, {to, y + theme.px(15)}, p.neutral.soft, theme.px(6));
        if (age.amount > 0)
            list->AddRectFilled({from, y + theme.px(3)},
                                {from + std::max(theme.px(6), (to - from) * part), y + theme.px(15)}, tones[i]->strong,
                                theme.px(6));
        const std::string words = age.amount == 0 ? "—" : round_money(age.amount, currency_);
        draw_text({at.x + room - measure(words).x, line}, age.amount == 0 ? p.muted : p.text, words);
        ImGui::SetCursorScreenPos({at.x, y});
        ImGui::Dummy({room, theme.px(20)});
        tooltip(theme, count_text(age.count, "payment", "payments") + ", " + kAgeLabels[i] + " late");
    }
    Theme::pop();
    ImGui::EndChild();
}

void PaymentsPage::draw_months(const Desk& desk, float width, float height) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    std::int64_t largest = 1;
    for (const PaymentSums::Month& month : sums_.months) largest = std::max({largest, month.received, month.paid_out});
    const std::string note =
        sums_.other_currencies > 0
            ? count_text(sums_.other_currencies, "payment is", "payments are") + " not in " + currency_
            : "This month " + round_money(sums_.months.back().received, currency_);
    begin_chart(theme, "months", "Received by month", note, width, height);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float room = ImGui::GetContentRegionAvail().x;
    const float step = room / static_cast<float>(PaymentSums::kMonths);
    const float bottom = ImGui::GetWindowPos().y + height - theme.px(34);
    theme.push(Size::caption);
    const float figure = ImGui::GetFontSize();
    const float top = at.y + figure + theme.px(2);
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddLine({at.x, bottom}, {at.x + room, bottom}, p.border, theme.px(1));
    for (std::size_t i = 0; i < PaymentSums::kMonths; ++i) {
        const PaymentSums::Month& month = sums_.months[i];
        const float x = at.x + step * static_cast<float>(i);
        const float column = std::min(step * 0.5F, theme.px(44));
        const auto height_of = [&](std::int64_t amount) {
            const auto part = static_cast<float>(static_cast<double>(amount) / static_cast<double>(largest));
            return std::max(theme.px(2), (bottom - top) * part);
        };
        const auto bar = [&](std::int64_t amount, float left, float wide, ImU32 color) {
            if (amount <= 0) return;
            list->AddRectFilled({left, bottom - height_of(amount)}, {left + wide, bottom}, color, theme.px(3),
                                ImDrawFlags_RoundCornersTop);
        };
        const float middle = x + step / 2;
        const bool two = month.paid_out > 0;
        bar(month.received, middle - column / 2, two ? column * 0.6F : column, p.ok.strong);
        bar(month.paid_out, middle + column * 0.14F, column * 0.36F, p.faint);
        const std::string received = round_money(month.received, currency_);
        if (const float wide = measure(received).x; month.received > 0 && wide < step)
            draw_text({middle - wide / 2,
                       bottom - height_of(std::max(month.received, month.paid_out)) - figure - theme.px(1)},
                      p.text, received);
        const std::string name = kMonthNames[month.month - 1];
        draw_text({middle - measure(name).x / 2, bottom + theme.px(4)}, p.muted, name);
        ImGui::SetCursorScreenPos({x, at.y});
        ImGui::Dummy({step, bottom - at.y + theme.px(16)});
        std::string words = name + " " + std::to_string(month.year) + ": " + received + " received";
        if (two) words += ", " + round_money(month.paid_out, currency_) + " paid out";
        tooltip(theme, words);
    }
    Theme::pop();
    ImGui::EndChild();
}

}  // namespace ct::ui
