// Every number that steers syncing, with its reason, in one place. Tests vary them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ct::sync {

struct Tuning {
    /// A round at least this often when nothing else asks for one (product.md); the user can set it.
    std::int64_t interval_ms = 300'000;
    /// Spread of the interval, so that an office's laptops do not knock at the same second.
    double interval_jitter = 0.1;
    /// Typing comes in bursts: wait this long after the last edit, so that one form is one push.
    std::int64_t after_edit_ms = 2'000;
    /// … but a steady stream of edits must not put sending off for ever.
    std::int64_t after_edit_max_ms = 10'000;

    /// Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
    std::int64_t backoff_first_ms = 1'000;
    std::int64_t backoff_max_ms = 300'000;
    /// Never quite at once: a refused connection answers in microseconds.
    std::int64_t backoff_floor_ms = 200;
    /// Where the system says that no link is up we still look now and then: it has been known to be wrong.
    std::int64_t link_down_retry_ms = 300'000;

    /// A pull waits so long at the server for news: the most that it grants (protocol.md, "wait").
    std::int64_t listen_wait_s = 25;
    /// Where something on the way cuts even this short a silence, listening costs more than it gives.
    std::int64_t listen_wait_min_s = 5;
    /// Between one piece of news and the next: an office that types must not make a laptop ask ten times a second.
    std::int64_t listen_gap_ms = 500;
    /// So many failures in a row, and it polls only for a while.
    int listen_faults_max = 3;
    std::int64_t listen_rest_ms = 600'000;
    /// Where one pays by the byte the interval is so many times as long: half an hour.
    std::int64_t metered_interval_factor = 6;
    /// Rounds without any progress before the log is told why.
    int stall_rounds = 2;
    /// Longer than every deadline of the transport: an answer that has not come by then was lost within this program.
    std::int64_t answer_max_ms = 600'000;

    /// A first batch that a slow link (64 kbit/s) carries in half a minute, compressed.
    std::size_t batch_bytes_first = 256 * 1024;
    /// Beyond this neither round trips nor compression gain anything that was measurable.
    std::size_t batch_bytes_max = 2 * 1024 * 1024;
    /// The server's own limit per push (ServiceOptions::operations_max).
    std::size_t batch_operations_max = 5'000;

    /// The first page of a fresh profile is small, so that work can start; later ones amortise the round trip, and are
    /// written in a few milliseconds, so that no edit waits for long behind one.
    std::int64_t pull_first_limit = 500;
    std::int64_t pull_limit = 2'000;

    /// On a slow link an exchange is no longer than this: what breaks then is lost (see pace.h for links that do).
    std::int64_t exchange_max_ms = 15'000;
    /// After a break in the middle of an exchange it goes on at once, and with less; after so many without an answer
    /// between them it waits as after any other failure.
    int breaks_in_a_row_max = 8;

    /// The mirror is compared with the server behind every so many rounds. When all is well, which is nearly always,
    /// that is one request of 0.3 kB.
    int verify_every_rounds = 20;
};

}  // namespace ct::sync
