// What of a workspace a device keeps up to date: everything but the parts that its user left out.
//
// The main cursor stands for all but `left_out`. A part that is wanted again is fetched from the start, alone, with a
// cursor of its own (the catch-up), behind the main pull of each round. When the server has nothing more of it, at a
// moment when the main pull was through, it joins: what the main cursor brings again from before is known and does no
// harm. What is left out stays as it was here, and is not kept up; edits of it are sent as ever.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "crm/model.h"
#include "sync/wire.h"

namespace ct::sync {

/// A set of models, and of single fields of models.
class Parts {
  public:
    using Fields = std::uint32_t;  ///< a bit per FieldId

    /// "Payment" or "Lead.notes". INVALID_PART names what is no part, or cannot be left out: leads, on which the rest
    /// hangs, and fields without which a record is none.
    [[nodiscard]] Result<void> add(std::string_view place);
    /// As `text` wrote it; places that this version does not know are ignored.
    [[nodiscard]] static Parts read(std::string_view text);
    [[nodiscard]] std::string text() const;  ///< "Lead.notes,Payment"
    [[nodiscard]] std::vector<std::string> places() const;
    [[nodiscard]] bool empty() const { return *this == Parts{}; }

    [[nodiscard]] bool whole(crm::Model model) const { return at(model).whole; }
    [[nodiscard]] Fields fields(crm::Model model) const { return at(model).fields; }
    [[nodiscard]] bool has(crm::Model model, crm::FieldId field) const { return (at(model).fields >> field & 1U) != 0; }
    [[nodiscard]] bool any(crm::Model model) const { return at(model) != Entry{}; }
    void set_whole(crm::Model model, bool whole) { at(model).whole = whole; }
    void set_fields(crm::Model model, Fields fields) { at(model).fields = fields; }

    bool operator==(const Parts&) const = default;

  private:
    struct Entry {
        bool whole = false;
        Fields fields = 0;
        bool operator==(const Entry&) const = default;
    };
    [[nodiscard]] const Entry& at(crm::Model model) const { return entries_[static_cast<std::size_t>(model)]; }
    [[nodiscard]] Entry& at(crm::Model model) { return entries_[static_cast<std::size_t>(model)]; }

    std::array<Entry, crm::kModelCount> entries_{};
};

/// What a pull asks for, as PullRequest has it.
struct Scope {
    std::vector<crm::Model> models;  ///< empty: all
    std::vector<std::pair<crm::Model, std::vector<std::string>>> exclude;

    bool operator==(const Scope&) const = default;
};

struct Selection {
    Parts left_out;                     ///< what the main cursor does not stand for
    Parts catching_up;                  ///< of it: what is being fetched
    std::optional<std::string> cursor;  ///< of the catch-up; nothing: it begins
    /// Models that were left out when the server turned out to be another incarnation of itself (a restored backup):
    /// what is here of them was never compared with what that has, and is offered back once they are wanted again.
    Parts uncompared;

    /// What the user left out is now `wanted`. `fresh`: the main pull begins anew, and brings all that is wanted.
    void choose(const Parts& wanted, bool fresh);
    /// The server is another incarnation from now on.
    void other_epoch();
    /// A pull from the start of all but these has come to its end.
    void compared_all_but(const Parts& these);
    /// What was being fetched is here, and followed from now on; what is wanted and missing still is next.
    void join(const Parts& wanted);

    [[nodiscard]] Scope scope() const;           ///< of the main pull
    [[nodiscard]] Scope catch_up_scope() const;  ///< of the catch-up, while there is one

    bool operator==(const Selection&) const = default;

  private:
    void begin_missing(const Parts& wanted);
};

/// Whether this page of a catch-up is its last. One with rows may be a lagging copy's: an empty one never is.
[[nodiscard]] inline bool closes_catch_up(const PullPage& page) { return !page.has_more && page.rows.empty(); }

}  // namespace ct::sync
