#include "ui/people.h"

#include <map>

#include "base/utf8.h"
#include "ui/format.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

constexpr const char* kUnknown = "Unknown person";

/// The name alone; empty: nobody known. One's own is known before the list is.
std::string_view name_of(const client::State& state, std::string_view id) {
    if (const sync::Person* person = state.people().find(id)) return person->name;
    const client::SyncView& sync = state.sync();
    return !id.empty() && id == sync.user_id ? std::string_view(sync.user_name) : std::string_view{};
}

/// How many of those who are here have one name, by that name folded.
std::map<std::string, int> namesakes(const sync::People& people) {
    std::map<std::string, int> count;
    for (const sync::Person& person : people) {
        if (!person.disabled) ++count[fold(person.name)];
    }
    return count;
}

/// Where two have one name, what tells them apart.
std::string item_text(const sync::Person& person, bool has_namesake) {
    if (!has_namesake) return person.name;
    return person.name + " · " + (person.email.empty() ? words_of_choice(person.role) : person.email);
}

bool loses_sight(const client::State& state) {
    const sync::Person* myself = state.people().find(my_id(state));
    return (myself != nullptr ? myself->role : state.sync().user_role) == "EMPLOYEE";
}

const char* why_nobody(const client::SyncView& sync) {
    const bool signed_out =
        sync.indicator == client::Indicator::local_only || sync.indicator == client::Indicator::signed_out;
    return signed_out
               ? "Sign in to hand leads over to colleagues"
               : "Your colleagues' names come with the next sync. If they do not, the server is an older one: ask "
                 "whoever looks after it to update it";
}

void hint(const Theme& theme, const char* words, ImU32 color, float width) {
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + width);
    paragraph(theme, words, color, Size::small);
    ImGui::PopTextWrapPos();
}

}  // namespace

std::string_view my_id(const client::State& state) {
    const std::string& id = state.sync().user_id;
    return Uuid::parse(id) ? std::string_view(id) : std::string_view{};
}

std::string person_text(const client::State& state, std::string_view id) {
    if (id.empty()) return {};
    const std::string_view name = name_of(state, id);
    if (name.empty()) return kUnknown;
    const sync::Person* person = state.people().find(id);
    return std::string(name) + (person != nullptr && person->disabled ? " (no longer here)" : "");
}

std::string other_text(const client::State& state, std::string_view id) {
    if (!id.empty() && id == my_id(state)) return "you, on another device";
    return state.people().find(id) == nullptr ? "somebody else" : person_text(state, id);
}

std::string person_shown(Desk& desk, std::string_view id) {
    if (!id.empty() && name_of(desk.state, id).empty()) desk.unknown_person = true;
    return person_text(desk.state, id);
}

std::string person_key(const client::State& state, std::string_view id) { return fold(name_of(state, id)); }

std::string field_text(const client::State& state, crm::Model model, crm::FieldId field, const crm::ValueView& value,
                       std::string_view currency) {
    const auto* id = std::get_if<std::string_view>(&value);
    if (id != nullptr && !id->empty() && crm::def(model, field).names_person()) return person_text(state, *id);
    return value_text(model, field, value, currency);
}

bool draw_people(Desk& desk, const crm::FieldDef& def, std::string& id, std::string& typed, float width) {
    const Theme& theme = desk.theme;
    if (ImGui::IsWindowAppearing()) {
        typed.clear();
        ImGui::SetKeyboardFocusHere();
        desk.post(client::AskPeople{});
    }
    search_field(theme, "##Find a person", "Name", typed, width);
    if (def.name == "ownerId" && loses_sight(desk.state)) {
        hint(theme, "A lead that is not yours you will not see any more", theme.colors().warn.strong, width);
    }
    const std::string wanted = fold(trim(typed));
    bool picked = false;
    const auto offer = [&](std::string_view person, const std::string& words) {
        ImGui::PushID(person.data(), person.data() + person.size());
        const bool pressed = menu_item(theme, words.c_str(), nullptr, id == person);
        ImGui::PopID();
        if (!pressed) return;
        id = person;
        picked = true;
    };
    const std::string_view me = my_id(desk.state);
    if (wanted.empty()) {
        const std::string_view name = name_of(desk.state, me);
        if (!me.empty()) offer(me, name.empty() ? "Me" : "Me (" + std::string(name) + ")");
        offer("", "Nobody");
    }
    const sync::People& people = desk.state.people().all();
    const std::map<std::string, int> named = namesakes(people);
    bool any = false, others = false;
    for (const sync::Person& person : people) {
        if (person.disabled || (wanted.empty() && person.id == me)) continue;
        others = others || person.id != me;
        if (fold(person.name + "\n" + person.email).find(wanted) == std::string::npos) continue;
        any = true;
        offer(person.id, item_text(person, named.at(fold(person.name)) > 1));
    }
    const Palette& p = theme.colors();
    if (!desk.state.people().known()) {
        hint(theme, why_nobody(desk.state.sync()), p.muted, width);
    } else if (!any) {
        text(theme, wanted.empty() && !others ? "Nobody else is in this workspace" : "Nobody is called that", p.muted,
             Size::small);
    }
    return picked;
}

bool person_dropdown(Desk& desk, const crm::FieldDef& def, const char* label, std::string& id, std::string& typed,
                     float width) {
    const std::string current = id.empty() ? std::string("Nobody") : person_shown(desk, id);
    return dropdown(
        desk.theme, label, current, width, [&] { return draw_people(desk, def, id, typed, width - desk.theme.px(14)); },
        id.empty());
}

std::string hand_over_hint(const client::State& state, std::string_view before, std::string_view owner) {
    const std::string_view me = my_id(state);
    if (owner == before || owner == me || me.empty() || !loses_sight(state)) return {};
    return "Once this is sent you will not see the lead any more: it will be " +
           (owner.empty() ? std::string("nobody's") : person_text(state, owner) + "'s");
}

}  // namespace ct::ui
