// Every operation that the server has not settled, what it would change, and what it waits for.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "crm/json_codec.h"
#include "crm/validate.h"
#include "ui/actions.h"
#include "ui/cells.h"
#include "ui/form.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/inspector_parts.h"
#include "ui/inspector_tabs.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using store::QueueItem;
using sync::QueuedOperation;
using sync::QueueState;

constexpr float kDetail = 440;

constexpr GridColumn kColumns[] = {{"STATE", -52}, {"EDIT", -48},       {"MODEL", -58},     {"RECORD", -64},
                                   {"FIELDS", 1},  {"SIZE", -48, true}, {"AGE", -36, true}, {"TRIES", -34, true}};
constexpr GridColumn kFields[] = {{"FIELD", 0.9F}, {"BEFORE", 1}, {"NOW", 1}};
constexpr GridColumn kJoined[] = {{"MADE", -72}, {"EDIT", -72}, {"FIELDS", 1}};

const Tone& tone_of(const Palette& p, QueueState state) {
    switch (state) {
        case QueueState::queued: return p.neutral;
        case QueueState::sent: return p.info;
        case QueueState::parked: return p.warn;
        case QueueState::error: return p.danger;
        case QueueState::conflict: return p.violet;
    }
    return p.neutral;
}

std::string fields_of(crm::Model model, const crm::Changes& changes) {
    std::string words;
    for (const auto& [field, value] : changes.fields)
        words += (words.empty() ? "" : ", ") + std::string(crm::def(model, field).name);
    if (!changes.extra.empty()) words += (words.empty() ? "" : ", ") + std::string("others");
    return words;
}

nlohmann::ordered_json json_of(crm::Model model, const crm::Changes& changes) {
    std::string words;
    crm::JsonWriter writer(words);
    crm::write_changes(writer, model, changes);
    return nlohmann::ordered_json::parse(words, nullptr, false);
}

/// As `colortouchctl queue export` writes it.
std::string json_of(const QueueItem& item) {
    const QueuedOperation& queued = item.queued;
    const sync::Operation& operation = queued.operation;
    nlohmann::ordered_json json{{"id", operation.id.str()},
                                {"operation", sync::name(operation.kind)},
                                {"model", crm::name(operation.model)},
                                {"recordId", operation.record.str()},
                                {"state", sync::name(queued.state)},
                                {"data", json_of(operation.model, operation.changes)},
                                {"before", json_of(operation.model, queued.before)},
                                {"base", operation.base},
                                {"stamp", operation.stamp},
                                {"policy", crm::name(operation.policy)},
                                {"createdAt", format_rfc3339(queued.created_at)},
                                {"retryCount", queued.retry_count}};
    if (!operation.group.nil()) json["group"] = operation.group.str();
    if (!queued.error_code.empty()) json["error"] = {{"code", queued.error_code}, {"message", queued.error_message}};
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void InspectorQueue::draw(Desk& desk, InspectorData& data) {
    const Theme& theme = desk.theme;
    if (data.queue && data.queue->error) {
        text(theme, data.queue->error->message, theme.colors().danger.strong);
        return;
    }
    if (!data.queue || data.queue->look.items.empty()) {
        const bool known = data.queue != nullptr;
        empty_state(theme, icon::kCheckCircle, known ? "Nothing waits" : "Reading the queue …",
                    known ? "The server has settled every edit that was made here." : "", nullptr);
        return;
    }
    const std::vector<QueueItem>& items = data.queue->look.items;
    const auto at = std::find_if(items.begin(), items.end(),
                                 [this](const QueueItem& item) { return item.queued.operation.id == chosen_; });
    const QueueItem& item = at == items.end() ? items.front() : *at;
    if (item.queued.operation.id != chosen_) {
        chosen_ = item.queued.operation.id;
        mending_ = false;
    }
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float detail = std::min(theme.px(kDetail), room.x * 0.43F);
    const float gap = theme.px(12);
    draw_list(desk, data, {room.x - detail - gap, room.y});
    ImGui::SameLine(0, gap);
    begin_panel(theme, "OPERATION", {detail, room.y});
    draw_detail(desk, data, item);
    end_panel();
}

void InspectorQueue::draw_list(Desk& desk, const InspectorData& data, ImVec2 size) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const store::QueueLook& look = data.queue->look;
    begin_panel(theme, "##Queue list", size);
    std::string head = count_text(look.total, "EDIT", "EDITS") + ", IN THEIR ORDER";
    if (look.total > static_cast<std::int64_t>(look.items.size()))
        head = "THE FIRST " + count_text(static_cast<std::int64_t>(look.items.size()), "", "") + " OF " +
               count_text(look.total, "EDIT", "EDITS");
    if (std::any_of(look.items.begin(), look.items.end(), [](const QueueItem& one) {
            return one.queued.state != QueueState::queued && one.queued.state != QueueState::sent;
        }))
        head += ", THOSE THAT STAND STILL FIRST";
    text(theme, head, p.muted, Size::caption, true);
    const ImVec2 after = ImGui::GetCursorScreenPos();
    theme.push(Size::small);
    const float all = measure("Copy all as JSON").x;
    ImGui::SetCursorScreenPos({after.x + ImGui::GetContentRegionAvail().x - all, after.y - theme.px(14)});
    if (link(theme, "Copy all as JSON")) {
        std::string lines;
        for (const QueueItem& item : look.items) lines += json_of(item) + "\n";
        ImGui::SetClipboardText(lines.c_str());
        desk.toasts.add(ToastKind::done, "Copied, a line for each edit");
    }
    Theme::pop();
    ImGui::SetCursorScreenPos({after.x, after.y + theme.px(6)});
    {
        const Grid grid(theme, "queue", kColumns, {0, 0});
        grid.rows(look.items.size(), [&](std::size_t i) {
            const QueueItem& item = look.items[i];
            const QueuedOperation& queued = item.queued;
            const sync::Operation& operation = queued.operation;
            const std::string id = short_id(operation.id);
            if (grid.row(id.c_str(), operation.id == chosen_)) {
                chosen_ = operation.id;
                mending_ = false;
            }
            grid.cell(words_of_choice(sync::name(queued.state)), tone_of(p, queued.state).strong, true);
            grid.cell(words_of_choice(sync::name(operation.kind)), p.text);
            grid.cell(crm::name(operation.model), p.text);
            grid.cell(short_id(operation.record), p.muted);
            grid.cell(fields_of(operation.model, operation.changes), p.text);
            grid.cell(bytes_text(item.bytes), p.text);
            grid.cell(age_words(desk.now() - queued.created_at), p.text);
            grid.cell(std::to_string(queued.retry_count), queued.retry_count > 0 ? p.warn.strong : p.muted);
        });
    }
    end_panel();
}

void InspectorQueue::draw_detail(Desk& desk, InspectorData& data, const QueueItem& item) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const QueuedOperation& queued = item.queued;
    const sync::Operation& operation = queued.operation;
    if (asked_ != operation.record) {
        asked_ = operation.record;
        desk.post(client::inspect::FindRecord{operation.model, operation.record});
    }
    draw_buttons(desk, item);
    if (!queued.error_code.empty()) {
        paragraph(theme, queued.error_code + ": " + queued.error_message, p.danger.strong, Size::small);
        ImGui::Dummy({0, theme.px(4)});
    }
    draw_parked(desk, data, item);
    fact(theme, "Operation", operation.id.str());
    fact(theme, "Record", operation.record.str());
    fact(theme, "Base version", std::to_string(operation.base));
    fact(theme, "Stamp", stamp_words(operation.stamp));
    fact(theme, "Policy", crm::name(operation.policy));
    fact(theme, "Group", operation.group.nil() ? "" : operation.group.str());
    fact(theme, "Made", time_words(queued.created_at) + ", " + ago_text(queued.created_at, desk.now()));
    fact(theme, "Last sent",
         item.sent_at == 0 ? "Never" : time_words(item.sent_at) + ", as number " + std::to_string(queued.sequence));
    draw_fields(desk, data, queued);
    draw_joined(desk, data, queued);
}

void InspectorQueue::draw_parked(Desk& desk, const InspectorData& data, const QueueItem& item) {
    if (item.queued.state != QueueState::parked) return;
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const auto& items = data.queue->look.items;
    const auto ahead = std::find_if(items.begin(), items.end(), [&](const QueueItem& one) {
        return !item.behind.nil() && one.queued.operation.id == item.behind;
    });
    if (ahead != items.end()) {
        const sync::Operation& operation = ahead->queued.operation;
        paragraph(theme,
                  "Parked behind " + words_of_choice(sync::name(operation.kind)) + " " +
                      std::string(crm::name(operation.model)) + " " + short_id(operation.record) + ", which is " +
                      words_of_choice(sync::name(ahead->queued.state)),
                  p.warn.strong, Size::small);
        if (link(theme, "Show what it waits for")) {
            chosen_ = item.behind;
            mending_ = false;
        }
    } else if (!item.behind_record.nil()) {
        paragraph(theme, "Parked: the server has no record " + short_id(item.behind_record) + " that it hangs on",
                  p.warn.strong, Size::small);
    } else {
        paragraph(theme, "Parked with the others of its group", p.warn.strong, Size::small);
    }
    ImGui::Dummy({0, theme.px(4)});
}

void InspectorQueue::draw_fields(Desk& desk, const InspectorData& data, const QueuedOperation& queued) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const crm::Model model = queued.operation.model;
    if (queued.operation.changes.fields.empty()) return;
    ImGui::Dummy({0, theme.px(8)});
    if (mending_) {
        for (auto& [field, typed] : typed_) {
            const crm::FieldDef& def = crm::def(model, field);
            const ImVec2 at = ImGui::GetCursorScreenPos();
            theme.push(Size::small);
            draw_text({at.x, at.y + theme.px(11)}, p.muted, def.label, theme.px(120));
            Theme::pop();
            ImGui::SetCursorScreenPos({at.x + theme.px(128), at.y});
            text_field(theme, ("##Mend " + std::string(def.label)).c_str(), "Empty", typed,
                       ImGui::GetContentRegionAvail().x);
            ImGui::Dummy({0, theme.px(6)});
        }
        if (!mend_error_.empty()) paragraph(theme, mend_error_, p.danger.strong, Size::small);
        if (button(theme, "Send mended", ButtonKind::primary)) send_mended(desk, queued);
        ImGui::SameLine(0, theme.px(8));
        if (button(theme, "Leave it", ButtonKind::quiet)) mending_ = false;
        ImGui::Dummy({0, theme.px(8)});
        return;
    }
    const auto& fields = queued.operation.changes.fields;
    const Grid grid(theme, "fields", kFields, {0, theme.px(26.0F * static_cast<float>(fields.size() + 1) + 2)});
    grid.rows(fields.size(), [&](std::size_t i) {
        const auto& [field, value] = fields[i];
        const crm::FieldDef& def = crm::def(model, field);
        (void)grid.row(std::string(def.name).c_str(), false);
        grid.cell(def.label, p.muted);
        const crm::Value* before = queued.before.find(field);
        grid.cell(before == nullptr ? "—" : shown_value(model, field, crm::view(*before), data.show_personal), p.muted);
        grid.cell(shown_value(model, field, crm::view(value), data.show_personal), p.text);
    });
}

/// Edits that became this one operation before it was sent.
void InspectorQueue::draw_joined(Desk& desk, const InspectorData& data, const QueuedOperation& queued) {
    if (!data.record || data.record->id != queued.operation.record || data.record->error) return;
    const auto joined = store::joined_into(queued, data.record->look.audit, desk.state.sync().clock_offset_ms);
    if (joined.size() < 2) return;
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    ImGui::Dummy({0, theme.px(10)});
    text(theme, count_text(static_cast<std::int64_t>(joined.size()), "EDIT", "EDITS") + " BECAME THIS ONE", p.muted,
         Size::caption, true);
    ImGui::Dummy({0, theme.px(4)});
    const Grid grid(theme, "joined", kJoined, {0, theme.px(26.0F * static_cast<float>(joined.size() + 1) + 2)});
    grid.rows(joined.size(), [&](std::size_t i) {
        const store::AuditRow& row = joined[i];
        (void)grid.row(("joined " + std::to_string(i)).c_str(), false);
        grid.cell(time_words(row.at), p.muted);
        grid.cell(words_of_choice(row.what), p.text);
        grid.cell(fields_of(row.model, row.after), p.text);
    });
}

void InspectorQueue::draw_buttons(Desk& desk, const QueueItem& item) {
    const Theme& theme = desk.theme;
    const QueuedOperation& queued = item.queued;
    const sync::Operation& operation = queued.operation;
    const bool refused = queued.state == QueueState::error;
    if (refused) {
        if (button(theme, "Retry", ButtonKind::primary, icon::kRefresh))
            desk.post(client::RetryOperation{operation.id});
        ImGui::SameLine(0, theme.px(6));
        if (operation.kind != sync::OperationKind::remove && !mending_ && button(theme, "Edit")) {
            mending_ = true;
            mend_error_.clear();
            typed_.clear();
            for (const auto& [field, value] : operation.changes.fields) {
                if (!crm::def(operation.model, field).derived())
                    typed_.emplace_back(field, crm::format_value(operation.model, field, crm::view(value)));
            }
        }
        if (!mending_) ImGui::SameLine(0, theme.px(6));
    }
    if (queued.state != QueueState::sent) {
        if (button(theme, "Discard", ButtonKind::danger))
            desk.later([&desk, item] { discard_change(desk, item.queued); });
        ImGui::SameLine(0, theme.px(6));
    }
    if (button(theme, "Copy JSON")) {
        ImGui::SetClipboardText(json_of(item).c_str());
        desk.toasts.add(ToastKind::done, "Copied");
    }
    ImGui::SameLine(0, theme.px(6));
    if (button(theme, "Record", ButtonKind::quiet)) request_.record = {operation.model, operation.record};
    ImGui::Dummy({0, theme.px(8)});
}

void InspectorQueue::send_mended(Desk& desk, const QueuedOperation& queued) {
    const crm::Model model = queued.operation.model;
    const crm::Record* record = desk.state.find(model, queued.operation.record);
    const std::string_view currency = record == nullptr ? std::string_view{} : currency_of(*record);
    crm::Changes mended;
    for (const auto& [field, typed] : typed_) {
        auto value = typed_value(model, field, typed, currency, desk.now());
        if (!value) {
            mend_error_ = value.error().message;
            return;
        }
        const crm::Value* old = queued.operation.changes.find(field);
        if (old == nullptr || *old != *value) mended.set(field, std::move(*value));
    }
    desk.post(client::RetryOperation{queued.operation.id, std::move(mended)});
    mending_ = false;
}

}  // namespace ct::ui
