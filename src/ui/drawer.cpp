#include "ui/drawer.h"

#include <algorithm>
#include <cmath>

#include "crm/tables.h"
#include "ui/actions.h"
#include "ui/cells.h"
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using crm::Model;

constexpr SteadyMs kSavedShown_ms = 2'500;
constexpr float kPadding = 24;
constexpr float kShortBelow = 430;  // lower than this the head scrolls with the rest

}  // namespace

// ---- which record

void Drawer::take(Desk& desk, const Shown& shown, Form form, Timeline::TypedNote note) {
    shown_ = shown;
    form_ = std::move(form);
    ++taken_;
    tab_ = Tab::details;
    problem_.clear();
    timeline_.forget();
    timeline_.type(std::move(note));
    files_.forget();
    saving_ticket_ = 0;
    saved_at_ = 0;
    desk.shown_model = shown.model;
    desk.shown_id = shown.id;
}

void Drawer::show(Desk& desk, const OpenRequest& request) {
    if (open() && !request.id.nil() && shown_.id == request.id) return;
    const crm::Record* record = request.id.nil() ? nullptr : desk.state.find(request.model, request.id);
    if (record == nullptr && !request.id.nil()) return;
    set_aside(desk);
    // From a lead to its payment and back, and wherever a link led; between leads there is nothing to go back to.
    const bool shown = open() && !shown_.id.nil();
    const bool from_lead = shown && shown_.model == Model::lead && request.model != Model::lead;
    const bool on_top = shown && request.id.nil();
    const auto been = std::find_if(back_.begin(), back_.end(),
                                   [&](const Shown& before) { return !request.id.nil() && before.id == request.id; });
    if (been != back_.end()) {  // round in a circle
        back_.erase(been, back_.end());
    } else if (from_lead || on_top || (shown && request.followed)) {
        back_.push_back(shown_);
    } else if (request.model == Model::lead || !open()) {
        back_.clear();
    }
    Form form = record != nullptr ? Form(*record) : Form(request.model, request.preset, desk.config);
    if (record == nullptr) form.focus_first();
    take(desk, {request.model, request.id}, std::move(form));
}

void Drawer::set_aside(Desk& desk, bool given_up) {
    if (!typing()) return;
    keep_aside(desk, {++asides_, shown_, std::move(*form_), timeline_.typed_note(), given_up}, " set aside");
}

void Drawer::keep_aside(Desk& desk, SetAside aside, const char* words) {
    if (!aside.shown.id.nil())
        std::erase_if(aside_, [&aside](const SetAside& other) { return other.shown.id == aside.shown.id; });
    if (aside_.size() == kAsideMax) aside_.erase(aside_.begin());
    aside_.push_back(std::move(aside));
    desk.toasts.add(ToastKind::info, "Unsaved changes to " + aside_.back().form.name() + words, "Bring back",
                    [this, &desk, number = aside_.back().number] { bring_back(desk, number); });
}

void Drawer::bring_back(Desk& desk, std::uint64_t which) {
    if (aside_.empty()) return;
    const auto wanted = [which](const SetAside& aside) { return aside.number == which; };
    const auto at = which == 0 ? aside_.end() - 1 : std::find_if(aside_.begin(), aside_.end(), wanted);
    if (at == aside_.end()) return;
    SetAside aside = std::move(*at);
    aside_.erase(at);
    set_aside(desk);
    open_again(desk, std::move(aside));
}

void Drawer::open_again(Desk& desk, SetAside aside) {
    const Uuid id = aside.shown.id;
    take(desk, aside.shown, std::move(aside.form), std::move(aside.note));
    if (!id.nil() && desk.state.find(aside.shown.model, id) == nullptr) begin_anew(desk);
    if (!form_->dirty() && timeline_.typing()) tab_ = Tab::timeline;
}

/// The record is not there any more, but what somebody typed is.
void Drawer::begin_anew(Desk& desk) {
    shown_.id = desk.shown_id = {};
    saving_ticket_ = 0;
    form_->mark_unsaved(nullptr);
    problem_ = "This record was deleted meanwhile. Save makes it anew, with what stands here.";
}

void Drawer::shut(Desk& desk) {
    form_.reset();
    desk.shown_id = {};
    while (!back_.empty()) {
        const Shown last = back_.back();
        back_.pop_back();
        const crm::Record* record = desk.state.find(last.model, last.id);
        if (record == nullptr) continue;
        take(desk, last, Form(*record));
        return;
    }
}

void Drawer::close(Desk& desk) {
    if (!open()) return;
    set_aside(desk, true);
    shut(desk);
}

void Drawer::leave(Desk& desk) {
    if (!open()) return;
    set_aside(desk);
    back_.clear();
    shut(desk);
}

// ---- saving

void Drawer::save(Desk& desk) {
    if (!open()) return;
    if ((form_->dirty() || form_->is_new()) && !save_form(desk)) return;
    if (!shown_.id.nil() && timeline_.typing()) timeline_.add_note(desk, shown_.id);
}

bool Drawer::save_form(Desk& desk) {
    problem_.clear();
    std::optional<crm::Changes> changes = form_->collect(desk);
    if (!changes) {
        tab_ = Tab::details;
        return false;
    }
    Result<void> done;
    if (form_->is_new()) {
        Result<Uuid> added = desk.editor.add(shown_.model, std::move(*changes));
        if (added) {
            shown_.id = desk.shown_id = *added;
        } else {
            done = fail(added.error());
        }
    } else if (!changes->empty()) {
        done = desk.editor.set(shown_.model, shown_.id, std::move(*changes));
    }
    if (!done) {
        problem_ = done.error().message;
        form_->show_error(done.error());
        return false;
    }
    form_->mark_saved();
    if (const crm::Record* record = desk.state.find(shown_.model, shown_.id)) *form_ = Form(*record);
    saving_ticket_ = desk.last_ticket;
    return true;
}

void Drawer::on_saved(Desk& desk, std::uint64_t ticket) {
    if (ticket != saving_ticket_ || ticket == 0) return;
    saving_ticket_ = 0;
    saved_at_ = desk.clock.steady();
}

void Drawer::on_save_failed(Desk& desk, std::uint64_t ticket, const Error& error) {
    timeline_.on_save_failed(ticket);
    if (ticket != saving_ticket_ || ticket == 0 || !open()) return;
    saving_ticket_ = 0;
    problem_ = "Not saved: " + error.message;
    const crm::Record* record = desk.state.find(shown_.model, shown_.id);
    if (record == nullptr) shown_.id = desk.shown_id = {};
    form_->mark_unsaved(record);
}

// ---- drawing

void Drawer::draw(Desk& desk) {
    if (!open()) return;
    const crm::Record* record = shown_.id.nil() ? nullptr : desk.state.find(shown_.model, shown_.id);
    if (record == nullptr && !shown_.id.nil()) {  // deleted, here or elsewhere
        if (!typing()) return shut(desk);
        begin_anew(desk);
    }
    if (record != nullptr && saving_ticket_ == 0) form_->refresh(*record);
    // A field that has the keyboard keeps its letters by its name: those of another record are not its own.
    ImGui::PushID(taken_);
    const Theme& theme = desk.theme;
    const bool low = ImGui::GetWindowHeight() < theme.px(kShortBelow);
    if (!low) draw_head(desk, record);
    const float foot = theme.px(66);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(kPadding), theme.px(16)});
    ImGui::BeginChild("drawer body", {0, -foot}, ImGuiChildFlags_AlwaysUseWindowPadding | ImGuiChildFlags_NavFlattened);
    ImGui::PopStyleVar();
    if (low) {
        draw_head(desk, record);
        const ImVec2 below = ImGui::GetCursorScreenPos();
        ImGui::SetCursorScreenPos({below.x + theme.px(kPadding), below.y + theme.px(16)});
    }
    draw_body(desk, record);
    ImGui::EndChild();
    draw_foot(desk, record);
    ImGui::PopID();
}

void Drawer::draw_head(Desk& desk, const crm::Record* record) {
    const Theme& theme = desk.theme;
    const ImVec2 window{ImGui::GetWindowPos().x, ImGui::GetWindowPos().y - ImGui::GetScrollY()};
    const float width = ImGui::GetWindowWidth();
    float x = window.x + theme.px(kPadding);
    const float y = window.y + theme.px(16);
    if (!back_.empty()) {
        ImGui::SetCursorScreenPos({x - theme.px(8), y});
        if (icon_button(theme, "Back", icon::kChevronLeft)) desk.later([this, &desk] { close(desk); });
        x += theme.px(30);
    }
    std::string title = record != nullptr ? title_of(*record) : form_->name();
    const float room = width - (x - window.x) - theme.px(90);
    theme.push(Size::heading, true);
    draw_text({x, y + (theme.px(32) - ImGui::GetFontSize()) / 2}, theme.colors().text, title, room);
    Theme::pop();
    ImGui::SetCursorScreenPos({window.x + width - theme.px(50), y});
    if (icon_button(theme, "Close this record", icon::kClose)) desk.later([this, &desk] { close(desk); });
    if (record != nullptr) {
        ImGui::SetCursorScreenPos({window.x + width - theme.px(86), y});
        if (icon_button(theme, "Delete this record", icon::kTrash)) {
            desk.later([this, &desk, gone = shown_] {
                close(desk);
                remove_records(desk, gone.model, {gone.id});
            });
        }
    }
    ImGui::SetCursorScreenPos({window.x + theme.px(kPadding), y + theme.px(38)});
    draw_state(desk, record);
    if (record != nullptr) contact_.draw(desk, *record, window.x + theme.px(kPadding));
    if (record != nullptr) draw_tabs(desk, *record);
    const float bottom = ImGui::GetCursorScreenPos().y + theme.px(4);
    ImGui::GetWindowDrawList()->AddLine({window.x, bottom}, {window.x + width, bottom}, theme.colors().border,
                                        theme.px(1));
    ImGui::SetCursorScreenPos({window.x, bottom + theme.px(1)});
}

void Drawer::draw_state(Desk& desk, const crm::Record* record) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const SteadyMs now = desk.clock.steady();
    if (record == nullptr) {
        pill(theme, "Not saved yet", p.neutral);
    } else if (saving_ticket_ != 0 || desk.editor.saving(record->id)) {
        pill(theme, "Saving…", p.info, icon::kSave);
    } else if (saved_at_ != 0 && now - saved_at_ < kSavedShown_ms) {
        pill(theme, "Saved", p.ok, icon::kCheck);
        desk.redraw_within(kSavedShown_ms - (now - saved_at_));
    } else {
        const SyncMark mark = sync_mark(p, *record, false);
        pill(theme, mark.words, *mark.tone, mark.icon);
        ImGui::SameLine();
        const ImVec2 at = ImGui::GetCursorScreenPos();
        ImGui::SetCursorScreenPos({at.x, at.y + theme.px(3)});
        text(theme, "Changed " + ago_text(record->updated_at, desk.now()), p.muted, Size::small);
    }
}

void Drawer::draw_tabs(Desk& desk, const crm::Record& record) {
    const Theme& theme = desk.theme;
    const auto with_count = [&](const char* words, Model model) {
        const std::size_t count = desk.state.children(model, record.id).size();
        return (count == 0 ? std::string(words) : std::string(words) + " " + std::to_string(count)) + "##" + words +
               " tab";
    };
    std::vector<std::pair<Tab, std::string>> tabs{{Tab::details, "Details##Details tab"},
                                                  {Tab::timeline, "Timeline##Timeline tab"}};
    if (record.model == Model::lead) {
        tabs.emplace_back(Tab::payments, with_count("Payments", Model::payment));
        tabs.emplace_back(Tab::reminders, with_count("Reminders", Model::reminder));
    }
    tabs.emplace_back(Tab::files, "Files##Files tab");
    std::vector<std::string> labels;
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < tabs.size(); ++i) {
        labels.push_back(tabs[i].second);
        if (tabs[i].first == tab_) chosen = i;
    }
    ImGui::SetCursorScreenPos(
        {ImGui::GetWindowPos().x + theme.px(kPadding), ImGui::GetCursorScreenPos().y + theme.px(6)});
    theme.push(Size::small);
    if (segments(theme, "tabs", labels, chosen)) tab_ = tabs[chosen].first;
    Theme::pop();
    ImGui::Dummy({0, theme.px(2)});
}

void Drawer::draw_body(Desk& desk, const crm::Record* record) {
    const Theme& theme = desk.theme;
    if (!problem_.empty()) {
        paragraph(theme, problem_, theme.colors().danger.strong);
        ImGui::Dummy({0, theme.px(6)});
    }
    if (tab_ == Tab::details) draw_news(theme);
    if (shown_.model == Model::lead && form_->is_new()) draw_alike(desk);
    if (record == nullptr) return form_->draw(desk);
    switch (tab_) {
        case Tab::details: return form_->draw(desk);
        case Tab::timeline: return timeline_.draw(desk, *record);
        case Tab::payments: return draw_children(desk, Model::payment, record->id);
        case Tab::reminders: return draw_children(desk, Model::reminder, record->id);
        case Tab::files: return files_.draw(desk, *record);
    }
}

bool Drawer::take_file(Desk& desk, const std::string& file) {
    const crm::Record* record = open() && !shown_.id.nil() ? desk.state.find(shown_.model, shown_.id) : nullptr;
    if (record == nullptr) return false;
    // A table dropped beside the files' list is to be imported.
    if (tab_ != Tab::files && file.ends_with(".csv")) return false;
    Files::attach(desk, *record, file);
    tab_ = Tab::files;
    return true;
}

/// What sync has brought into the form that is open.
void Drawer::draw_news(const Theme& theme) {
    const std::string words = form_->news();
    if (words.empty()) return;
    paragraph(theme, words, theme.colors().info.strong, Size::small);
    if (link(theme, "I see##news")) form_->news_read();
    ImGui::Dummy({0, theme.px(6)});
}

/// Whom the new lead may be. Only a hint: everything can be saved.
void Drawer::draw_alike(Desk& desk) {
    const auto typed = [this](const char* field) { return std::string(form_->text_of(field)); };
    alike_.update(desk, {typed("name"), typed("company"), typed("phone"), typed("email"), shown_.id});
    if (alike_.found().empty()) return;
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    text(theme, "Perhaps known already", p.warn.strong, Size::small, true);
    for (const auto& [id, likeness] : alike_.found()) {
        const crm::Record* lead = desk.state.find(Model::lead, id);
        if (lead == nullptr) continue;
        ImGui::PushID(id.str().c_str());
        if (link(theme, (crm::title(*lead) + "##alike").c_str())) desk.open(Model::lead, id);
        ImGui::SameLine(0, theme.px(6));
        text(theme, std::string("has ") + words_of(likeness), p.muted, Size::small);
        ImGui::PopID();
    }
    ImGui::Dummy({0, theme.px(8)});
}

void Drawer::draw_foot(Desk& desk, const crm::Record* record) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    const ImVec2 window = ImGui::GetWindowPos();
    const float width = ImGui::GetWindowWidth();
    const float top = window.y + ImGui::GetWindowHeight() - theme.px(66);
    ImGui::GetWindowDrawList()->AddLine({window.x, top}, {window.x + width, top}, p.border, theme.px(1));
    const float y = top + theme.px(16);
    const bool unsaved = typing() || record == nullptr;
    const float save_width = theme.px(96);
    float x = window.x + width - theme.px(kPadding) - save_width;
    ImGui::SetCursorScreenPos({x, y});
    ImGui::BeginDisabled(!unsaved);
    if (button(theme, "Save", ButtonKind::primary, nullptr, save_width)) desk.later([this, &desk] { save(desk); });
    ImGui::EndDisabled();
    tooltip(theme, "Ctrl+Enter");
    const float cancel_width = theme.px(84);
    x -= cancel_width + theme.px(8);
    ImGui::SetCursorScreenPos({x, y});
    if (button(theme, unsaved ? "Cancel" : "Close##Close drawer", ButtonKind::plain, nullptr, cancel_width)) {
        desk.later([this, &desk] { close(desk); });
    }
    tooltip(theme, "Esc");
    const float text_y = y + (theme.px(34) - ImGui::GetFontSize()) / 2;
    const bool editing = unsaved && record != nullptr;
    draw_text({window.x + theme.px(kPadding), text_y}, editing ? p.warn.strong : p.faint,
              editing                          ? "Unsaved changes"
              : unsaved                        ? ""
              : desk.editor.saving(record->id) ? "Saving…"
                                               : "Everything is saved",
              x - window.x - theme.px(kPadding));
}

}  // namespace ct::ui
