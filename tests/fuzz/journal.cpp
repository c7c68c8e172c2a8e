// Whatever stands in a side journal after a disk's worst day.
#include "store/journal.h"

#include "fuzz.h"

using namespace ct;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = fuzz::text(data, size);
    const auto content = store::read_journal(bytes);
    if (content) fuzz::require(content->end <= static_cast<std::int64_t>(bytes.size()));
    // As the content of a frame that is sound, which no mutation would hit.
    const auto framed = store::read_journal(store::journal_frame(bytes));
    fuzz::require(framed.has_value());
    (void)store::glance_at_journal(store::journal_frame(bytes));
    fuzz::require(framed->end == static_cast<std::int64_t>(store::journal_frame(bytes).size()));
    return 0;
}
