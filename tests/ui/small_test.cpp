// The smallest windows and the largest letters: all is still there, and nothing lies over another.
#include <doctest/doctest.h>
#include <imgui_internal.h>

#include <algorithm>
#include <functional>

#include "crm/tables.h"
#include "driver.h"

using namespace ct;
using namespace ct::test;

namespace {

struct Window {
    float scale;
    ImVec2 size;
};
constexpr Window kWindows[] = {{1.0F, {1024, 640}}, {1.0F, {720, 480}},  {2.0F, {1600, 1000}},
                               {2.0F, {1024, 640}}, {3.0F, {1280, 800}}, {1.0F, {1440, 900}}};

/// What must hold in every window.
void in_each_window(const std::function<void(Driver&, const Window&)>& look) {
    for (const Window& window : kWindows) {
        CAPTURE(window.scale);
        CAPTURE(window.size.x);
        CAPTURE(window.size.y);
        client::Config config;
        config.scale = window.scale;
        Driver ui(config, window.size);
        look(ui, window);
    }
}

}  // namespace

TEST_CASE("small: all pages stand in the navigation, one below the other") {
    in_each_window([](Driver& ui, const Window& window) {
        float below = 0;
        for (const char* label :
             {"Today", "Leads", "Pipeline", "Payments", "Reminders", "Conflicts", "Activity", "Settings"}) {
            CAPTURE(label);
            const Item item = ui.find(label, "navigation");
            CHECK(item.min.y >= below);
            CHECK(item.max.y - item.min.y >= 20 * window.scale);
            CHECK(item.max.y <= window.size.y);
            below = item.max.y;
        }
    });
}

TEST_CASE("small: the drawer's form has room, whatever stands above it") {
    in_each_window([](Driver& ui, const Window& window) {
        crm::Record one = lead(1, "Asha Rao");
        put(one, "email", "asha@example.org");
        ui.load({one});
        ui.app->desk().page = ui::Page::leads;
        ui.app->desk().open(crm::Model::lead, one.id);
        ui.frames(4);
        CHECK(ui.there("Save"));
        // The field that the keyboard is on is scrolled to.
        ui.tab_to("Company");
        ui.frames(3);
        const Item field = ui.find("Company", "drawer body");
        CHECK(field.max.y - field.min.y >= 20 * window.scale);
    });
}

TEST_CASE("small: a record that covers the page makes room when another page or a search is asked for") {
    Driver ui({}, {1024, 640});
    ui.load({lead(1, "Asha Rao"), lead(2, "Bo Berg")});
    ui.app->desk().page = ui::Page::leads;
    ui.app->desk().open(crm::Model::lead, lead(1, "").id);
    ui.frames(4);
    ui.type("City", "Goa");
    const auto& drawer = ui.app->shell().drawer();
    SUBCASE("a page") {
        ui.click("Pipeline", "navigation");
        ui.frames(3);
        CHECK_FALSE(drawer.open());
    }
    SUBCASE("by its key") {
        ui.key(ImGuiKey_4, ImGuiMod_Ctrl);
        ui.frames(3);
        CHECK_FALSE(drawer.open());
    }
    SUBCASE("a search") {
        ui.type("Search", "Bo");
        ui.frames(3);
        CHECK_FALSE(drawer.open());
        CHECK(ui.shows("Bo Berg"));
    }
    CHECK(ui.shows("Unsaved changes to Asha Rao set aside"));
}

TEST_CASE("small: where there is room for both, the record stays beside another page") {
    Driver ui({}, {1440, 900});
    ui.load({lead(1, "Asha Rao")});
    ui.app->desk().open(crm::Model::lead, lead(1, "").id);
    ui.frames(4);
    ui.click("Pipeline", "navigation");
    ui.frames(3);
    CHECK(ui.app->shell().drawer().open());
}

TEST_CASE("small: all tabs of the inspector are in sight, none over another") {
    in_each_window([](Driver& ui, const Window& window) {
        ui.key(ImGuiKey_F12);
        Item before;
        for (const char* label :
             {"Overview", "Queue", "Requests", "Threads", "Records", "Decisions", "Log", "SQL", "Link and export"}) {
            CAPTURE(label);
            const Item tab = ui.find(label);
            CHECK(tab.max.x <= window.size.x);
            CHECK((tab.min.x >= before.max.x - 1 || tab.min.y >= before.max.y - 1));
            before = tab;
        }
        ui.click("SQL");
        CHECK(ui.there("Query"));
    });
}

TEST_CASE("small: payments in the largest letters do not scroll sideways, and say when each is due") {
    client::Config config;
    config.scale = 2;
    Driver ui(config, {1024, 640});
    std::vector<crm::Record> records{lead(1, "Wanjiku Kamau")};
    for (std::uint64_t i = 0; i < 20; ++i) {
        crm::Record payment;
        payment.id = id_of(10 + i);
        payment.model = crm::Model::payment;
        put(payment, "leadId", lead(1, "").id.str());
        put(payment, "status", "PENDING");
        put(payment, "currency", "INR");
        payment.fields.set(crm::field_id(crm::Model::payment, "amount"), std::int64_t{66'250'00});
        payment.fields.set(crm::field_id(crm::Model::payment, "dueDate"), TestClock::kStart - 86'400'000);
        records.push_back(std::move(payment));
    }
    ui.load(std::move(records));
    ui.app->desk().page = ui::Page::payments;
    ui.frames(5);
    REQUIRE(ui.column_width("Due") > 0);
    const auto& windows = GImGui->Windows;
    const auto* const table = std::find_if(windows.begin(), windows.end(), [](const ImGuiWindow* window) {
        return window->Active && std::string_view(window->Name).find("table card") != std::string_view::npos &&
               std::string_view(window->Name).find("records") != std::string_view::npos;
    });
    REQUIRE(table != windows.end());
    CHECK((*table)->ScrollbarY);
    CHECK_FALSE((*table)->ScrollbarX);
}

TEST_CASE("small: the bar that tells of a simulated link lies over nothing") {
    in_each_window([](Driver& ui, const Window& window) {
        const auto lowest = [&] {
            float y = 0;
            for (const Item& item : ui.controls()) y = std::max(y, item.max.y);
            return y;
        };
        client::SyncView view;
        view.simulated_link = "offline";
        ui.show_sync(view);
        ui.frames(3);
        const float bar = ImGui::GetMainViewport()->Size.y - ImGui::GetMainViewport()->WorkSize.y;
        CHECK(bar > 12 * window.scale);
        CHECK(lowest() <= window.size.y - bar);
        for (const bool inspector : {true, false}) {
            ui.key(ImGuiKey_F12);
            ui.frames(3);
            CHECK(ui.app->inspector().is_open() == inspector);
            CHECK(lowest() <= window.size.y - bar);
        }
        ui.show_sync({});
        ui.frames(3);
        CHECK(ImGui::GetMainViewport()->WorkSize.y == window.size.y);
    });
}
