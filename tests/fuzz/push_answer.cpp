// Whatever a server answers to a push.
#include "fuzz.h"
#include "sync/wire.h"

using namespace ct;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto answer = sync::decode_push_answer(fuzz::text(data, size));
    if (!answer) return 0;
    const auto again = sync::decode_push_answer(sync::encode(*answer));
    fuzz::require(again.has_value());
    fuzz::require(again->results.size() == answer->results.size());
    fuzz::require(again->later == answer->later);
    return 0;
}
