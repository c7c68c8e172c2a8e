#include "sim/recording.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/file.h"
#include "client/recorder.h"
#include "net/encoding.h"

namespace ct::sim {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kExportMax = std::size_t{2} << 30;  // bytes, unpacked
constexpr std::string_view kEntryKinds[] = {"{\"Begin\":", "{\"Step\":", "{\"Note\":", "{\"Gap\":", "{\"Exchange\":"};
constexpr std::size_t kStepsMax = 400;
constexpr SteadyMs kDayMs = 86'400'000;
constexpr int kOthersEvery = 4;  // edits between two of the other laptop

using Visit = std::function<void(sync::Entry&&)>;

Result<void> read_export(const std::string& packed, const Visit& visit) {
    const auto text = net::decompress(net::Encoding::zstd, packed, kExportMax);
    if (!text) return fail(text.error());
    for (std::size_t at = 0; at < text->size();) {
        const std::size_t end = std::min(text->find('\n', at), text->size());
        const std::string_view line = std::string_view(*text).substr(at, end - at);
        at = end + 1;
        const bool entry = std::any_of(std::begin(kEntryKinds), std::end(kEntryKinds),
                                       [&](std::string_view kind) { return line.starts_with(kind); });
        if (!entry) continue;
        auto read = sync::entry_from_json(line);
        if (!read) return fail(read.error());
        visit(std::move(*read));
    }
    return {};
}

/// What happened, with the time at which it did.
struct Happened {
    UnixMs at = 0;
    Act act = Act::edit;
    SteadyMs length = 0;
};

/// Reads a recording as the story of one laptop.
class Story {
  public:
    void add(const sync::Entry& entry) {
        if (const auto* const begin = std::get_if<sync::Begin>(&entry); begin != nullptr && !begin->goes_on) {
            if (began_) happened(begin->wall, Act::crash);
            began_ = true;
        }
        const auto* const step = std::get_if<sync::Step>(&entry);
        if (step == nullptr) return;
        at_ = step->wall;
        std::visit([this](const auto& event) { on(event); }, step->event);
        for (const sync::Action& action : step->actions) std::visit([this](const auto& one) { on(one); }, action);
    }
    [[nodiscard]] std::vector<Happened> end() {
        end_fault();
        std::stable_sort(all_.begin(), all_.end(), [](const Happened& a, const Happened& b) { return a.at < b.at; });
        return std::move(all_);
    }

  private:
    template <class T>
    void on(const T&) {}
    void on(const sync::event::QueueChanged& event) {
        if (event.edited) happened(at_, Act::edit);
    }
    void on(const sync::event::SyncAsked&) { happened(at_, Act::sync_now); }
    void on(const sync::event::Nudged&) { happened(at_, Act::focus); }
    void on(const sync::event::OfflineChosen& event) { happened(at_, event.on ? Act::offline : Act::online); }
    void on(const sync::event::LinkChanged& event) {
        if (event.up) return end_fault();
        fault(Act::link_down);
    }
    void on(const sync::event::Answered& event) {
        const auto* const unreachable = std::get_if<sync::Unreachable>(&event.reply);
        if (unreachable == nullptr) return end_fault();
        using Kind = sync::Unreachable::Kind;
        switch (unreachable->kind) {
            case Kind::no_route: return fault(Act::link_down);
            case Kind::login_page: return fault(Act::portal);
            // Whoever waited to the end, or was cut off, may have been understood.
            case Kind::server_away:
                return fault(unreachable->timed_out || unreachable->broken_off ? Act::lose_back : Act::lose_there);
        }
    }
    void on(const sync::action::SendPush&) { asked_at_ = at_; }
    void on(const sync::action::SendPull&) { asked_at_ = at_; }
    void on(const sync::action::SendProbe&) { asked_at_ = at_; }
    void on(const sync::action::DropToken&) { happened(at_, Act::revoke); }

    void happened(UnixMs at, Act act) { all_.push_back({at, act, 0}); }
    /// One trouble, from the request that met it first to the answer that came through.
    void fault(Act act) {
        if (fault_ && fault_->act == act) return;
        end_fault();
        fault_ = Happened{act == Act::link_down ? at_ : std::min(asked_at_ == 0 ? at_ : asked_at_, at_), act, 0};
    }
    void end_fault() {
        if (!fault_) return;
        fault_->length = std::max<SteadyMs>(1, at_ - fault_->at);
        all_.push_back(*std::exchange(fault_, std::nullopt));
    }

    std::vector<Happened> all_;
    std::optional<Happened> fault_;
    UnixMs at_ = 0, asked_at_ = 0;
    bool began_ = false;
};

}  // namespace

Result<void> read_recording_file(const std::string& path, const Visit& visit) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
        const auto bytes = read_file(path);
        if (!bytes) return fail(bytes.error());
        if (!bytes->starts_with("CTre")) return read_export(*bytes, visit);
        sync::read_recording(*bytes, visit);
        return {};
    }
    auto segments = client::recording_segments(path);
    if (segments.empty()) segments = client::recording_segments(path + "/recording");
    if (segments.empty()) return fail(ErrorKind::not_found, "NO_RECORDING", path + ": no recording is there");
    for (const std::string& segment : segments) {
        const auto bytes = read_file(segment);
        if (!bytes) return fail(bytes.error());
        sync::read_recording(*bytes, visit);
    }
    return {};
}

Result<Plan> plan_of_recording(const std::string& path, std::uint64_t seed) {
    Story story;
    if (auto read = read_recording_file(path, [&](sync::Entry&& entry) { story.add(entry); }); !read)
        return fail(read.error());
    std::vector<Happened> all = story.end();
    if (all.empty()) return fail(ErrorKind::not_found, "NO_RECORDING", path + ": nothing happens in it");
    if (all.size() > kStepsMax) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(kStepsMax));

    Plan plan = make_plan(seed, find_scenario("fair"));
    plan.recording = path;
    plan.seats = "ab";
    plan.steps.clear();
    SeededRandom random(mix(seed, 1));
    int edits = 0;
    const auto add = [&](Act act, int laptop, SteadyMs pause, SteadyMs length) {
        plan.steps.push_back({static_cast<int>(plan.steps.size()), act, laptop, pause, random.next(), length});
    };
    for (std::size_t i = 0; i < all.size(); ++i) {
        const UnixMs next = i + 1 < all.size() ? all[i + 1].at : all[i].at;
        const SteadyMs pause = std::clamp<SteadyMs>(next - all[i].at, 0, kDayMs);
        const bool others = all[i].act == Act::edit && ++edits % kOthersEvery == 0;
        add(all[i].act, 0, others ? 0 : pause, all[i].length);
        if (others) add(Act::edit, 1, pause, 0);
    }
    return plan;
}

}  // namespace ct::sim
