// Messages that wait for a connection. They are on this laptop only, in a file of their own, until they are sent; then
// each is a note of the lead.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"

namespace ct::ui {

struct Desk;

struct Message {
    Uuid lead;
    std::string text;
    UnixMs written_at = 0;

    bool operator==(const Message&) const = default;
};

class Outbox {
  public:
    /// What an earlier run kept; text that is none of ours counts as nothing.
    void read(std::string_view kept);
    [[nodiscard]] const std::vector<Message>& waiting() const { return messages_; }
    /// Keeps it durably; says so when that fails, and the text then stays with the caller (false).
    [[nodiscard]] bool add(Desk& desk, Message message);
    void remove(Desk& desk, std::size_t index);
    /// The same at a user's wish, with a way back.
    void discard(Desk& desk, std::size_t index);
    /// Opens the chat with the text, notes it at the lead, and takes it out.
    void send(Desk& desk, std::size_t index);

  private:
    void put_back(Desk& desk, std::size_t index, const Message& message);
    bool write(Desk& desk, std::vector<Message> next);
    std::vector<Message> messages_;  // oldest first
};

/// Whether the last word of the link was that there is one.
[[nodiscard]] bool seems_online(const Desk& desk);
/// "https://wa.me/919876543210?text=…" for a number in international form.
[[nodiscard]] std::string chat_url(std::string_view phone_e164, std::string_view text);
/// As RFC 3986 wants it within a query.
[[nodiscard]] std::string percent_encoded(std::string_view text);
/// Opens the chat of that lead and notes the message; false when the lead has no number (any more).
bool send_message(Desk& desk, const Uuid& lead, const std::string& text);

}  // namespace ct::ui
