// One connection as cpp-httplib's Stream: plain or TLS, with deadlines, a wake, exact byte counts, and a memory of what
// went wrong (the library itself reports a deadline, a reset and a cancellation alike).
#pragma once

#include <httplib.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/http_handler.h"
#include "net/link_simulator.h"
#include "net/socket.h"
#include "net/tls.h"

namespace ct::net {

class Wire final : public httplib::Stream {
  public:
    struct Limits {
        SteadyTime total = SteadyTime::max();  ///< nothing goes on after this
        Milliseconds read_silence{30'000};
        Milliseconds write_silence{30'000};
        const Wake* wake = nullptr;           ///< ends reading and writing
        Milliseconds write_on_after_wake{0};  ///< how much longer a write may go on then
    };
    /// The first thing that went wrong. `closed` is none when the end of the body was to be told by closing.
    enum class Trouble : std::uint8_t { none, timeout, woken, closed, reset, failed };

    /// Owns neither: both must outlive it. `tls` is null for plain.
    Wire(Handle socket, TlsSession* tls);

    void set_limits(const Limits& limits) { limits_ = limits; }
    /// Bytes go on as that connection lets them; it must outlive this. Null, as at first: as they come.
    void set_weather(SimulatedConnection* weather) { weather_ = weather; }
    /// Goes out behind what was written so far, with the next flush; must live until then.
    void append_on_flush(std::string_view body) { body_ = body; }
    /// The same of a body that is given piece by piece.
    void append_on_flush(http::BodySource& body) {
        source_ = &body;
        to_come_ = body.size();
    }
    [[nodiscard]] bool handshake();  ///< TLS only
    bool flush();
    /// Waits until something can be read. Neither this nor its end counts as trouble.
    [[nodiscard]] Readiness await_input(SteadyTime deadline);
    /// From now on every read fails at once.
    void stop_reading() { reading_ = false; }
    /// Reads and drops what still comes, until the peer closes or the deadline passes.
    void drain(SteadyTime deadline);

    [[nodiscard]] Trouble trouble() const { return trouble_; }
    [[nodiscard]] std::string trouble_text() const;
    [[nodiscard]] std::int64_t bytes_received() const { return received_; }
    [[nodiscard]] std::int64_t bytes_sent() const { return sent_; }
    /// When the system took the last byte that was sent, and when the first one came; the epoch: not yet.
    [[nodiscard]] SteadyTime last_sent() const { return last_sent_; }
    [[nodiscard]] SteadyTime first_received() const { return first_received_; }
    [[nodiscard]] bool has_leftover() const { return start_ < end_; }  ///< bytes read but not asked for
    [[nodiscard]] bool fully_sent() const { return !has_unsent() && !send_broken_; }

    // httplib::Stream
    [[nodiscard]] bool is_readable() const override { return has_leftover(); }
    [[nodiscard]] bool wait_readable() const override;
    [[nodiscard]] bool wait_writable() const override;
    [[nodiscard]] bool is_peer_alive() const override { return trouble_ == Trouble::none; }
    ssize_t read(char* into, std::size_t room) override;
    ssize_t write(const char* from, std::size_t size) override;
    void get_remote_ip_and_port(std::string& ip, int& port) const override;
    void get_local_ip_and_port(std::string& ip, int& port) const override;
    [[nodiscard]] socket_t socket() const override { return socket_; }
    [[nodiscard]] time_t duration() const override { return 0; }

  private:
    [[nodiscard]] ssize_t receive(char* into, std::size_t room);
    bool send_all(const char* from, std::size_t size);
    bool send_source();
    [[nodiscard]] bool has_unsent() const { return !out_.empty() || !body_.empty() || to_come_ > 0; }
    [[nodiscard]] bool wait(Wait what, Milliseconds silence, Milliseconds on_after_wake);
    [[nodiscard]] bool pause(std::int64_t ms, Milliseconds silence);
    [[nodiscard]] bool under_weather() const { return weather_ != nullptr && !weather_->fair(); }
    [[nodiscard]] bool meets_a_cut();
    void note(Trouble trouble, int error = 0);

    Handle socket_;
    TlsSession* tls_;
    Limits limits_;
    SimulatedConnection* weather_ = nullptr;
    std::vector<char> in_;  // read ahead: [start_, end_) is not handed out yet
    std::size_t start_ = 0;
    std::size_t end_ = 0;
    std::string out_;                     // written, not sent yet
    std::string_view body_;               // to be sent behind out_
    http::BodySource* source_ = nullptr;  // the same
    std::int64_t to_come_ = 0;            // bytes that it still gives
    std::string source_error_;
    bool reading_ = true;
    SteadyTime woken_until_ = SteadyTime::max();  // set when the wake was first seen while writing
    bool send_broken_ = false;                    // the peer takes no more; it may have answered all the same
    Trouble trouble_ = Trouble::none;
    int error_number_ = 0;
    bool cut_by_weather_ = false;
    std::int64_t received_ = 0;
    std::int64_t sent_ = 0;
    SteadyTime last_sent_{}, first_received_{};
};

}  // namespace ct::net
