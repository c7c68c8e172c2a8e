// Whatever a client sends as a push: read or refused, and what was read is written and read again as the same.
#include "fuzz.h"
#include "sync/wire.h"

using namespace ct;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto request = sync::decode_push_request(fuzz::text(data, size));
    if (!request) {
        fuzz::require(!request.error().message.empty());
        return 0;
    }
    fuzz::require(request->faults.empty() || request->faults.size() == request->operations.size());
    for (const auto& fault : request->faults) {
        if (fault) return 0;  // one that could not be read is not written either
    }
    const auto again = sync::decode_push_request(sync::encode(*request));
    fuzz::require(again.has_value());
    fuzz::require(again->operations == request->operations);
    return 0;
}
