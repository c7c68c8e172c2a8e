// A form made from a model's field table: what is typed, what is wrong with it, and the changes that it means. Typed
// text is kept as it is until it is saved, also when the record changes underneath or a save fails.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ui/desk.h"
#include "ui/lead_search.h"

namespace ct::ui {

/// The lead that a record belongs to is found by typing; matches are looked up when the text changes, over as many
/// frames as it takes.
struct LeadPicker {
    std::string typed;
    std::string matched_for = "\n";  ///< never typed: the first look-up is always made
    std::uint64_t revision = 0;
    LeadSearch search;
    std::size_t next = 0;  ///< the row where it goes on
    std::vector<Uuid> matches;
};

class Form {
  public:
    /// For a record that exists.
    Form(const crm::Record& record);
    /// For a new one: fallbacks of the table, defaults of the profile, then `preset`.
    Form(crm::Model model, const crm::Changes& preset, const client::Config& config);

    /// Takes over values that changed elsewhere. Where somebody has typed, lines and labels are joined; another value
    /// stays as typed, and theirs is shown beside it.
    void refresh(const crm::Record& record);
    /// What refresh found, in words; empty: nothing since it was read.
    [[nodiscard]] std::string news() const;
    void news_read() { taken_over_.clear(); }
    void draw(Desk& desk);
    [[nodiscard]] bool dirty() const;
    [[nodiscard]] bool is_new() const { return is_new_; }
    [[nodiscard]] crm::Model model() const { return model_; }
    [[nodiscard]] std::string_view text_of(std::string_view name) const;  ///< as typed

    /// One field's unsaved text, to be kept outside.
    struct Typed {
        std::string field, text, extra;
        std::string original;  ///< what the record had
    };
    [[nodiscard]] std::vector<Typed> typed() const;
    void put(const Typed& typed);            ///< names that no field has are passed over
    [[nodiscard]] std::string name() const;  ///< what is typed as the title, or "New lead"

    /// The changes to save; nothing when a field is wrong, which is then marked.
    [[nodiscard]] std::optional<crm::Changes> collect(const Desk& desk);
    void show_error(const Error& error);
    void mark_saved();                             ///< what is typed is what the record has
    void mark_unsaved(const crm::Record* record);  ///< it has not: null, there is no record
    void focus_first() { focus_first_ = true; }

  private:
    struct Entry {
        std::string text;      ///< as the widget shows it
        std::string original;  ///< as the record has it
        std::string extra;     ///< of labels: the one being typed
        std::string error;
        bool clash = false;   ///< `original` came from elsewhere while something else was typed
        bool reload = false;  ///< `text` was changed under the cursor, perhaps: the widget has a copy of its own
    };
    struct Place {
        ImVec2 at;
        float width;
    };
    void draw_row(Desk& desk, const std::vector<crm::FieldId>& row);
    void draw_field(Desk& desk, crm::FieldId field, float width);
    void draw_widget(Desk& desk, crm::FieldId field, float width);
    void draw_note(Desk& desk, crm::FieldId field, float width);
    void draw_clash(const Desk& desk, crm::FieldId field);
    void draw_choice(Desk& desk, crm::FieldId field, float width);
    void draw_currency(Desk& desk, crm::FieldId field, float width);
    void draw_date(Desk& desk, crm::FieldId field, float width);
    void draw_labels(Desk& desk, crm::FieldId field, float width);
    void draw_lead(Desk& desk, crm::FieldId field, float width);
    void draw_person(Desk& desk, crm::FieldId field, float width);
    [[nodiscard]] std::string hint_beneath(const Desk& desk, crm::FieldId field) const;
    void draw_refund(Desk& desk);
    void find_leads(Desk& desk);
    void add_typed_label(Entry& entry);
    [[nodiscard]] bool shown(crm::FieldId field) const;
    [[nodiscard]] bool changed(crm::FieldId field) const;
    [[nodiscard]] Result<crm::Value> value_of(crm::FieldId field, UnixMs now) const;
    [[nodiscard]] const crm::FieldDef& def(crm::FieldId field) const { return crm::def(model_, field); }

    crm::Model model_;
    bool is_new_;
    bool focus_first_ = false;
    std::optional<crm::FieldId> focus_;     ///< to be given the keyboard: the first wrong field
    std::vector<Entry> entries_;            ///< by field
    std::vector<crm::FieldId> taken_over_;  ///< from elsewhere, since that was read
    LeadPicker picker_;
    std::string sought_person_;  // typed to find somebody; nothing that could be left unsaved
};

/// What was typed for a field, as a value: money in `currency`, dates as parse_date_input takes them. Empty text is
/// absent. Errors are those of the field's validation.
[[nodiscard]] Result<crm::Value> typed_value(crm::Model model, crm::FieldId field, std::string_view text,
                                             std::string_view currency, UnixMs now);

/// A value as one types it: the inverse of typed_value.
[[nodiscard]] std::string typed_text(crm::Model model, crm::FieldId field, crm::ValueView value,
                                     std::string_view currency);

/// The fields of a model as the form lays them out: rows of one or two. Fields that the layout does not name come last,
/// so that a new line in the field table is on the screen without a word here.
[[nodiscard]] std::vector<std::vector<crm::FieldId>> form_layout(crm::Model model);

}  // namespace ct::ui
