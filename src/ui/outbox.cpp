#include "ui/outbox.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "crm/tables.h"
#include "ui/desk.h"

namespace ct::ui {
namespace {

using client::Indicator;
using crm::field_id;
using crm::Model;
using nlohmann::json;

constexpr const char* kFile = "outbox.json";

}  // namespace

bool seems_online(const Desk& desk) {
    const client::SyncView& view = desk.state.sync();
    return view.indicator != Indicator::offline && view.indicator != Indicator::login_page;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                           c == '_' || c == '.' || c == '~';
        if (plain) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
    return out;
}

std::string chat_url(std::string_view phone_e164, std::string_view text) {
    std::string url = "https://wa.me/";
    for (const char c : phone_e164) {
        if (c >= '0' && c <= '9') url += c;
    }
    if (!text.empty()) url += "?text=" + percent_encoded(text);
    return url;
}

bool send_message(Desk& desk, const Uuid& lead_id, const std::string& text) {
    const crm::Record* lead = desk.state.find(Model::lead, lead_id);
    const std::string phone(lead == nullptr ? std::string_view{}
                                            : lead->fields.text(field_id(Model::lead, "phoneE164")));
    if (phone.empty()) {
        desk.toasts.add(ToastKind::problem, "This lead has no number to write to any more");
        return false;
    }
    if (!text.empty()) {
        crm::Changes note;
        note.set(field_id(Model::note, "leadId"), lead_id.str());
        note.set(field_id(Model::note, "kind"), std::string("MESSAGE"));
        note.set(field_id(Model::note, "text"), text);
        note.set(field_id(Model::note, "at"), desk.now());
        const std::string& me = desk.state.sync().user_id;
        if (Uuid::parse(me)) note.set(field_id(Model::note, "by"), me);
        if (!desk.accepted(desk.editor.add(Model::note, std::move(note)))) return false;
    }
    if (desk.open_url) desk.open_url(chat_url(phone, text));
    return true;
}

void Outbox::read(std::string_view kept) {
    messages_.clear();
    const json document = json::parse(kept, nullptr, false);
    if (!document.is_array()) return;
    for (const json& one : document) {
        if (!one.is_object()) continue;
        const auto lead = Uuid::parse(one.value("lead", json()).is_string() ? one["lead"].get<std::string>() : "");
        const json text = one.value("text", json());
        const json at = one.value("writtenAt", json());
        if (lead && text.is_string() && at.is_number_integer())
            messages_.push_back({*lead, text.get<std::string>(), at.get<std::int64_t>()});
    }
}

bool Outbox::write(Desk& desk, std::vector<Message> next) {
    json document = json::array();
    for (const Message& one : next)
        document.push_back({{"lead", one.lead.str()}, {"text", one.text}, {"writtenAt", one.written_at}});
    if (desk.keep && !desk.accepted(desk.keep(kFile, document.dump(2) + "\n"))) return false;
    messages_ = std::move(next);
    return true;
}

bool Outbox::add(Desk& desk, Message message) {
    std::vector<Message> next = messages_;
    next.push_back(std::move(message));
    return write(desk, std::move(next));
}

void Outbox::remove(Desk& desk, std::size_t index) {
    if (index >= messages_.size()) return;
    std::vector<Message> next = messages_;
    next.erase(next.begin() + static_cast<std::ptrdiff_t>(index));
    write(desk, std::move(next));
}

void Outbox::discard(Desk& desk, std::size_t index) {
    if (index >= messages_.size()) return;
    const Message message = messages_[index];
    remove(desk, index);
    if (index < messages_.size() && messages_[index] == message) return;  // it could not be written, which was said
    const crm::Record* lead = desk.state.find(Model::lead, message.lead);
    desk.toasts.add(ToastKind::done,
                    "Message to " + (lead == nullptr ? "a deleted lead" : crm::title(*lead)) + " discarded", "Undo",
                    [this, &desk, index, message] { put_back(desk, index, message); });
}

/// Where it was, or at the end of those that are left.
void Outbox::put_back(Desk& desk, std::size_t index, const Message& message) {
    std::vector<Message> next = messages_;
    next.insert(next.begin() + static_cast<std::ptrdiff_t>(std::min(index, next.size())), message);
    write(desk, std::move(next));
}

void Outbox::send(Desk& desk, std::size_t index) {
    if (index >= messages_.size()) return;
    const Message message = messages_[index];
    if (send_message(desk, message.lead, message.text)) remove(desk, index);
}

}  // namespace ct::ui
