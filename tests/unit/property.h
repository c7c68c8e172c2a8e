// Properties on random lists of steps: a list that breaks one is thinned, step by step, as long as it still does, so
// that what a test reports is as short as it can be.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"

namespace ct::test {

template <class Step>
struct Property {
    std::function<std::vector<Step>(Random&)> make;
    /// Empty, or what is wrong. Must be the same each time for the same steps, whatever was left out of them.
    std::function<std::string(const std::vector<Step>&)> broken;
    std::function<std::string(const Step&)> describe;
};

/// Leaves out what a failure does not need: halves first, single steps at last.
template <class Step>
std::vector<Step> thinned(const Property<Step>& property, std::vector<Step> steps) {
    for (std::size_t chunk = steps.size(); chunk > 0;) {
        bool shorter = false;
        for (std::size_t at = 0; at < steps.size();) {
            std::vector<Step> fewer = steps;
            const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(at);
            fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(chunk, fewer.size() - at)));
            if (property.broken(fewer).empty()) {
                at += chunk;
            } else {
                steps = std::move(fewer);
                shorter = true;
            }
        }
        if (chunk == 1 && !shorter) break;
        if (chunk > 1) chunk /= 2;
    }
    return steps;
}

/// Empty, or the shortest list found that breaks the property, and how. `runs` lists, of seeds from 1.
template <class Step>
std::string counterexample(const Property<Step>& property, std::uint64_t runs) {
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
        SeededRandom random(seed);
        std::vector<Step> steps = property.make(random);
        if (property.broken(steps).empty()) continue;
        steps = thinned(property, std::move(steps));
        std::string text = "seed " + std::to_string(seed) + ": " + property.broken(steps);
        for (const Step& step : steps) text += "\n  " + property.describe(step);
        return text;
    }
    return {};
}

}  // namespace ct::test
