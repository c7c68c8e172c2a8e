// Beside every laptop a second engine runs on what the first one's recording says: it must do the same, step by step,
// also when it begins in the middle from an image of the first. So nothing enters an engine but what is recorded.
#pragma once

#include <functional>
#include <string>

#include "sync/rerun.h"

namespace ct::sim {

class Retraced final : public sync::Witness {
  public:
    explicit Retraced(std::function<void(const std::string&)> broken) : broken_(std::move(broken)) {}

    void begins(const sync::Engine& engine, SteadyMs now) override {
        feed(sync::begin_entry(engine, now, 0, "sim", false));
    }
    void takes(const sync::Event& event, SteadyMs now) override {
        now_ = now;
        step_.takes(event, now, 0);
    }
    void gives(const sync::Engine& engine, const std::vector<sync::Action>& actions,
               const std::vector<std::uint64_t>& drawn) override {
        feed(step_.gives(actions, drawn));
        if (++steps_ % kImageEvery == 0) feed(sync::begin_entry(engine, now_, 0, "sim", true));
    }

  private:
    static constexpr int kImageEvery = 7;

    void feed(std::string_view entry) {
        segment_.clear();
        // What comes first says of which version the rest is.
        if (entry.front() != first_.front()) segment_ = frame_of_first_;
        const bool with_first = !segment_.empty();
        sync::append_frame(segment_, entry);
        if (frame_of_first_.empty()) {
            first_ = std::string(entry);
            frame_of_first_ = segment_;
        }
        int seen = 0;
        sync::read_recording(segment_, [&](sync::Entry&& read) {
            if (with_first && ++seen == 1) return;
            if (std::holds_alternative<sync::Gap>(read)) broken_("rerun: what was recorded cannot be read");
            if (const auto difference = rerun_.feed(read)) {
                broken_("rerun: " + difference->what + "\n  expected " + difference->expected + "\n  came     " +
                        difference->came);
            }
        });
    }

    std::function<void(const std::string&)> broken_;
    sync::StepWriter step_;
    sync::Rerun rerun_;
    std::string segment_, first_ = std::string(1, '\0'), frame_of_first_;
    SteadyMs now_ = 0;
    int steps_ = 0;
};

}  // namespace ct::sim
