// How one value looks in a table, and how a column is sorted and searched.
#pragma once

#include <string>

#include "ui/desk.h"
#include "ui/order.h"
#include "ui/records.h"

namespace ct::ui {

/// Draws one cell into the row whose top left is the cursor. `height` is the row's.
void draw_cell(Desk& desk, const Column& column, const crm::Record& record, float height);
[[nodiscard]] SortKey sort_key(const client::State& state, const Column& column, const crm::Record& record);
/// Everything of a record that the filter searches, folded.
[[nodiscard]] std::string search_words(const client::State& state, const crm::Record& record);

/// The record's own currency, or empty where its model has none.
[[nodiscard]] std::string_view currency_of(const crm::Record& record);

/// Whether a record has reached the server: icon, colour and words.
struct SyncMark {
    const char* icon;
    const Tone* tone;
    const char* words;
};
/// `saving`: an edit of it is shown already, and not on the disk yet.
[[nodiscard]] SyncMark sync_mark(const Palette& palette, const crm::Record& record, bool saving);

}  // namespace ct::ui
