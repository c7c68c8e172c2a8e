// Users of the workspace on the screen: their names in place of ids, and the list from which one is picked.
#pragma once

#include <string>
#include <string_view>

#include "ui/desk.h"

namespace ct::ui {

/// "Asha", "Asha (no longer here)", "Unknown person"; empty for an empty id.
[[nodiscard]] std::string person_text(const client::State& state, std::string_view id);
/// The same, for what is drawn: where nobody is known by that id, the server is asked who there is.
[[nodiscard]] std::string person_shown(Desk& desk, std::string_view id);
/// Who did something elsewhere: "Asha", "you, on another device", "somebody else" where that is not told.
[[nodiscard]] std::string other_text(const client::State& state, std::string_view id);
/// Folded, to search and sort by; empty: nobody that is known.
[[nodiscard]] std::string person_key(const client::State& state, std::string_view id);
/// Who is signed in; empty: nobody ever was.
[[nodiscard]] std::string_view my_id(const client::State& state);

/// As value_text, with people by their names.
[[nodiscard]] std::string field_text(const client::State& state, crm::Model model, crm::FieldId field,
                                     const crm::ValueView& value, std::string_view currency);

/// In an open popup: a search field, "Me", "Nobody", and everybody who is here. True when one was picked: then `id` is
/// theirs, or empty. `typed` is what is searched for. An EMPLOYEE is told what giving a lead away means.
bool draw_people(Desk& desk, const crm::FieldDef& def, std::string& id, std::string& typed, float width);
/// A closed list that opens on them.
bool person_dropdown(Desk& desk, const crm::FieldDef& def, const char* label, std::string& id, std::string& typed,
                     float width);

/// What a lead's new owner means for who hands it over; empty: nothing that they would not expect. `before`: as saved.
[[nodiscard]] std::string hand_over_hint(const client::State& state, std::string_view before, std::string_view owner);

}  // namespace ct::ui
