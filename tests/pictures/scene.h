// What the pictures show: one set of records at one moment, and how to come to each screen.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "ui/app.h"

namespace ct::pictures {

/// The window's inside with records, without a worker: edits are answered at once.
class Stage {
  public:
    Stage(client::Theme theme, float scale);
    ~Stage();
    [[nodiscard]] ui::App& app() { return *app_; }
    /// The records of the pictures; without it the screens are those of a first start.
    void fill();
    void sync(client::Indicator indicator, std::int64_t waiting = 0);
    void conflicts();
    /// What the worker would say to what the screens asked in the frames so far.
    void answer();

  private:
    struct FixedClock final : Clock {
        [[nodiscard]] UnixMs now() const override;
        [[nodiscard]] SteadyMs steady() const override { return 1'000'000; }
    };
    FixedClock clock_;
    SeededRandom random_{11};
    ui::FontData fonts_;
    std::vector<client::Command> commands_;
    std::unique_ptr<ui::App> app_;
};

struct Scene {
    std::string name;
    std::function<void(Stage&)> set_up;
    std::function<void(Stage&)> then{};  ///< some frames later; may be empty
};
[[nodiscard]] const std::vector<Scene>& scenes();

}  // namespace ct::pictures
