#include "store/file_tally.h"

#include <algorithm>

namespace ct::store {

void FileTally::clear() {
    unsent_.clear();
    sum_ = {};
}

void FileTally::note(const Attachment& attachment) {
    gone(attachment.id);
    if (!attachment.unsent()) return;
    const bool sending = attachment.state == AttachmentState::queued;
    const Part part{attachment.state, sending ? std::max<std::int64_t>(0, attachment.size - attachment.offset) : 0,
                    attachment.model, attachment.record};
    unsent_.emplace(attachment.id, part);
    add(part, 1);
}

void FileTally::gone(const Uuid& attachment) {
    const auto at = unsent_.find(attachment);
    if (at == unsent_.end()) return;
    const Part part = at->second;
    unsent_.erase(at);
    add(part, -1);
}

void FileTally::add(const Part& part, int times) {
    sum_.bytes += times * part.bytes;
    switch (part.state) {
        case AttachmentState::queued: sum_.sending += times; break;
        case AttachmentState::removing: sum_.removing += times; break;
        case AttachmentState::failed:
            sum_.failed += times;
            find_failed();
            break;
        case AttachmentState::done:
        case AttachmentState::remote:
        case AttachmentState::wanted: break;  // the server has them
    }
}

void FileTally::find_failed() {
    const auto at = std::find_if(unsent_.begin(), unsent_.end(),
                                 [](const auto& entry) { return entry.second.state == AttachmentState::failed; });
    sum_.failed_model = at == unsent_.end() ? crm::Model::lead : at->second.model;
    sum_.failed_record = at == unsent_.end() ? Uuid{} : at->second.record;
}

}  // namespace ct::store
