// One record as memory, database and server have it, field by field; what happened to it; and the whole mirror checked.
#include <algorithm>
#include <cmath>

#include "base/local_time.h"
#include "base/utf8.h"
#include "store/examine.h"
#include "ui/actions.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/inspector_parts.h"
#include "ui/inspector_tabs.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::Record;

constexpr float kSide = 300;
constexpr std::size_t kFoundMax = 12;
constexpr std::size_t kLookedThroughMax = 200'000;

constexpr GridColumn kColumns[] = {
    {"FIELD", 0.8F}, {"MEMORY", 1}, {"DATABASE", 1}, {"SERVER, AS LAST TOLD", 1}, {"SERVER NOW", 1}};
constexpr GridColumn kHistory[] = {{"AT", -140}, {"WHAT", -104}, {"OPERATION", -84}, {"FIELDS", 1}};

/// The four that are compared; null: not there, or not known.
struct Copies {
    const Record* of[4] = {};
    bool known[4] = {true, true, true, false};
};

std::string time_or_dash(UnixMs at) { return at == 0 ? "—" : format_local_date(at) + " " + time_words(at); }

}  // namespace

void InspectorRecords::show(Desk& desk, crm::Model model, const Uuid& id) {
    model_ = model;
    id_ = id;
    desk.post(client::inspect::FindRecord{model, id});
}

bool InspectorRecords::is_of(const InspectorData& data) const { return data.record && data.record->id == id_; }

void InspectorRecords::draw(Desk& desk, InspectorData& data) {
    const Theme& theme = desk.theme;
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float side = std::min(theme.px(kSide), room.x * 0.32F);
    const float gap = theme.px(12);
    ImGui::BeginChild("records side", {side, room.y}, ImGuiChildFlags_NavFlattened);
    const float check = theme.px(268);
    begin_panel(theme, "RECORD", {side, std::max(room.y - check - gap, theme.px(150))});
    draw_search(desk, data);
    end_panel();
    ImGui::SetCursorPosY(std::max(room.y - check, theme.px(150) + gap));
    begin_panel(theme, "IS ALL OF IT THE SAME?", {side, check});
    draw_check(desk, data);
    end_panel();
    ImGui::EndChild();
    ImGui::SameLine(0, gap);
    ImGui::BeginChild("record", {0, room.y}, ImGuiChildFlags_NavFlattened);
    const float history = std::floor(room.y * 0.34F);
    if (id_.nil()) {
        empty_state(theme, icon::kSearch, "Choose a record",
                    "Memory, database and server side by side, and its history.", nullptr);
    } else {
        draw_fields(desk, data, {0, room.y - history - gap});
        ImGui::SetCursorPosY(room.y - history);
        draw_history(desk, data, {0, 0});
    }
    ImGui::EndChild();
}

void InspectorRecords::draw_search(Desk& desk, const InspectorData& data) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    search_field(theme, "##Find record", "Id, or words of it", typed_, ImGui::GetContentRegionAvail().x);
    if (typed_ != looked_for_) {
        looked_for_ = typed_;
        found_.clear();
        const std::string wanted = fold(typed_);
        std::size_t looked = 0;
        for (const crm::ModelDef& model : crm::models()) {
            if (const auto id = Uuid::parse(typed_); id && desk.state.find(model.model, *id) != nullptr)
                found_.emplace_back(model.model, *id);
            for (const Record& record : desk.state.table(model.model).all()) {
                if (wanted.empty() || found_.size() >= kFoundMax || ++looked > kLookedThroughMax) break;
                const bool match = fold(title_of(record)).find(wanted) != std::string::npos ||
                                   short_id(record.id).find(wanted) != std::string::npos;
                if (match) found_.emplace_back(model.model, record.id);
            }
        }
        // One that is gone from memory is still in the database, perhaps.
        if (const auto id = Uuid::parse(typed_); id && found_.empty()) {
            for (const crm::ModelDef& model : crm::models()) found_.emplace_back(model.model, *id);
        }
    }
    ImGui::Dummy({0, theme.px(8)});
    for (const auto& [model, id] : found_) {
        const Record* record = desk.state.find(model, id);
        const bool hide = !data.show_personal;
        const std::string title = record == nullptr ? "not in memory" : hide ? std::string(kMasked) : title_of(*record);
        const std::string words = std::string(crm::name(model)) + " " + short_id(id) + "  " + title;
        ImGui::PushID(static_cast<int>(model));
        if (menu_item(theme, words.c_str(), nullptr, id == id_ && model == model_)) show(desk, model, id);
        ImGui::PopID();
    }
    if (found_.empty() && !typed_.empty()) text(theme, "Nothing of that name", p.muted, Size::small);
    if (typed_.empty()) paragraph(theme, "Names are searched also while they are hidden.", p.muted, Size::small);
}

void InspectorRecords::draw_fields(Desk& desk, const InspectorData& data, ImVec2 size) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    begin_panel(theme, "##Fields", size);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    text(theme, std::string(crm::name(model_)) + " " + id_.str(), Size::body, true);
    ImGui::SetCursorScreenPos({at.x + ImGui::GetContentRegionAvail().x - theme.px(216), at.y - theme.px(6)});
    if (button(theme, "Ask the server", ButtonKind::plain, nullptr, theme.px(124)))
        desk.post(client::inspect::AskServer{model_, id_});
    ImGui::SameLine(0, theme.px(8));
    if (button(theme, "Again", ButtonKind::plain, nullptr, theme.px(84))) show(desk, model_, id_);
    Copies copies;
    copies.of[0] = desk.state.find(model_, id_);
    if (is_of(data)) {
        const store::RecordLook& look = data.record->look;
        copies.of[1] = look.stored ? &*look.stored : nullptr;
        // Without unsettled edits, what is stored is what the server said.
        copies.of[2] = look.shadow ? &*look.shadow : look.queue.empty() ? copies.of[1] : nullptr;
        if (data.record->error) text(theme, data.record->error->message, p.danger.strong, Size::small);
    }
    if (data.server && data.server->id == id_) {
        copies.known[3] = !data.server->error;
        copies.of[3] = data.server->record ? &*data.server->record : nullptr;
        if (data.server->error) text(theme, data.server->error->message, p.danger.strong, Size::small);
    }
    ImGui::Dummy({0, theme.px(6)});
    const crm::ModelDef& model = crm::def(model_);
    constexpr std::size_t kSystem = 4;
    const auto words = [&](const Record& record, std::size_t row) -> std::string {
        switch (row) {
            case 0: return std::to_string(record.version);
            case 1: return time_or_dash(record.updated_at);
            case 2: return time_or_dash(record.created_at);
            case 3: return record.deleted ? "Yes" : "No";
            default: break;
        }
        const auto field = static_cast<crm::FieldId>(row - kSystem);
        return shown_value(model_, field, record.fields.get(field), true);
    };
    constexpr const char* kSystemNames[kSystem] = {"version", "updatedAt", "createdAt", "deleted"};
    {
        const Grid grid(theme, "record fields", kColumns, {0, 0});
        grid.rows(kSystem + model.fields.size(), [&](std::size_t row) {
            const bool system = row < kSystem;
            const bool derived = !system && model.fields[row - kSystem].derived();
            const std::string name(system ? kSystemNames[row] : model.fields[row - kSystem].name);
            (void)grid.row(name.c_str(), false);
            grid.cell(name, p.muted);
            const bool hide = !system && !data.show_personal && store::is_personal(model.fields[row - kSystem]);
            for (std::size_t i = 0; i < 4; ++i) {
                if (!copies.known[i] || copies.of[i] == nullptr || (derived && i == 3)) {
                    grid.cell(!copies.known[i] || (derived && i == 3) ? "" : "none", p.faint);
                    continue;
                }
                std::string value = words(*copies.of[i], row);
                // Each beside the one at its left: where it differs, the eye should land.
                const bool differs = i > 0 && copies.of[i - 1] != nullptr && copies.known[i - 1] &&
                                     words(*copies.of[i - 1], row) != value;
                if (hide && value != "—") value = kMasked;
                grid.cell(value, differs ? p.warn.strong : p.text, differs);
            }
        });
    }
    end_panel();
}

void InspectorRecords::draw_history(Desk& desk, const InspectorData& data, ImVec2 size) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    begin_panel(theme, "WHAT HAPPENED TO IT ON THIS LAPTOP", size);
    if (!is_of(data) || data.record->look.audit.empty()) {
        text(theme, "Nothing: it came from the server as it is", p.muted, Size::small);
    } else {
        const std::vector<store::AuditRow>& audit = data.record->look.audit;
        const Grid grid(theme, "record history", kHistory, {0, 0});
        grid.rows(audit.size(), [&](std::size_t i) {
            const store::AuditRow& row = audit[audit.size() - 1 - i];
            (void)grid.row(("history " + std::to_string(i)).c_str(), false);
            grid.cell(date_input_text(row.at), p.muted);
            grid.cell(words_of_choice(row.what), p.text);
            grid.cell(short_id(row.operation), p.muted);
            std::string fields;
            for (const auto& [field, value] : row.after.fields) {
                fields += (fields.empty() ? "" : ", ") + std::string(crm::def(row.model, field).name) + " = " +
                          shown_value(row.model, field, crm::view(value), data.show_personal);
            }
            grid.cell(fields, p.text);
        });
    }
    end_panel();
}

void InspectorRecords::draw_memory_check(Desk& desk, MirrorCheck& check) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    paragraph(theme, "Memory against the database, on this laptop:", p.muted, Size::small);
    ImGui::Dummy({0, theme.px(4)});
    ImGui::BeginDisabled(check.running());
    if (button(theme, "Compare memory")) check.begin(desk);
    ImGui::EndDisabled();
    if (check.done() && !check.found().wrong.empty()) {
        ImGui::SameLine(0, theme.px(8));
        if (button(theme, "Read again##memory")) desk.post(client::inspect::ShowAgain{check.take_wrong()});
    }
    ImGui::Dummy({0, theme.px(4)});
    if (check.running()) {
        const float part = static_cast<float>(check.compared()) /
                           static_cast<float>(std::max<std::int64_t>({check.total(), check.compared(), 1}));
        progress_bar(theme, part);
        text(theme, count_text(check.compared(), "", "") + " of " + count_text(check.total(), "record", "records"),
             p.muted, Size::small);
    } else if (check.done()) {
        const MirrorCheck::Found& found = check.found();
        const bool wrong = found.missing + found.differing + found.surplus > 0 || found.more;
        std::string words = count_text(check.compared(), "record", "records");
        words += !wrong
                     ? ", all the same"
                     : ": " + count_text(found.missing, "", "") + " missing, " + count_text(found.differing, "", "") +
                           " different, " + count_text(found.surplus, "", "") + " too many";
        if (found.more) words += ", and more";
        paragraph(theme, words, wrong ? p.danger.strong : p.text, Size::small);
    }
    if (!check.error().empty()) paragraph(theme, check.error(), p.danger.strong, Size::small);
}

void InspectorRecords::draw_check(Desk& desk, InspectorData& data) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    draw_memory_check(desk, data.mirror);
    ImGui::Dummy({0, theme.px(10)});
    divider(theme);
    ImGui::Dummy({0, theme.px(10)});
    paragraph(theme, "The database against the server, every row read, behind a round:", p.muted, Size::small);
    ImGui::Dummy({0, theme.px(4)});
    if (button(theme, "Compare with server")) desk.post(client::VerifyNow{false});
    ImGui::SameLine(0, theme.px(8));
    if (button(theme, "Repair", ButtonKind::plain)) desk.post(client::VerifyNow{true});
    ImGui::Dummy({0, theme.px(4)});
    if (!desk.verified) return;
    const sync::VerifyCounts& counts = *desk.verified;
    std::string words = counts.complete ? count_text(counts.compared, "record", "records") + " compared"
                                        : std::string("Not finished: the round did not go through");
    if (counts.complete && counts.differing == 0) words += ", all the same";
    if (counts.differing > 0)
        words += ", " + std::to_string(counts.differing) + " different, " + std::to_string(counts.repaired) +
                 " fetched again";
    paragraph(theme, words, counts.differing > counts.repaired || !counts.complete ? p.danger.strong : p.text,
              Size::small);
}

}  // namespace ct::ui
