// Leads that may be the same customer: the same telephone number, e-mail address, or name and company. A hint, never a
// rule: two laptops without a connection must both be able to save.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ui/desk.h"

namespace ct::ui {

enum class Likeness : std::uint8_t { phone, email, name };
[[nodiscard]] const char* words_of(Likeness likeness);  ///< "the same phone number"

/// Whom the lead that is being typed may be. Looks through the leads over several frames.
class LeadsAlike {
  public:
    struct Typed {
        std::string name, company, phone, email;
        Uuid except;  ///< itself
        bool operator==(const Typed&) const = default;
    };
    /// Once per frame; begins anew when something else is typed.
    void update(Desk& desk, const Typed& typed);
    [[nodiscard]] const std::vector<std::pair<Uuid, Likeness>>& found() const { return found_; }

  private:
    Typed typed_;                                 // as given
    std::string phone_, email_, name_, company_;  // as compared
    std::uint64_t revision_ = 0;
    std::size_t next_ = 0;  // row
    std::vector<std::pair<Uuid, Likeness>> found_;
};

/// All pairs of leads that have something in common, found over several frames.
class DuplicateSearch {
  public:
    struct Pair {
        Uuid one, other;  ///< `one` is the older
        Likeness likeness = Likeness::phone;
    };
    void begin(const Desk& desk);
    void go_on(Desk& desk);
    [[nodiscard]] bool done() const { return done_; }
    [[nodiscard]] const std::vector<Pair>& pairs() const { return pairs_; }

  private:
    struct Key {
        std::uint64_t hash;
        std::uint32_t row;
        Likeness likeness;
    };
    void pair_up(const Desk& desk);

    std::vector<Key> keys_;
    std::vector<Pair> pairs_;
    std::uint64_t revision_ = 0;
    std::size_t next_ = 0;
    bool done_ = true;
};

}  // namespace ct::ui
