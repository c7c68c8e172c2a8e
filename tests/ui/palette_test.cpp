// Ctrl+K and the sheet of keys.
#include <doctest/doctest.h>

#include "driver.h"

using namespace ct;
using namespace ct::test;

namespace {

void search_for(Driver& ui, const char* words) {
    ui.key(ImGuiKey_K, ImGuiMod_Ctrl);
    ui.frames(3);
    ImGui::GetIO().AddInputCharactersUTF8(words);
    ui.frames(4);
}

}  // namespace

TEST_CASE("a command is found by a few letters and carried out with Enter") {
    Driver ui;
    search_for(ui, "syn no");
    CHECK(ui.there("Sync now##palette"));
    CHECK_FALSE(ui.there("New lead##palette"));
    ui.key(ImGuiKey_Enter);
    CHECK(ui.posted<client::SyncNow>().size() == 1);
    CHECK_FALSE(ui.there("Sync now##palette"));
}

TEST_CASE("a lead is found whatever its accents, and opened") {
    Driver ui;
    ui.load({lead(1, "Asha Rao"), lead(2, "Zoë Khan")});
    search_for(ui, "zoe");
    CHECK(ui.there("Zoë Khan##palette"));
    CHECK_FALSE(ui.there("Asha Rao##palette"));
    ui.key(ImGuiKey_Enter);
    ui.frames(3);
    CHECK(ui.there("Save"));
    CHECK(ui.app->desk().shown_id == lead(2, "").id);
}

TEST_CASE("the arrows choose, and Esc leaves everything as it was") {
    Driver ui;
    search_for(ui, "go to");
    ui.key(ImGuiKey_DownArrow);
    ui.key(ImGuiKey_Enter);
    CHECK(ui.app->desk().page == ui::Page::leads);
    search_for(ui, "settings");
    ui.key(ImGuiKey_Escape);
    ui.frames(3);
    CHECK(ui.app->desk().page == ui::Page::leads);
    CHECK_FALSE(ui.there("Go to Settings##palette"));
}

TEST_CASE("a question mark shows all keys, but not in a field") {
    Driver ui;
    ImGui::GetIO().AddInputCharacter('?');
    ui.frames(3);
    CHECK(ui.shows("Ctrl+Enter"));
    ui.key(ImGuiKey_Escape);
    ui.frames(3);
    CHECK_FALSE(ui.shows("Ctrl+Enter"));
    ui.key(ImGuiKey_F, ImGuiMod_Ctrl);
    ui.frames(2);
    ImGui::GetIO().AddInputCharacter('?');
    ui.frames(3);
    CHECK_FALSE(ui.shows("Ctrl+Enter"));
}
