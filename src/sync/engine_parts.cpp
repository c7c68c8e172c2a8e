// The catch-up: what was left out and is wanted again (selection.h), pulled from the start behind the main pull of each
// round, which is not held up by it.
#include <utility>

#include "sync/engine.h"
#include "sync/selection.h"

namespace ct::sync {

void Engine::begin_catch_up() {
    catching_up_ = true;
    pull_complete_ = false;
    page_being_applied_ = false;
    send_pull(std::nullopt);
}

void Engine::on_part_page(PullPage&& page) {
    trusted_ = true;
    went_through(page_rows_, page.rows.size());
    pull_complete_ = closes_catch_up(page);
    pull_remaining_ = page.remaining;
    page_being_applied_ = true;
    std::optional<std::string> next;
    if (!pull_complete_) next = page.cursor;
    out_.push_back(action::ApplyPage{std::move(page), true});
    if (next) send_pull(std::move(next));
}

}  // namespace ct::sync
