// The files that the server lacks, in memory: what the indicator says of them costs no look at the table. Always equal
// to the rows of `attachment` for which Attachment::unsent holds.
#pragma once

#include <map>

#include "store/attachment.h"

namespace ct::store {

class FileTally {
  public:
    void clear();
    void note(const Attachment& attachment);  ///< new, or in place of what was noted of it
    void gone(const Uuid& attachment);
    [[nodiscard]] const UnsentFiles& sum() const { return sum_; }

  private:
    struct Part {
        AttachmentState state = AttachmentState::queued;
        std::int64_t bytes = 0;  // that are still to be sent
        crm::Model model = crm::Model::lead;
        Uuid record;
    };
    void add(const Part& part, int times);
    void find_failed();

    std::map<Uuid, Part> unsent_;
    UnsentFiles sum_;
};

}  // namespace ct::store
