// Seeded bugs, by which the simulator proves that it would see real ones (tests/sim/mutants_test.cpp). In everything
// that is shipped CT_MUTANT is the constant `false`: only the program of that test is built with CT_MUTANTS, out of a
// second copy of the few files that hold one.
#pragma once

#ifdef CT_MUTANTS
namespace ct::mutant {

enum class Bug {
    none,
    ack_before_commit,     ///< the server answers, and forgets to make it durable
    drop_operation,        ///< an edit is shown and not queued
    ignore_receipts,       ///< an operation that was seen is applied again
    cursor_gap,            ///< a cursor moves past a row that was not sent
    skip_rebase,           ///< a pulled row hides the own unsettled edits
    compact_sent,          ///< an operation that was sent is altered
    page_without_cursor,   ///< a page is applied and its cursor not kept
    cursor_without_page,   ///< … and the other way round
    never_settled,         ///< a verdict is booked and the operation kept
    half_group,            ///< what was good in a spoilt group is applied
    wrong_stamp_order,     ///< the earlier edit wins
    foreign_echo,          ///< others' edits are taken for a device's own, and not sent to it
    sequence_after_renew,  ///< a new identity goes on counting where the old one was
    crossed_workspaces,    ///< everyone reads the first workspace
    unsynced_commit,       ///< the laptop's database does not flush
    saved_when_refused,    ///< an edit that the disk refused is called saved
    silent_deletes,        ///< deletions are not sent
    parked_for_ever,       ///< what waited for another operation goes on waiting
    count_
};
inline Bug active = Bug::none;

}  // namespace ct::mutant
#define CT_MUTANT(bug) (::ct::mutant::active == ::ct::mutant::Bug::bug)
#else
#define CT_MUTANT(bug) false
#endif
