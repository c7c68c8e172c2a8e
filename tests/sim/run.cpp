#include "sim/run.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <charconv>
#include <exception>
#include <functional>
#include <set>

#include "base/log.h"
#include "sim/world.h"

namespace ct::sim {

namespace {

std::string list_of(const std::vector<Step>& steps) {
    std::string text;
    for (std::size_t i = 0; i < steps.size();) {
        std::size_t end = i;
        while (end + 1 < steps.size() && steps[end + 1].number == steps[end].number + 1) ++end;
        text += (text.empty() ? "" : ",") + std::to_string(steps[i].number);
        if (end > i) text += "-" + std::to_string(steps[end].number);
        i = end + 1;
    }
    return text.empty() ? "none" : text;
}

void for_words(std::string_view list, const std::function<void(std::string_view)>& each) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        each(list.substr(0, comma));
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    }
}

/// Looks whether a thinner plan still fails in the same way.
class Thinner {
  public:
    Thinner(const Plan& plan, int runs_max) : best_(plan), rule_(run(plan).rule()), left_(runs_max) {}

    bool still_fails(const Plan& plan) {
        if (left_-- <= 0) return false;
        const Outcome outcome = run(plan);
        if (outcome.rule() != rule_ || !outcome.failed()) return false;
        best_ = plan;
        return true;
    }

    void steps() {
        for (std::size_t chunk = std::max<std::size_t>(best_.steps.size() / 2, 1); left_ > 0;) {
            bool thinner = false;
            for (std::size_t at = 0; at < best_.steps.size() && left_ > 0;) {
                Plan plan = best_;
                const auto begin = plan.steps.begin() + static_cast<std::ptrdiff_t>(at);
                const auto end =
                    plan.steps.begin() + static_cast<std::ptrdiff_t>(std::min(at + chunk, plan.steps.size()));
                plan.steps.erase(begin, end);
                if (still_fails(plan))
                    thinner = true;
                else
                    at += chunk;
            }
            if (chunk == 1 && !thinner) return;
            if (!thinner || chunk > best_.steps.size()) chunk = std::max<std::size_t>(chunk / 2, 1);
        }
    }

    void network() {
        for (const Rate& rate : rates()) {
            if (best_.faults.*rate.rate == 0) continue;
            Plan plan = best_;
            plan.faults.*rate.rate = 0;
            (void)still_fails(plan);
        }
    }

    /// Those at the end that do nothing: the letters before keep their places.
    void laptops() {
        while (best_.seats.size() > 1) {
            const int last = static_cast<int>(best_.seats.size()) - 1;
            Plan plan = best_;
            plan.seats.pop_back();
            std::erase_if(plan.steps, [last](const Step& step) { return step.laptop == last; });
            if (!still_fails(plan)) return;
        }
    }

    [[nodiscard]] const Plan& best() const { return best_; }

  private:
    Plan best_;
    const std::string rule_;
    int left_;
};

/// A run takes megabytes and gives them back; the next one takes them again. Asked of the system each time, they are
/// cleared page by page.
void keep_memory() {
#ifdef __GLIBC__
    [[maybe_unused]] static const bool kept =
        mallopt(M_MMAP_THRESHOLD, 64 << 20) != 0 && mallopt(M_TRIM_THRESHOLD, 512 << 20) != 0;
#endif
}

}  // namespace

Outcome run(const Plan& plan, bool tracing) {
    keep_memory();
    Outcome outcome;
    try {
        World world(plan, tracing);
        outcome.broken = world.run();
        outcome.story = world.story();
    } catch (const std::exception& error) {
        outcome.broken = std::string("the simulation cannot go on: ") + error.what();
    }
    return outcome;
}

void quiet() { log::to_file(directory_of_laptop(0) + "/log"); }

Plan minimise(const Plan& plan, int runs_max) {
    Thinner thinner(plan, runs_max);
    thinner.laptops();
    thinner.steps();
    thinner.network();
    thinner.laptops();
    thinner.steps();
    return thinner.best();
}

std::string command_line(const Plan& plan) {
    if (!plan.recording.empty())
        return "tools/sim --recording '" + plan.recording + "' --seed " + std::to_string(plan.seed) +
               (plan.seats == "ab" ? "" : " --seats " + plan.seats) + " --keep " + list_of(plan.steps);
    std::string text =
        "tools/sim --scenario " + std::string(plan.scenario->name) + " --seed " + std::to_string(plan.seed);
    const Plan whole = make_plan(plan.seed, plan.scenario);
    if (plan.seats != whole.seats) text += " --seats " + plan.seats;
    if (plan.steps.size() != whole.steps.size()) text += " --keep " + list_of(plan.steps);
    std::string calmed;
    for (const Rate& rate : rates()) {
        if (plan.faults.*rate.rate != whole.faults.*rate.rate)
            calmed += (calmed.empty() ? "" : ",") + std::string(rate.name);
    }
    if (!calmed.empty()) text += " --calm " + calmed;
    return text;
}

bool keep_steps(Plan& plan, std::string_view list) {
    std::set<int> wanted;
    bool good = true;
    if (list == "none") list = {};
    for_words(list, [&](std::string_view word) {
        int first = 0;
        const char* end = word.data() + word.size();
        const auto read = std::from_chars(word.data(), end, first);
        int last = first;
        if (read.ptr != end && *read.ptr == '-')
            good = read.ptr + 1 != end && std::from_chars(read.ptr + 1, end, last).ptr == end && good;
        else
            good = read.ptr == end && good;
        for (int number = first; number <= last && number < 100'000; ++number) wanted.insert(number);
    });
    if (good) std::erase_if(plan.steps, [&](const Step& step) { return !wanted.contains(step.number); });
    return good;
}

bool calm(Plan& plan, std::string_view names) {
    bool good = true;
    for_words(names, [&](std::string_view word) {
        const auto all = rates();
        const auto at = std::find_if(all.begin(), all.end(), [&](const Rate& rate) { return rate.name == word; });
        if (at == all.end())
            good = false;
        else
            plan.faults.*(at->rate) = 0;
    });
    return good;
}

}  // namespace ct::sim
