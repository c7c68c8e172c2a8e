// What a pull's answer would change on this laptop, tried on a copy of its database.
#include "ui/format.h"
#include "ui/icons.h"
#include "ui/inspector_parts.h"
#include "ui/inspector_tabs.h"
#include "ui/widgets.h"

namespace ct::ui {
namespace {

using client::inspect::PageTried;

constexpr GridColumn kModels[] = {
    {"MODEL", 1}, {"NEW", -40, true}, {"CHANGED", -58, true}, {"GONE", -40, true}, {"SAME", -40, true}};
constexpr GridColumn kDifferences[] = {{"WHAT", -58}, {"RECORD", -124}, {"FIELDS", 1}};

std::string cursor_words(const std::optional<std::string>& cursor) { return cursor ? *cursor : "the start"; }

std::string from_to(std::int64_t before, std::int64_t after) {
    return before == after ? std::to_string(before) + ", as before"
                           : std::to_string(before) + " before, " + std::to_string(after) + " after";
}

PageTried::Counts sum_of(const PageTried& tried) {
    PageTried::Counts sum;
    for (const PageTried::Counts& counts : tried.models) {
        sum.added += counts.added;
        sum.changed += counts.changed;
        sum.removed += counts.removed;
        sum.orphans_before += counts.orphans_before;
        sum.orphans_after += counts.orphans_after;
    }
    return sum;
}

void draw_facts(const Theme& theme, const PageTried& tried) {
    const Palette& p = theme.colors();
    const PageTried::Counts sum = sum_of(tried);
    const std::int64_t differing = sum.added + sum.changed + sum.removed;
    if (tried.error) {
        paragraph(theme, tried.error->code + ": " + tried.error->message, p.danger.strong, Size::small);
    } else {
        text(theme,
             differing == 0 ? "It changes nothing here" : "It changes " + count_text(differing, "record", "records"),
             Size::body, true);
    }
    if (!tried.fits || tried.held.any()) ImGui::Dummy({0, theme.px(4)});
    if (!tried.fits)
        paragraph(theme, "It does not begin where this laptop is, so it is ignored. Tried as if it did.", p.warn.strong,
                  Size::small);
    if (tried.held.any())
        paragraph(theme, "It takes away " + client::in_words(tried.held) + ", and waits until somebody allows it.",
                  p.warn.strong, Size::small);
    ImGui::Dummy({0, theme.px(4)});
    fact(theme, "Rows in it", count_text(tried.rows, "", "") + (tried.has_more ? ", and more to come" : ", the last"));
    if (tried.kind != PageTried::Kind::records) {
        fact(theme, "It begins at", cursor_words(tried.page_from), tried.fits ? nullptr : &p.warn);
        fact(theme, "Cursor before", cursor_words(tried.cursor_before));
        fact(theme, "Cursor after", cursor_words(tried.cursor_after));
    }
    fact(theme, "Unsettled edits", from_to(tried.unsettled_before, tried.unsettled_after));
    fact(theme, "Without their parent", from_to(sum.orphans_before, sum.orphans_after),
         sum.orphans_after > sum.orphans_before ? &p.danger : nullptr);
    fact(
        theme, "The copy",
        bytes_text(tried.copied_bytes) + " in " + us_words(tried.copy_us) + ", applied in " + us_words(tried.apply_us));
}

void draw_models(const Theme& theme, const PageTried& tried) {
    const Palette& p = theme.colors();
    const float height = theme.px(26.0F * static_cast<float>(crm::kModelCount + 1) + 2);
    const Grid grid(theme, "trial models", kModels, {0, height});
    grid.rows(crm::kModelCount, [&](std::size_t i) {
        const PageTried::Counts& counts = tried.models[i];
        const std::string name(crm::models()[i].plural);
        (void)grid.row(name.c_str(), false);
        grid.cell(capital(name), p.text);
        const auto number = [&](std::int64_t value, ImU32 color) {
            grid.cell(count_text(value, "", ""), value == 0 ? p.faint : color, value > 0);
        };
        number(counts.added, p.ok.strong);
        number(counts.changed, p.info.strong);
        number(counts.removed, p.danger.strong);
        number(counts.same, p.muted);
    });
}

std::string fields_words(const PageTried::Difference& difference) {
    std::string words = std::to_string(difference.version_before) + " → " + std::to_string(difference.version_after);
    for (std::size_t i = 0; i < difference.fields.size(); ++i) {
        words += (i == 0 ? ": " : ", ") + std::string(crm::def(difference.model, difference.fields[i]).name);
    }
    return words;
}

void draw_differences(const Theme& theme, const PageTried& tried) {
    if (tried.differences.empty()) return;
    const Palette& p = theme.colors();
    ImGui::Dummy({0, theme.px(8)});
    const Grid grid(theme, "trial differences", kDifferences, {0, 0});
    grid.rows(tried.differences.size(), [&](std::size_t i) {
        const PageTried::Difference& difference = tried.differences[i];
        const Uuid& id = difference.id;
        if (grid.row(("difference " + std::to_string(i)).c_str(), false)) ImGui::SetClipboardText(id.str().c_str());
        const std::string fields = fields_words(difference);
        if (ImGui::IsItemHovered()) tooltip(theme, id.str() + ", version " + fields);
        switch (difference.effect) {
            case PageTried::Effect::added: grid.cell("New", p.ok.strong, true); break;
            case PageTried::Effect::changed: grid.cell("Changed", p.info.strong, true); break;
            case PageTried::Effect::removed: grid.cell("Gone", p.danger.strong, true); break;
        }
        grid.cell(std::string(crm::name(difference.model)) + " " + short_id(id), p.muted);
        grid.cell(fields, p.text);
    });
}

}  // namespace

void draw_trial(Desk& desk, InspectorData& data, const std::shared_ptr<const client::RequestSeen>& seen) {
    const Theme& theme = desk.theme;
    const Palette& p = theme.colors();
    if (!seen->page) {
        paragraph(theme,
                  seen->failed()
                      ? "Nothing to try: it was not answered with a page."
                      : "Nothing to try: the answer was not kept. It went before the inspector was opened, or "
                        "had to make room. F5 asks for the next one.",
                  p.muted, Size::small);
        return;
    }
    paragraph(theme,
              "Applies this answer to a copy of the database, tells what would change, and throws the copy away. "
              "Nothing happens to the real one.",
              p.muted, Size::small);
    ImGui::Dummy({0, theme.px(8)});
    const bool busy = data.trying != 0;
    ImGui::BeginDisabled(busy);
    if (button(theme, busy ? "Trying …" : "Try on a copy", ButtonKind::primary)) {
        data.trying = seen->number;
        data.tried.reset();
        desk.post(client::inspect::TryPage{seen});
    }
    ImGui::EndDisabled();
    if (!data.tried || data.tried->request != seen->number) return;
    ImGui::Dummy({0, theme.px(10)});
    draw_facts(theme, *data.tried);
    ImGui::Dummy({0, theme.px(8)});
    draw_models(theme, *data.tried);
    draw_differences(theme, *data.tried);
}

}  // namespace ct::ui
