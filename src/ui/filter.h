// What is typed into the filter field, understood: words, and conditions on fields ("status:FOLLOW_UP amount>50000
// due<7d tag:HOT -city:Pune"). The fields and what their values may be come from the field table.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/state.h"

namespace ct::ui {

/// A field, one of : = != < <= > >=, and a value; in front of it - for "not". Several values are separated by commas.
///
/// | type                | : and =                                               | < > <= >=                    |
/// | text, phone, e-mail | contains; = is the whole; nothing: has none; *: any   |                              |
/// | choice, flag        | the value's name, or how it begins                    | earlier or later in the list |
/// | labels              | has a label that begins so                            |                              |
/// | reference           | the lead's name contains; the person's, or "me"       |                              |
/// | money               | in the record's own currency; 50k, 2.5L, 1cr          | as numbers                   |
/// | instant             | a day: 2026-11-23, today, 7d (in seven days), -7d     | before, after that day       |
///
/// Beside the model's fields there are `changed` and `created` (7d is seven days ago), `sync`, and for leads `due`: the
/// first of their open reminders and payments that are due.
class Filter {
  public:
    /// Never fails: what is not understood is told by `problem`, and the rest holds.
    [[nodiscard]] static Filter parse(crm::Model model, std::string_view typed, UnixMs now);

    Filter();
    Filter(Filter&&) noexcept;
    Filter& operator=(Filter&&) noexcept;
    ~Filter();

    [[nodiscard]] bool matches(const client::State& state, const crm::Record& record) const;
    [[nodiscard]] bool empty() const { return words_.empty() && conditions_.empty(); }  ///< all matches
    [[nodiscard]] const std::vector<std::string>& words() const { return words_; }      ///< folded; for Query
    [[nodiscard]] const std::string& conditions() const { return conditions_; }  ///< as typed; two of one text are one
    [[nodiscard]] const std::string& in_words() const { return in_words_; }  ///< "Status is Follow up, not City Pune"
    [[nodiscard]] const std::string& problem() const { return problem_; }    ///< empty: everything was understood
    [[nodiscard]] bool looks_at_people() const;                              ///< who is known by which name may matter
    [[nodiscard]] bool looks_at_children() const;  ///< of leads: a change of a reminder or a payment may matter

  private:
    struct Condition;
    struct Reader;
    std::vector<std::unique_ptr<const Condition>> all_;
    std::vector<std::string> words_;
    std::string conditions_, in_words_, problem_;
    bool looks_at_people_ = false;
};

}  // namespace ct::ui
