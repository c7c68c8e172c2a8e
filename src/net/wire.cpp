#include "net/wire.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ct::net {
namespace {

// Headers of either side fit; larger reads and writes go past the buffers.
constexpr std::size_t kReadAhead = 8 * 1'024;
// Up to here header and body leave in one segment train; above it the copy costs more than the extra call.
constexpr std::size_t kJoinUpTo = 32 * 1'024;
// Of a body that is given piece by piece.
constexpr std::size_t kPiece = 128 * 1'024;

}  // namespace

Wire::Wire(Handle socket, TlsSession* tls) : socket_(socket), tls_(tls), in_(kReadAhead) {}

void Wire::note(Trouble trouble, int error) {
    if (trouble_ != Trouble::none) return;
    trouble_ = trouble;
    error_number_ = error;
}

std::string Wire::trouble_text() const {
    switch (trouble_) {
        case Trouble::none: return "";
        case Trouble::timeout: return "no progress before the deadline";
        case Trouble::woken: return "cancelled";
        case Trouble::closed: return "the peer closed the connection";
        case Trouble::reset:
        case Trouble::failed: break;
    }
    if (!source_error_.empty()) return source_error_;
    if (cut_by_weather_) return "cut by the simulated link";
    if (error_number_ != 0) return system_message(error_number_);
    return tls_ != nullptr && !tls_->error().empty() ? tls_->error() : "the connection failed";
}

bool Wire::wait(Wait what, Milliseconds silence, Milliseconds on_after_wake) {
    const SteadyTime now = std::chrono::steady_clock::now();
    const SteadyTime deadline = std::min({limits_.total, now + silence, woken_until_});
    const bool awake = woken_until_ != SteadyTime::max();
    switch (wait_for(socket_, what, deadline, awake ? nullptr : limits_.wake)) {
        case Readiness::ready: return true;
        case Readiness::timeout: note(awake ? Trouble::woken : Trouble::timeout); return false;
        case Readiness::woken:
            if (on_after_wake <= Milliseconds::zero()) {
                note(Trouble::woken);
                return false;
            }
            woken_until_ = std::chrono::steady_clock::now() + on_after_wake;
            return wait(what, silence, on_after_wake);
        case Readiness::failed: break;
    }
    note(Trouble::failed);
    return false;
}

/// The simulated link keeps bytes back for so long.
bool Wire::pause(std::int64_t ms, Milliseconds silence) {
    if (ms <= 0) return true;
    const SteadyTime now = std::chrono::steady_clock::now();
    const bool longer = ms > silence.count();
    const SteadyTime until = std::min(limits_.total, now + (longer ? silence : Milliseconds(ms)));
    if (wait_for(kNoHandle, Wait::to_read, until, limits_.wake) == Readiness::woken) {
        note(Trouble::woken);
        return false;
    }
    if (!longer && until < limits_.total) return true;
    note(Trouble::timeout);
    return false;
}

bool Wire::meets_a_cut() {
    if (weather_->portion(1) > 0) return false;
    if (!std::exchange(cut_by_weather_, true)) weather_->note(&LinkSimulator::Counts::cuts);
    note(Trouble::reset);
    return true;
}

bool Wire::handshake() {
    for (;;) {
        const IoStep step = tls_->handshake();
        switch (step.kind) {
            case IoStep::Kind::done: return true;
            case IoStep::Kind::want_read:
                if (!wait(Wait::to_read, limits_.read_silence, Milliseconds::zero())) return false;
                break;
            case IoStep::Kind::want_write:
                if (!wait(Wait::to_write, limits_.write_silence, Milliseconds::zero())) return false;
                break;
            case IoStep::Kind::closed:
            case IoStep::Kind::failed: note(Trouble::failed, 0); return false;
        }
    }
}

ssize_t Wire::receive(char* into, std::size_t room) {
    // A peer that always has another byte ready never makes us wait: look at the clock here too.
    if (limits_.total != SteadyTime::max() && std::chrono::steady_clock::now() >= limits_.total) {
        note(Trouble::timeout);
        return -1;
    }
    if (under_weather()) {
        if (meets_a_cut() || !pause(weather_->turn(), limits_.read_silence)) return -1;
        room = weather_->portion(room);
    }
    for (;;) {
        const IoStep step = tls_ != nullptr ? tls_->receive(into, room) : receive_some(socket_, into, room);
        switch (step.kind) {
            case IoStep::Kind::done:
                if (under_weather() && !pause(weather_->received(step.bytes), limits_.read_silence)) return -1;
                if (received_ == 0) first_received_ = std::chrono::steady_clock::now();
                received_ += static_cast<std::int64_t>(step.bytes);
                return static_cast<ssize_t>(step.bytes);
            case IoStep::Kind::closed: note(Trouble::closed); return 0;
            case IoStep::Kind::want_read:
                if (!wait(Wait::to_read, limits_.read_silence, Milliseconds::zero())) return -1;
                break;
            case IoStep::Kind::want_write:
                if (!wait(Wait::to_write, limits_.write_silence, Milliseconds::zero())) return -1;
                break;
            case IoStep::Kind::failed:
                note(is_reset(step.error) ? Trouble::reset : Trouble::failed, step.error);
                return -1;
        }
    }
}

bool Wire::send_all(const char* from, std::size_t size) {
    if (send_broken_) return false;
    while (size > 0) {
        std::size_t piece = size;
        if (under_weather()) {
            if (meets_a_cut()) return false;
            piece = weather_->portion(size);
        }
        const IoStep step = tls_ != nullptr ? tls_->send(from, piece) : send_some(socket_, from, piece);
        switch (step.kind) {
            case IoStep::Kind::done:
                sent_ += static_cast<std::int64_t>(step.bytes);
                if (under_weather() && !pause(weather_->send(step.bytes), limits_.write_silence)) return false;
                from += step.bytes;
                size -= step.bytes;
                break;
            case IoStep::Kind::want_read:
                if (!wait(Wait::to_read, limits_.read_silence, limits_.write_on_after_wake)) return false;
                break;
            case IoStep::Kind::want_write:
                if (!wait(Wait::to_write, limits_.write_silence, limits_.write_on_after_wake)) return false;
                break;
            case IoStep::Kind::closed:
            case IoStep::Kind::failed:
                // The peer may have refused the request before reading all of it: its answer can still be there.
                send_broken_ = true;
                error_number_ = step.error;
                return false;
        }
    }
    last_sent_ = std::chrono::steady_clock::now();
    return true;
}

/// Who gives the body may fail in the middle of it: nothing can be said to the peer then.
bool Wire::send_source() {
    while (to_come_ > 0) {
        const Result<std::string> piece = source_->next(kPiece);
        const auto size = piece ? static_cast<std::int64_t>(piece->size()) : 0;
        if (size <= 0 || size > to_come_) {
            source_error_ = piece ? "a body of another length than was announced" : piece.error().message;
            note(Trouble::failed);
            return false;
        }
        if (!send_all(piece->data(), piece->size())) return false;
        to_come_ -= size;
    }
    return true;
}

bool Wire::flush() {
    bool good = true;
    if (!body_.empty() && out_.size() + body_.size() <= kJoinUpTo) {
        out_.append(body_);
        body_ = {};
    }
    if (!out_.empty()) good = send_all(out_.data(), out_.size());
    if (good && !body_.empty()) good = send_all(body_.data(), body_.size());
    if (!good) return false;
    out_.clear();
    body_ = {};
    return send_source();
}

ssize_t Wire::read(char* into, std::size_t room) {
    if (!reading_) return -1;
    if (start_ == end_) {
        if (has_unsent() && !send_broken_ && !flush() && !send_broken_) return -1;
        if (room >= in_.size()) return receive(into, room);
        const ssize_t got = receive(in_.data(), in_.size());
        if (got <= 0) return got;
        start_ = 0;
        end_ = static_cast<std::size_t>(got);
    }
    const std::size_t given = std::min(room, end_ - start_);
    std::memcpy(into, in_.data() + start_, given);
    start_ += given;
    return static_cast<ssize_t>(given);
}

ssize_t Wire::write(const char* from, std::size_t size) {
    if (out_.size() + size <= kJoinUpTo) {
        out_.append(from, size);
        return static_cast<ssize_t>(size);
    }
    if (!flush() || !send_all(from, size)) return -1;
    return static_cast<ssize_t>(size);
}

Readiness Wire::await_input(SteadyTime deadline) {
    if (has_leftover()) return Readiness::ready;
    if (tls_ == nullptr) return wait_for(socket_, Wait::to_read, deadline, limits_.wake);
    for (;;) {
        // Bytes may wait inside the TLS layer, and what arrives may be its own talk only: ask it, then the socket.
        const IoStep step = tls_->receive(in_.data(), in_.size());
        if (step.kind == IoStep::Kind::done) {
            received_ += static_cast<std::int64_t>(step.bytes);
            start_ = 0;
            end_ = step.bytes;
            return Readiness::ready;
        }
        if (step.kind == IoStep::Kind::closed || step.kind == IoStep::Kind::failed) return Readiness::failed;
        const Wait what = step.kind == IoStep::Kind::want_write ? Wait::to_write : Wait::to_read;
        const Readiness readiness = wait_for(socket_, what, deadline, limits_.wake);
        if (readiness != Readiness::ready) return readiness;
    }
}

void Wire::drain(SteadyTime deadline) {
    std::vector<char> scratch(kJoinUpTo);
    while (wait_for(socket_, Wait::to_read, deadline, limits_.wake) == Readiness::ready) {
        const IoStep step = receive_some(socket_, scratch.data(), scratch.size());
        if (step.kind != IoStep::Kind::done && step.kind != IoStep::Kind::want_read) return;
    }
}

bool Wire::wait_readable() const {
    const SteadyTime deadline = std::min(limits_.total, std::chrono::steady_clock::now() + limits_.read_silence);
    return has_leftover() || wait_for(socket_, Wait::to_read, deadline, limits_.wake) == Readiness::ready;
}

bool Wire::wait_writable() const {
    const SteadyTime deadline = std::min(limits_.total, std::chrono::steady_clock::now() + limits_.write_silence);
    return wait_for(socket_, Wait::to_write, deadline, limits_.wake) == Readiness::ready;
}

void Wire::get_remote_ip_and_port(std::string& ip, int& port) const {
    ip.clear();
    port = 0;
}

void Wire::get_local_ip_and_port(std::string& ip, int& port) const {
    ip.clear();
    port = 0;
}

}  // namespace ct::net
