// What the tests of the inspector share: it is open on a tab, was told how things stand, and its questions are seen.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "driver.h"

namespace ct::test {

using client::inspect::Answer;
using client::inspect::Look;

inline Look a_look() {
    Look look;
    look.now = TestClock::kStart;
    look.steady = 100'000;
    look.engine.interval_ms = 300'000;
    look.engine.due = 134'000;
    look.schema = 4;
    look.sqlite_version = "3.46.1";
    look.next_sequence = 41;
    look.commands.high_water = 17;
    look.since_last_us = 250'000;
    look.worker_busy_us = 25'000;
    look.commits.add(12'000);
    return look;
}

inline void tell(Driver& ui, Look look) { ui.send(Answer(std::make_shared<const Look>(std::move(look)))); }

/// The inspector on that tab, with a first look.
inline void open_on(Driver& ui, const char* tab) {
    client::SyncView view;
    view.server_url = "https://crm.example.com";
    view.indicator = client::Indicator::pending;
    view.device_id = "device-7";
    view.epoch = "epoch-1";
    view.cursor = "c41";
    ui.show_sync(view);
    ui.key(ImGuiKey_F12);
    tell(ui, a_look());
    ui.click(tab);
}

template <class Question>
std::vector<Question> asked(const Driver& ui) {
    std::vector<Question> found;
    for (const auto& question : ui.posted<client::inspect::Question>()) {
        if (const auto* one = std::get_if<Question>(&question)) found.push_back(*one);
    }
    return found;
}

inline std::shared_ptr<client::RequestSeen> request(std::uint64_t number, const char* what, int status) {
    auto seen = std::make_shared<client::RequestSeen>();
    seen->number = number;
    seen->what = what;
    seen->method = "POST";
    seen->path = "/api/sync/push";
    seen->began_at = TestClock::kStart + static_cast<UnixMs>(number) * 100;
    seen->status = status;
    seen->traffic.connect_us = 1'500;
    seen->traffic.send_us = 200;
    seen->traffic.wait_us = 41'000;
    seen->traffic.receive_us = 300;
    seen->traffic.total_us = 43'500;
    seen->traffic.bytes_sent = 900;
    if (status == 0) {
        seen->failure = "refused";
        seen->detail = "connect to 10.0.0.2:8787: Connection refused";
    }
    return seen;
}

inline void tell_requests(Driver& ui, std::vector<std::shared_ptr<const client::RequestSeen>> seen) {
    ui.send(Answer(client::inspect::Requests{std::move(seen)}));
    ui.frames(2);
}

}  // namespace ct::test
