// Whatever a server answers to a pull: read or refused, and what was read is applied or refused whole.
#include "base/random.h"
#include "fuzz.h"
#include "store/store.h"
#include "sync/wire.h"

using namespace ct;

namespace {

constexpr int kRunsPerStore = 500;  // it fills up

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::FixedClock clock;
    static SeededRandom random(1);
    static std::unique_ptr<store::Store> store;
    static int runs = 0;
    auto page = sync::decode_pull_page(fuzz::text(data, size));
    if (!page) return 0;
    if (!store || ++runs % kRunsPerStore == 0) store = *store::Store::open(":memory:", clock, random);
    const std::string cursor = page->cursor;
    page->from = store->state().cursor;
    const auto applied = store->apply(*page);
    if (!applied) return 0;
    const auto& now = store->state().cursor;
    fuzz::require(now == cursor || (page->from && !now));  // without one: a part came of what is not here
    for (const crm::Record& record : applied->visible.changed) {
        const auto stored = store->get(record.model, record.id);
        fuzz::require(stored.has_value());
    }
    return 0;
}
