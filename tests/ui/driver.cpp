#include "driver.h"

#include <doctest/doctest.h>
#include <imgui_internal.h>

#include <algorithm>
#include <unordered_map>

#include "crm/validate.h"

namespace {

struct Seen {
    ct::test::Item item;
    int flags = 0;
    int item_flags = 0;
};
std::unordered_map<ImGuiID, Seen> seen_items;  // of the frame under way, or the last one

}  // namespace

// The hooks that ImGui calls for every item when it is built with IMGUI_ENABLE_TEST_ENGINE.
void ImGuiTestEngineHook_ItemAdd(ImGuiContext* context, ImGuiID id, const ImRect& box, const ImGuiLastItemData* data) {
    if (id == 0) return;
    Seen& seen = seen_items[id];
    seen.item.id = id;
    // The part that can be clicked: what is scrolled out of a child cannot.
    ImRect clipped = box;
    if (context->CurrentWindow != nullptr) clipped.ClipWith(context->CurrentWindow->ClipRect);
    seen.item.min = clipped.Min;
    seen.item.max = clipped.Max;
    seen.item.window = context->CurrentWindow != nullptr ? context->CurrentWindow->Name : "";
    seen.item.window_id = context->CurrentWindow != nullptr ? context->CurrentWindow->ID : 0;
    if (data != nullptr) seen.item_flags = data->ItemFlags;
}
void ImGuiTestEngineHook_ItemInfo(ImGuiContext*, ImGuiID id, const char* label, ImGuiItemStatusFlags flags) {
    Seen& seen = seen_items[id];
    seen.item.full = label == nullptr ? "" : label;
    seen.flags |= flags;
}
void ImGuiTestEngineHook_Log(ImGuiContext*, const char*, ...) {}
const char* ImGuiTestEngine_FindItemDebugLabel(ImGuiContext*, ImGuiID id) {
    const auto at = seen_items.find(id);
    return at == seen_items.end() ? nullptr : at->second.item.full.c_str();
}

namespace ct::test {
namespace {

std::string shown_part(const std::string& full) {
    if (full.starts_with("##")) return full.substr(2);
    return full.substr(0, full.find("##"));
}

void acknowledge_textures() {
    for (ImTextureData* texture : ImGui::GetPlatformIO().Textures) {
        if (texture->Status == ImTextureStatus_WantDestroy) {
            texture->SetTexID(ImTextureID_Invalid);
            texture->SetStatus(ImTextureStatus_Destroyed);
        } else if (texture->Status != ImTextureStatus_OK && texture->Status != ImTextureStatus_Destroyed) {
            texture->SetTexID(1);
            texture->SetStatus(ImTextureStatus_OK);
        }
    }
}

std::vector<Item> matching(std::string_view label, std::string_view window) {
    std::vector<Item> found;
    for (const auto& [id, seen] : seen_items) {
        const std::string shown = shown_part(seen.item.full);
        const std::size_t hidden = seen.item.full.find("##");
        const bool same = shown == label || seen.item.full == label ||
                          (hidden != std::string::npos && std::string_view(seen.item.full).substr(hidden + 2) == label);
        const bool visible = (seen.flags & ImGuiItemStatusFlags_Visible) != 0 && seen.item.max.x > seen.item.min.x &&
                             seen.item.max.y > seen.item.min.y;
        if (!same || !visible || seen.item.window.find(window) == std::string::npos) continue;
        found.push_back(seen.item);
        found.back().label = shown;
        found.back().disabled = (seen.item_flags & ImGuiItemFlags_Disabled) != 0;
    }
    return found;
}

}  // namespace

Driver::Driver(client::Config config, ImVec2 size, std::optional<bool> dark_in_this_run,
               std::map<std::string, std::string> kept_before)
    : kept(std::move(kept_before)) {
    ImGui::CreateContext();
    ImGui::GetCurrentContext()->TestEngineHookItems = true;
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = size;
    io.DeltaTime = 1.0F / 60.0F;
    io.BackendFlags |= ImGuiBackendFlags_RendererHasTextures | ImGuiBackendFlags_RendererHasVtxOffset;
    io.ConfigErrorRecoveryEnableAssert = true;
    ui::AppOptions options;
    options.config = std::move(config);
    options.dark_in_this_run = dark_in_this_run;
    options.clock = &clock;
    options.random = &random;
    options.post = [this](client::Command command) { commands.push_back(std::move(command)); };
    options.save_config = [this](const client::Config& changed) {
        saved_configs.push_back(changed);
        return Result<void>{};
    };
    options.save_document = [this](const std::string& name, const std::string& content) -> Result<std::string> {
        documents.emplace_back(name, content);
        return "/documents/" + name;
    };
    options.keep = [this](const std::string& name, const std::string& content) {
        kept[name] = content;
        return Result<void>{};
    };
    options.kept = [this](const std::string& name) { return kept.contains(name) ? kept[name] : std::string{}; };
    options.open_url = [this](const std::string& url) { opened.push_back(url); };
    options.notify = [this](const std::string& title, const std::string& words) {
        notified.emplace_back(title, words);
    };
    options.restore = [this](const std::string& file, const std::string& passphrase) {
        restore_asked = {file, passphrase};
    };
    app = std::make_unique<ui::App>(std::move(options));
    send(client::LoadDone{});
    frames(2);
}

Driver::~Driver() {
    app.reset();
    for (ImTextureData* texture : ImGui::GetPlatformIO().Textures) {
        texture->SetTexID(ImTextureID_Invalid);
        texture->SetStatus(ImTextureStatus_Destroyed);
    }
    ImGui::DestroyContext();
    seen_items.clear();
}

void Driver::frames(int count, bool log) {
    for (int i = 0; i < count; ++i) {
        seen_items.clear();
        ImGui::NewFrame();
        // Only where the text is wanted: while ImGui logs, it draws all rows of a table.
        if (log) ImGui::LogToBuffer();
        app->frame();
        if (log) {
            screen_ = ImGui::GetCurrentContext()->LogBuffer.c_str();
            ImGui::LogFinish();
        }
        ImGui::Render();
        acknowledge_textures();
        clock.wall += 16;
    }
}

Item Driver::find(std::string_view label, std::string_view window) {
    frames(2);
    const std::vector<Item> found = matching(label, window);
    REQUIRE_MESSAGE(!found.empty(), "no item \"", std::string(label), "\"");
    REQUIRE_MESSAGE(found.size() == 1, "several items \"", std::string(label), "\"");
    return found.front();
}

bool Driver::there(std::string_view label, std::string_view window) { return !matching(label, window).empty(); }

std::vector<Item> Driver::controls() {
    frames(2);
    std::vector<Item> found;
    for (const auto& [id, seen] : seen_items) {
        const bool visible = (seen.flags & ImGuiItemStatusFlags_Visible) != 0 && seen.item.max.x > seen.item.min.x &&
                             seen.item.max.y > seen.item.min.y;
        if (!visible || seen.item.full.empty() || (seen.item_flags & ImGuiItemFlags_Disabled) != 0) continue;
        if (seen.item.full.starts_with("#") && !seen.item.full.starts_with("##")) continue;  // ImGui's own: scrollbars
        found.push_back(seen.item);
    }
    return found;
}

std::string Driver::focused() {
    const auto at = seen_items.find(ImGui::GetCurrentContext()->NavId);
    return at == seen_items.end() ? "" : at->second.item.full;
}

void Driver::tab_to(std::string_view label) {
    constexpr int kTabsAtMost = 300;
    for (int i = 0; i < kTabsAtMost; ++i) {
        key(ImGuiKey_Tab);
        const std::string now = focused();
        const std::size_t hidden = now.find("##");
        if (now == label || shown_part(now) == label ||
            (hidden != std::string::npos && std::string_view(now).substr(hidden + 2) == label))
            return;
    }
    FAIL("Tab never comes to \"", std::string(label), "\"");
}

void Driver::move_to(const Item& item) {
    // Near the left: where rows carry other items, those are elsewhere.
    const float x = std::min(item.min.x + 14, (item.min.x + item.max.x) / 2);
    ImGui::GetIO().AddMousePosEvent(x, (item.min.y + item.max.y) / 2);
    frames();
}

void Driver::press_and_release() {
    ImGuiIO& io = ImGui::GetIO();
    frames();
    io.AddMouseButtonEvent(0, true);
    frames();
    io.AddMouseButtonEvent(0, false);
    frames(2);
}

namespace {

std::pair<const ImGuiTable*, int> find_column(std::string_view column) {
    auto& tables = ImGui::GetCurrentContext()->Tables;
    for (int i = 0; i < tables.GetMapSize(); ++i) {
        const ImGuiTable* table = tables.TryGetMapData(i);
        if (table == nullptr || table->LastFrameActive < ImGui::GetFrameCount() - 1) continue;
        for (int c = 0; c < table->ColumnsCount; ++c) {
            if (ImGui::TableGetColumnName(table, c) == column) return {table, c};
        }
    }
    FAIL("no column of that name");
    return {nullptr, 0};
}

}  // namespace

void Driver::click_header(std::string_view column, ImGuiKey modifier) {
    const auto [table, c] = find_column(column);
    ImGui::GetIO().AddMousePosEvent(table->Columns[c].WorkMinX + 8, table->OuterRect.Min.y + 12);
    if (modifier != ImGuiKey_None) ImGui::GetIO().AddKeyEvent(modifier, true);
    press_and_release();
    if (modifier != ImGuiKey_None) ImGui::GetIO().AddKeyEvent(modifier, false);
    frames(30);
}

float Driver::column_width(std::string_view column) {
    frames(2);
    const auto [table, c] = find_column(column);
    const ImGuiTableColumn& found = table->Columns[c];
    if (!found.IsEnabled) return 0;
    return std::max(0.0F, std::min(found.WorkMaxX, table->InnerClipRect.Max.x) -
                              std::max(found.WorkMinX, table->InnerClipRect.Min.x));
}

void Driver::click(std::string_view label, std::string_view window, ImGuiKey modifier) {
    click_item(find(label, window), modifier);
}

void Driver::double_click(std::string_view label, std::string_view window) {
    move_to(find(label, window));
    ImGuiIO& io = ImGui::GetIO();
    for (const bool down : {true, false, true, false}) {
        io.AddMouseButtonEvent(0, down);
        frames();
    }
    frames(30);
}

void Driver::click_first(std::string_view label) {
    frames(2);
    const std::vector<Item> found = matching(label, {});
    REQUIRE_MESSAGE(!found.empty(), "no item \"", std::string(label), "\"");
    click_item(
        *std::min_element(found.begin(), found.end(), [](const Item& a, const Item& b) { return a.min.y < b.min.y; }),
        ImGuiKey_None);
}

void Driver::drag(const Item& from, const Item& to) {
    ImGuiIO& io = ImGui::GetIO();
    move_to(from);
    frames();
    io.AddMouseButtonEvent(0, true);
    frames(2);
    move_to(to);
    frames(3);
    io.AddMouseButtonEvent(0, false);
    frames(3);
    io.AddMousePosEvent(2, 2);
    frames(30);
}

void Driver::focus(std::string_view label, std::string_view window) {
    const Item item = find(label, window);
    ImGuiWindow* holder = ImGui::FindWindowByID(item.window_id);
    REQUIRE(holder != nullptr);
    ImGui::FocusWindow(holder);
    ImGui::SetNavID(item.id, ImGuiNavLayer_Main, 0, ImGui::WindowRectAbsToRel(holder, ImRect(item.min, item.max)));
    frames(2);
}

void Driver::click_item(const Item& item, ImGuiKey modifier) {
    ImGuiIO& io = ImGui::GetIO();
    move_to(item);
    if (modifier != ImGuiKey_None) io.AddKeyEvent(modifier, true);
    press_and_release();
    if (modifier != ImGuiKey_None) io.AddKeyEvent(modifier, false);
    // Away, so that no tooltip or hover is in the way, and late enough not to make the next click a double click.
    io.AddMousePosEvent(2, 2);
    frames(30);
}

void Driver::type(std::string_view label, std::string_view text, std::string_view window) {
    click(label, window);
    retype(text);
}

void Driver::retype(std::string_view text) {
    key(ImGuiKey_A, ImGuiMod_Ctrl);
    if (text.empty()) {
        key(ImGuiKey_Backspace);
    } else {
        ImGui::GetIO().AddInputCharactersUTF8(std::string(text).c_str());
    }
    frames(3);
}

void Driver::key(ImGuiKey key, ImGuiKey modifier) {
    ImGuiIO& io = ImGui::GetIO();
    if (modifier != ImGuiKey_None) io.AddKeyEvent(modifier, true);
    frames();
    io.AddKeyEvent(key, true);
    frames(2);
    io.AddKeyEvent(key, false);
    if (modifier != ImGuiKey_None) io.AddKeyEvent(modifier, false);
    frames(3);
}

const std::string& Driver::screen() {
    frames(2);
    frames(1, true);
    return screen_;
}

bool Driver::shows(std::string_view text) { return screen().find(text) != std::string::npos; }

// ---- the worker's part

void Driver::send(client::Event event) { app->handle(std::move(event)); }

void Driver::load(std::vector<crm::Record> records) {
    std::vector<crm::Record> parts[crm::kModelCount];
    for (crm::Record& record : records) parts[static_cast<std::size_t>(record.model)].push_back(std::move(record));
    for (std::size_t i = 0; i < crm::kModelCount; ++i) {
        if (!parts[i].empty()) send(client::Loaded{static_cast<crm::Model>(i), std::move(parts[i])});
    }
    frames(2);
}

void Driver::save_all() {
    for (const client::Commit& commit : posted<client::Commit>()) {
        if (commit.ticket <= answered_) continue;
        answered_ = commit.ticket;
        store::Visible visible;
        for (const client::Edit& edit : commit.edits) {
            if (const crm::Record* record = app->state().find(edit.model, edit.record))
                visible.changed.push_back(*record);
        }
        send(client::Saved{commit.ticket, std::move(visible)});
    }
    frames(2);
}

void Driver::refuse_save(const std::string& message) {
    const std::vector<client::Commit> commits = posted<client::Commit>();
    REQUIRE(!commits.empty());
    answered_ = commits.back().ticket;
    send(client::SaveFailed{answered_, Error{ErrorKind::disk, "DISK_FULL", message, {}}});
    frames(2);
}

void Driver::show_sync(client::SyncView view) {
    send(client::SyncChanged{std::move(view)});
    frames(2);
}

crm::Record lead(std::uint64_t number, std::string_view name) {
    crm::Record record;
    for (std::size_t i = 0; i < 8; ++i) record.id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i) & 0xFFU);
    record.id.bytes[0] = 1;
    record.model = crm::Model::lead;
    record.version = 1;
    record.created_at = record.updated_at = TestClock::kStart - static_cast<UnixMs>(number) * 1'000;
    record.fields.set(crm::field(crm::Model::lead, "name"), name);
    record.fields.set(crm::field(crm::Model::lead, "status"), std::string_view("PENDING"));
    record.fields.set(crm::field(crm::Model::lead, "currency"), std::string_view("INR"));
    return record;
}

Uuid id_of(std::uint64_t number) {
    Uuid id = lead(number, "x").id;
    id.bytes[0] = 0x55;
    return id;
}

void put(crm::Record& record, std::string_view field, std::string_view value) {
    record.fields.set(crm::field(record.model, field), value);
}

std::string text_of(const crm::Record& record, std::string_view field) {
    const crm::FieldId id = crm::field(record.model, field);
    return crm::format_value(record.model, id, record.fields.get(id));
}

}  // namespace ct::test
