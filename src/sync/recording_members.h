// What of each type is recorded: one table per type, from which the binary form, JSON and the layout's fingerprint are
// derived. Private to recording*.cpp and rerun.cpp.
#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "sync/recording.h"

namespace ct::sync {

/// How a member is recorded.
enum class Shape : std::uint8_t {
    plain,
    text,   ///< a sentence that came from elsewhere: goes through the TextFilter
    names,  ///< of Changes: the names of the fields
    count,  ///< of Changes: how many
};

template <Shape kShape, class T, class M>
struct Member {
    std::string_view name;
    M T::*pointer;
};
template <Shape kShape = Shape::plain, class T, class M>
constexpr Member<kShape, T, M> member(std::string_view name, M T::*pointer) {
    return {name, pointer};
}

#define CT_RECORDED(Type, ...)                                       \
    template <>                                                      \
    struct Members<Type> {                                           \
        using T = Type;                                              \
        static constexpr auto all = std::make_tuple(__VA_ARGS__);    \
        static constexpr std::string_view name = unqualified(#Type); \
    }
#define CT_MEMBER(name) member(#name, &T::name)

constexpr std::string_view unqualified(std::string_view name) { return name.substr(name.rfind(':') + 1); }

// ---- names of enumerations; others are numbers
template <class E>
inline constexpr std::array<std::string_view, 0> kNames{};
template <>
inline constexpr std::array<std::string_view, 4> kNames<crm::Model>{"Lead", "Note", "Payment", "Reminder"};
template <>
inline constexpr std::array<std::string_view, 3> kNames<crm::Policy>{"lww", "manual", "force"};
template <>
inline constexpr std::array<std::string_view, 3> kNames<OperationKind>{"CREATE", "UPDATE", "DELETE"};
template <>
inline constexpr std::array<std::string_view, 5> kNames<Verdict>{"applied", "merged", "superseded", "conflict",
                                                                 "rejected"};
template <>
inline constexpr std::array<std::string_view, 3> kNames<RowKind>{"changed", "deleted", "revoked"};
template <>
inline constexpr std::array<std::string_view, 3> kNames<Unreachable::Kind>{"no_route", "server_away", "login_page"};

// ---- values
CT_RECORDED(Error, CT_MEMBER(kind), CT_MEMBER(code), CT_MEMBER(field));
CT_RECORDED(crm::Record, CT_MEMBER(id), CT_MEMBER(model), CT_MEMBER(deleted), CT_MEMBER(version),
            member("updatedAt", &T::updated_at));
CT_RECORDED(Operation, CT_MEMBER(id), CT_MEMBER(kind), CT_MEMBER(model), CT_MEMBER(record), CT_MEMBER(base),
            CT_MEMBER(stamp), CT_MEMBER(policy), CT_MEMBER(group), member<Shape::names>("fields", &T::changes));
CT_RECORDED(OperationResult, CT_MEMBER(id), CT_MEMBER(verdict), CT_MEMBER(version), CT_MEMBER(record),
            member("lost", &T::fields), member<Shape::count>("overrode", &T::overrode), CT_MEMBER(revived),
            CT_MEMBER(by), CT_MEMBER(error));
CT_RECORDED(PushAnswer, CT_MEMBER(epoch), CT_MEMBER(sequence), CT_MEMBER(version),
            member("serverTime", &T::server_time), CT_MEMBER(results), CT_MEMBER(later));
CT_RECORDED(PullRow, CT_MEMBER(kind), CT_MEMBER(model), CT_MEMBER(whole), CT_MEMBER(id), CT_MEMBER(version),
            member<Shape::count>("fields", &T::changes));
CT_RECORDED(PullPage, CT_MEMBER(epoch), CT_MEMBER(from), CT_MEMBER(cursor), member("hasMore", &T::has_more),
            CT_MEMBER(remaining), member("purgeFloor", &T::purge_floor), member("serverTime", &T::server_time),
            CT_MEMBER(rows));
CT_RECORDED(Health, CT_MEMBER(product), CT_MEMBER(version), CT_MEMBER(epoch), member("serverTime", &T::server_time));
CT_RECORDED(Problem, CT_MEMBER(status), CT_MEMBER(code), member<Shape::text>("detail", &T::detail),
            member("retryAfter", &T::retry_after_s), CT_MEMBER(expected), CT_MEMBER(epoch));
CT_RECORDED(Unreachable, CT_MEMBER(kind), member("timedOut", &T::timed_out), member<Shape::text>("detail", &T::detail),
            member("brokenOff", &T::broken_off));
CT_RECORDED(Bucket, CT_MEMBER(count), CT_MEMBER(digest));
CT_RECORDED(VersionedId, CT_MEMBER(id), CT_MEMBER(version));
CT_RECORDED(VerifyModel, CT_MEMBER(model), CT_MEMBER(buckets), CT_MEMBER(records));
CT_RECORDED(VerifyAnswer, CT_MEMBER(epoch), CT_MEMBER(version), CT_MEMBER(from), CT_MEMBER(behind), CT_MEMBER(moved),
            CT_MEMBER(models));
CT_RECORDED(VerifyRequest, CT_MEMBER(models), CT_MEMBER(buckets), CT_MEMBER(cursor), CT_MEMBER(list));
CT_RECORDED(VerifyCounts, CT_MEMBER(complete), CT_MEMBER(compared), CT_MEMBER(differing), CT_MEMBER(repaired));
CT_RECORDED(RoundCounts, CT_MEMBER(pushed), CT_MEMBER(merged), CT_MEMBER(superseded), CT_MEMBER(conflicts),
            CT_MEMBER(failed), CT_MEMBER(pulled), CT_MEMBER(requests));

// ---- events
CT_RECORDED(event::QueueChanged, CT_MEMBER(sendable), CT_MEMBER(edited), CT_MEMBER(parked), CT_MEMBER(errors),
            CT_MEMBER(conflicts));
CT_RECORDED(event::Account, member("hasServer", &T::has_server), member("signedIn", &T::signed_in),
            member("pullFirst", &T::pull_first));
CT_RECORDED(event::LinkChanged, CT_MEMBER(up));
CT_RECORDED(event::OfflineChosen, CT_MEMBER(on));
CT_RECORDED(event::SyncAsked, CT_MEMBER(push), CT_MEMBER(pull), CT_MEMBER(verify), CT_MEMBER(repair));
CT_RECORDED(event::Nudged, );
CT_RECORDED(event::IntervalChanged, member("intervalMs", &T::interval_ms));
CT_RECORDED(event::ListenChosen, CT_MEMBER(on));
CT_RECORDED(event::Metered, CT_MEMBER(on));
CT_RECORDED(event::TimerFired, );
CT_RECORDED(event::BatchReady, CT_MEMBER(sequence), CT_MEMBER(operations), CT_MEMBER(bytes));
CT_RECORDED(event::Answered, CT_MEMBER(request), CT_MEMBER(reply));
CT_RECORDED(event::Settled, CT_MEMBER(applied), CT_MEMBER(merged), CT_MEMBER(superseded), CT_MEMBER(conflicts),
            CT_MEMBER(rejected));
CT_RECORDED(event::PageDone, CT_MEMBER(rows), CT_MEMBER(ignored), CT_MEMBER(held),
            member("partsMissing", &T::parts_missing), CT_MEMBER(lost));
CT_RECORDED(event::RemovalsDecided, CT_MEMBER(allowed));
CT_RECORDED(event::Compared, CT_MEMBER(usable), CT_MEMBER(compared), CT_MEMBER(differing), CT_MEMBER(next),
            CT_MEMBER(fetch));
CT_RECORDED(event::IdentityRenewed, member("deviceId", &T::device_id), CT_MEMBER(epoch));
CT_RECORDED(event::LocalFailure, member<Shape::text>("message", &T::message));

// ---- actions
CT_RECORDED(action::SendProbe, CT_MEMBER(request));
CT_RECORDED(action::PrepareBatch, member("bytesMax", &T::bytes_max), member("operationsMax", &T::operations_max));
CT_RECORDED(action::SendPush, CT_MEMBER(request), CT_MEMBER(sequence), CT_MEMBER(operations));
CT_RECORDED(action::Settle, CT_MEMBER(answer));
CT_RECORDED(action::SendPull, CT_MEMBER(request), CT_MEMBER(cursor), CT_MEMBER(limit), member("catchUp", &T::catch_up));
CT_RECORDED(action::ApplyPage, CT_MEMBER(page), member("catchUp", &T::catch_up));
CT_RECORDED(action::SendVerify, CT_MEMBER(request), CT_MEMBER(question), CT_MEMBER(thorough));
CT_RECORDED(action::CompareMirror, CT_MEMBER(answer));
CT_RECORDED(action::SendRepair, CT_MEMBER(request), CT_MEMBER(records));
CT_RECORDED(action::ApplyRepair, CT_MEMBER(page));
CT_RECORDED(action::CancelRequests, );
CT_RECORDED(action::Listen, CT_MEMBER(request), member("waitS", &T::wait_s), CT_MEMBER(limit));
CT_RECORDED(action::StopListening, );
CT_RECORDED(action::Stalled, member<Shape::text>("reason", &T::reason), CT_MEMBER(outcome), CT_MEMBER(rounds));
CT_RECORDED(action::RenewDevice, );
CT_RECORDED(action::NumberFrom, CT_MEMBER(sequence));
CT_RECORDED(action::RestartPull, member("otherEpoch", &T::other_epoch), CT_MEMBER(epoch),
            member("catchUp", &T::catch_up));
CT_RECORDED(action::DropToken, );
CT_RECORDED(action::RoundFinished, CT_MEMBER(counts), member("durationMs", &T::duration_ms), CT_MEMBER(outcome),
            member<Shape::text>("detail", &T::detail), member("askedFor", &T::asked_for), CT_MEMBER(verify));

// ---- what an engine remembers: all but its source of chance and the actions that it is just giving
CT_RECORDED(Tuning, CT_MEMBER(interval_ms), CT_MEMBER(interval_jitter), CT_MEMBER(after_edit_ms),
            CT_MEMBER(after_edit_max_ms), CT_MEMBER(backoff_first_ms), CT_MEMBER(backoff_max_ms),
            CT_MEMBER(backoff_floor_ms), CT_MEMBER(link_down_retry_ms), CT_MEMBER(listen_wait_s),
            CT_MEMBER(listen_wait_min_s), CT_MEMBER(listen_gap_ms), CT_MEMBER(listen_faults_max),
            CT_MEMBER(listen_rest_ms), CT_MEMBER(metered_interval_factor), CT_MEMBER(stall_rounds),
            CT_MEMBER(answer_max_ms), CT_MEMBER(batch_bytes_first), CT_MEMBER(batch_bytes_max),
            CT_MEMBER(batch_operations_max), CT_MEMBER(pull_first_limit), CT_MEMBER(pull_limit),
            CT_MEMBER(exchange_max_ms), CT_MEMBER(breaks_in_a_row_max), CT_MEMBER(verify_every_rounds));
CT_RECORDED(Pace, CT_MEMBER(longest_ms_), CT_MEMBER(overhead_ms_), CT_MEMBER(unbroken_ms_), CT_MEMBER(between_ms_),
            CT_MEMBER(breaks_));
CT_RECORDED(Portion, CT_MEMBER(size_), CT_MEMBER(most_), CT_MEMBER(ms_each_), CT_MEMBER(careful_));
CT_RECORDED(Engine, CT_MEMBER(tuning_), CT_MEMBER(has_server_), CT_MEMBER(signed_in_), CT_MEMBER(link_up_),
            CT_MEMBER(offline_chosen_), CT_MEMBER(listen_chosen_), CT_MEMBER(metered_), CT_MEMBER(sendable_),
            CT_MEMBER(parked_), CT_MEMBER(errors_), CT_MEMBER(conflicts_), CT_MEMBER(first_edit_at_),
            CT_MEMBER(last_edit_at_), CT_MEMBER(phase_), CT_MEMBER(now_), CT_MEMBER(heard_of_at_),
            CT_MEMBER(round_began_at_), CT_MEMBER(last_request_), CT_MEMBER(awaited_), CT_MEMBER(sent_sequence_),
            CT_MEMBER(sent_ids_), CT_MEMBER(sent_bytes_), CT_MEMBER(asked_at_), CT_MEMBER(asked_cursor_),
            CT_MEMBER(breaks_in_a_row_), CT_MEMBER(held_back_), CT_MEMBER(page_being_applied_),
            CT_MEMBER(pull_complete_), CT_MEMBER(catching_up_), CT_MEMBER(parts_wait_), CT_MEMBER(asked_for_),
            CT_MEMBER(again_), CT_MEMBER(want_push_), CT_MEMBER(want_pull_), CT_MEMBER(verify_asked_),
            CT_MEMBER(repair_), CT_MEMBER(pull_held_), CT_MEMBER(pull_held_until_), CT_MEMBER(comparing_),
            CT_MEMBER(verify_steps_), CT_MEMBER(verify_), CT_MEMBER(pull_first_), CT_MEMBER(restarts_),
            CT_MEMBER(pull_remaining_), CT_MEMBER(deferred_), CT_MEMBER(counts_), CT_MEMBER(listening_),
            CT_MEMBER(listen_began_at_), CT_MEMBER(listen_not_before_), CT_MEMBER(listen_wait_s_),
            CT_MEMBER(ear_faults_), CT_MEMBER(caught_up_), CT_MEMBER(heard_being_applied_), CT_MEMBER(heard_more_),
            CT_MEMBER(in_vain_), CT_MEMBER(tell_at_), CT_MEMBER(told_outcome_), CT_MEMBER(due_), CT_MEMBER(trusted_),
            CT_MEMBER(failures_), CT_MEMBER(retry_after_ms_), CT_MEMBER(pace_), CT_MEMBER(batch_bytes_),
            CT_MEMBER(page_rows_), CT_MEMBER(last_success_at_), CT_MEMBER(rounds_unverified_), CT_MEMBER(obstacle_),
            CT_MEMBER(last_error_), member<Shape::text>("last_detail_", &T::last_detail_));

// ---- entries
CT_RECORDED(Begin, CT_MEMBER(at), CT_MEMBER(wall), CT_MEMBER(program), member("goesOn", &T::goes_on),
            CT_MEMBER(engine));
CT_RECORDED(Step, CT_MEMBER(at), CT_MEMBER(wall), CT_MEMBER(event), CT_MEMBER(drawn), CT_MEMBER(actions));
CT_RECORDED(Note, CT_MEMBER(wall), member<Shape::text>("words", &T::words));
CT_RECORDED(Exchange, CT_MEMBER(wall), CT_MEMBER(lane), CT_MEMBER(what), member<Shape::text>("path", &T::path),
            CT_MEMBER(status), CT_MEMBER(failure), member<Shape::text>("detail", &T::detail), CT_MEMBER(attempt),
            member("requestBytes", &T::request_bytes), member("responseBytes", &T::response_bytes), CT_MEMBER(sent),
            CT_MEMBER(received), CT_MEMBER(reused), member("lookUpUs", &T::look_up_us),
            member("connectUs", &T::connect_us), member("tlsUs", &T::tls_us), member("sendUs", &T::send_us),
            member("waitUs", &T::wait_us), member("receiveUs", &T::receive_us), member("totalUs", &T::total_us));
CT_RECORDED(Gap, CT_MEMBER(bytes), member("otherVersion", &T::other_version));

#undef CT_RECORDED
#undef CT_MEMBER

// ---- what kind of type it is
template <class T>
concept HasMembers = requires {
    Members<T>::all;
};
template <class T, template <class...> class Of>
inline constexpr bool kIs = false;
template <template <class...> class Of, class... Args>
inline constexpr bool kIs<Of<Args...>, Of> = true;
template <class>
inline constexpr bool kNever = false;

/// Calls visit(member) for each member of T in order.
template <class T, class Visit>
constexpr void each_member(Visit&& visit) {
    std::apply([&](const auto&... members) { (visit(members), ...); }, Members<T>::all);
}

}  // namespace ct::sync
