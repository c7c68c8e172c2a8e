// One run from a plan, and how a failing plan is made shorter.
#pragma once

#include <string>
#include <vector>

#include "sim/plan.h"

namespace ct::sim {

struct Outcome {
    std::string broken;  ///< empty: all rules held
    std::vector<std::string> story;
    [[nodiscard]] bool failed() const { return !broken.empty(); }
    /// The rule alone ("rule 3"), so that thinning keeps to one failure.
    [[nodiscard]] std::string rule() const { return broken.substr(0, broken.find(':')); }
};

[[nodiscard]] Outcome run(const Plan& plan, bool tracing = false);

/// Everything breaks in here, and the log would say so line by line: it goes where nobody looks.
void quiet();

/// The plan without what the failure does not need (delta debugging; Zeller, Hildebrandt: "Simplifying and Isolating
/// Failure-Inducing Input", 2002): fewer steps, fewer rates of the network, fewer laptops. At most `runs_max` runs.
[[nodiscard]] Plan minimise(const Plan& plan, int runs_max = 600);

/// How to see it again: the arguments of tools/sim.
[[nodiscard]] std::string command_line(const Plan& plan);

/// "3,7-9": keeps only these steps. False when the text is no such list.
[[nodiscard]] bool keep_steps(Plan& plan, std::string_view list);
/// Puts the named rates to 0 ("late,error").
[[nodiscard]] bool calm(Plan& plan, std::string_view names);

}  // namespace ct::sim
