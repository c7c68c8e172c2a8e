#include "ui/id_set.h"

#include <doctest/doctest.h>

#include <set>

#include "base/random.h"

namespace ct::ui {
namespace {

TEST_CASE("IdSet: behaves as a set, whatever came and went") {
    SeededRandom random(5);
    IdSet ids;
    std::set<Uuid> model;
    for (int step = 0; step < 20'000; ++step) {
        const Uuid id{{1, static_cast<std::uint8_t>(random.below(250))}};
        switch (random.below(400)) {
            case 0:
                ids.clear();
                model.clear();
                break;
            case 1: {  // in parts, as between frames
                const auto odd = [](const Uuid& one) { return one.bytes[1] % 2 == 1; };
                for (std::size_t next = ids.prune(0, 7, odd); next != 0;) next = ids.prune(next, 7, odd);
                std::erase_if(model, odd);
                break;
            }
            default:
                if (random.below(3) == 0) {
                    ids.erase(id);
                    model.erase(id);
                } else {
                    ids.insert(id);
                    model.insert(id);
                }
        }
        REQUIRE(ids.size() == model.size());
        REQUIRE(ids.contains(id) == model.contains(id));
    }
    for (int i = 0; i < 250; ++i) {
        const Uuid id{{1, static_cast<std::uint8_t>(i)}};
        CHECK(ids.contains(id) == model.contains(id));
    }
}

}  // namespace
}  // namespace ct::ui
