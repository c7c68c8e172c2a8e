// What `list` shows: which records, in which order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/names.h"
#include "crm/record.h"

namespace ct::cli {

/// All conditions at once: every --where, and every word of --search in some text of the record.
class Filter {
  public:
    [[nodiscard]] static Result<Filter> parse(crm::Model model, const Options& options);
    [[nodiscard]] bool matches(const crm::Record& record) const;

  private:
    struct Condition {
        Column column;
        std::string text;  ///< what a column's value is compared with, in its comparable form
        bool whole_day = false;
    };
    [[nodiscard]] static Result<Condition> parse_condition(crm::Model model, std::string_view text);
    [[nodiscard]] static bool holds(const crm::Record& record, const Condition& condition);

    std::vector<Condition> conditions_;
    std::vector<std::string> words_;  // folded
};

class Order {
  public:
    /// "name", "-amount" (falling). Empty: as the store has it, newest first.
    [[nodiscard]] static Result<Order> parse(crm::Model model, std::string_view text);
    /// Records without the value come last either way; equal ones keep their order.
    void sort(std::vector<crm::Record>& records) const;

  private:
    std::optional<Column> column_;
    bool falling_ = false;
};

}  // namespace ct::cli
