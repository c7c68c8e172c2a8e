// What a frame costs the processor before anything is drawn, with 100,000 and with 1,000,000 leads in memory; what a
// letter typed into the filter and a click on a header cost with a million.
#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>

#include "assets/fonts.h"
#include "bench.h"
#include "crm/tables.h"
#include "sync/stamp.h"
#include "ui/app.h"

namespace ct::bench {

namespace {

constexpr int kFrames = 400, kEdits = 200;
constexpr const char* kAim = "2 ms at p99";

/// The window without a display: textures are called drawn, and nobody looks.
class Screen {
  public:
    Screen() {
        ImGui::CreateContext();
        ImGuiIO& io = ImGui::GetIO();
        io.DisplaySize = {1440, 900};
        io.DeltaTime = 1.0F / 60.0F;
        io.BackendFlags |= ImGuiBackendFlags_RendererHasTextures | ImGuiBackendFlags_RendererHasVtxOffset;
        ui::AppOptions options;
        options.fonts = &fonts_;
        options.post = [this](client::Command command) {
            if (auto* commit = std::get_if<client::Commit>(&command)) commits_.push_back(std::move(*commit));
        };
        app_ = std::make_unique<ui::App>(std::move(options));
    }
    ~Screen() {
        app_.reset();
        for (ImTextureData* texture : ImGui::GetPlatformIO().Textures) {
            texture->SetTexID(ImTextureID_Invalid);
            texture->SetStatus(ImTextureStatus_Destroyed);
        }
        ImGui::DestroyContext();
    }
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    [[nodiscard]] ui::App& app() { return *app_; }

    /// Milliseconds from the event to the finished list of triangles.
    double frame(const std::function<void()>& event = {}) {
        const double took = seconds([&] {
            if (event) event();
            ImGui::NewFrame();
            app_->frame();
            ImGui::Render();
        });
        for (ImTextureData* texture : ImGui::GetPlatformIO().Textures) {
            if (texture->Status == ImTextureStatus_OK) continue;
            texture->SetTexID(1);
            texture->SetStatus(ImTextureStatus_OK);
        }
        return took * 1e3;
    }
    void settle() {
        for (int i = 0; i < 5; ++i) (void)frame();
    }
    /// The worker's answer to every edit so far.
    void save_all() {
        for (const client::Commit& commit : std::exchange(commits_, {})) {
            store::Visible visible;
            for (const client::Edit& edit : commit.edits) {
                if (const crm::Record* record = app_->state().find(edit.model, edit.record))
                    visible.changed.push_back(*record);
            }
            app_->handle(client::Saved{commit.ticket, std::move(visible)});
        }
    }

  private:
    ui::FontData fonts_{assets::inter_regular(), assets::inter_semibold(), assets::icon_font(), ui::FallbackFonts{}};
    std::vector<client::Commit> commits_;
    std::unique_ptr<ui::App> app_;
};

void load(ui::App& app, std::size_t leads) {
    constexpr std::size_t kChunk = 100'000;
    for (std::size_t done = 0; done < leads; done += kChunk) {
        std::vector<crm::Record> records;
        for (const sync::Operation& create : sample_creates(kChunk, 8 + done)) {
            crm::Record& record = records.emplace_back();
            record.id = create.record;
            record.version = 1;
            record.created_at = record.updated_at = sync::stamp_ms(create.stamp);
            crm::apply(record, create.changes);
        }
        app.handle(client::Loaded{crm::Model::lead, std::move(records)});
    }
    app.handle(client::LoadDone{});
}

void report_frames(const std::string& what, std::vector<double> took, const std::string& against,
                   const std::string& aim) {
    std::sort(took.begin(), took.end());
    report(
        what,
        "p50 " + number(took[took.size() / 2], 2) + " ms, p99 " + number(took[(took.size() - 1) * 99 / 100], 2) + " ms",
        against, aim);
}

void scrolling(Screen& screen, const std::string& leads, const std::string& aim) {
    std::vector<double> still, moving;
    for (int i = 0; i < kFrames; ++i) still.push_back(screen.frame());
    ImGui::GetIO().AddMousePosEvent(800, 500);
    for (int i = 0; i < kFrames; ++i) {
        ImGui::GetIO().AddMouseWheelEvent(0, i % 40 < 30 ? -9.0F : 20.0F);
        moving.push_back(screen.frame());
    }
    report_frames("a frame scrolling in " + leads + " leads", moving,
                  "without scrolling " + number(median(still), 2) + " ms", aim);
}

void edits(Screen& screen) {
    SeededRandom random(9);
    const client::Table& leads = screen.app().state().table(crm::Model::lead);
    std::vector<double> shown, saved;
    for (int i = 0; i < kEdits; ++i) {
        const Uuid id = leads.at(random.below(leads.size())).id;
        shown.push_back(screen.frame([&] {
            crm::Changes changes;
            changes.set(crm::field_id(crm::Model::lead, "status"), std::string(i % 2 == 0 ? "CONVERTED" : "PENDING"));
            if (auto done = screen.app().editor().set(crm::Model::lead, id, changes); !done)
                give_up(done.error().message);
        }));
        saved.push_back(screen.frame([&] { screen.save_all(); }));
    }
    std::vector<double> idle;
    for (int i = 0; i < kEdits; ++i) idle.push_back(screen.frame());
    const std::string against = "without an edit " + number(median(idle), 2) + " ms";
    report_frames("an edit and the frame that shows it", shown, against, kAim);
    report_frames("… and the one that shows it saved", saved, against, kAim);
}

void typing(Screen& screen) {
    ImGuiIO& io = ImGui::GetIO();
    io.AddKeyEvent(ImGuiMod_Ctrl, true);
    io.AddKeyEvent(ImGuiKey_F, true);
    screen.settle();
    io.AddKeyEvent(ImGuiKey_F, false);
    io.AddKeyEvent(ImGuiMod_Ctrl, false);
    screen.settle();
    std::vector<double> first, more, less;
    for (int round = 0; round < 12; ++round) {
        const std::string_view word = std::array{"mehta", "kulkarni", "pune 4"}[static_cast<std::size_t>(round % 3)];
        for (std::size_t i = 0; i < word.size(); ++i) {
            io.AddInputCharacter(static_cast<unsigned>(word[i]));
            (i == 0 ? first : more).push_back(screen.frame());
            screen.settle();
        }
        for (std::size_t i = 0; i < word.size(); ++i) {
            io.AddKeyEvent(ImGuiKey_Backspace, true);
            less.push_back(screen.frame());
            io.AddKeyEvent(ImGuiKey_Backspace, false);
            screen.settle();
        }
    }
    report("the very first letter in the search field", number(first.front(), 2) + " ms", "", "50 ms");
    first.erase(first.begin());
    report_frames("… the first letter of a word", first, "", "16 ms at p99");
    report_frames("… each further letter", more, "", "16 ms at p99");
    report_frames("… each letter taken back", less, "", "16 ms at p99");
}

/// Frames from a changed filter to the last row tried: what each cost, and the time until the first rows were there.
void filter_million(Screen& screen, const std::string& what, const std::string& text) {
    ui::Records& records = screen.app().shell().records(crm::Model::lead);
    std::vector<double> each;
    records.search() = text;
    double until_rows = 0, until_all = 0;
    bool seen = false;
    do {
        each.push_back(screen.frame());
        until_all += each.back();
        if (!seen) until_rows += each.back();
        seen = seen || records.shown() > 0;
    } while (!records.complete() && each.size() < 10'000);
    const auto rows = records.shown();
    std::sort(each.begin(), each.end());
    report(what,
           "p99 " + number(each[(each.size() - 1) * 99 / 100], 2) + " ms a frame; first rows after " +
               number(until_rows, 1) + " ms, all " + std::to_string(rows) + " after " + number(until_all, 0) +
               " ms of work",
           std::to_string(each.size()) + " frames", "16 ms a frame");
    screen.settle();
}

/// A click on the header `from_left` of the table's width: what each frame cost until all was sorted.
void sort_million(Screen& screen, const std::string& what, float from_left) {
    ImGuiContext& context = *ImGui::GetCurrentContext();
    const ImGuiTable* table = nullptr;
    for (int i = 0; i < context.Tables.GetMapSize(); ++i) {
        if (const ImGuiTable* one = context.Tables.TryGetMapData(i)) table = one;
    }
    if (table == nullptr) give_up("the page has no table");
    const ImRect at = table->OuterRect;
    ImGuiIO& io = ImGui::GetIO();
    io.AddMousePosEvent(at.Min.x + at.GetWidth() * from_left, at.Min.y + 16);
    screen.settle();
    io.AddMouseButtonEvent(0, true);
    screen.settle();
    ui::Records& records = screen.app().shell().records(crm::Model::lead);
    std::vector<double> each{screen.frame([&] { io.AddMouseButtonEvent(0, false); })};
    if (records.complete()) each.push_back(screen.frame());
    if (records.complete()) give_up("a click on a header sorts nothing");
    double until_all = 0;
    while (!records.complete() && each.size() < 10'000) {
        each.push_back(screen.frame());
        until_all += each.back();
    }
    std::sort(each.begin(), each.end());
    report(what,
           "p99 " + number(each[(each.size() - 1) * 99 / 100], 2) + " ms, most " + number(each.back(), 2) +
               " ms a frame; all after " + number(until_all, 0) + " ms of work",
           std::to_string(each.size()) + " frames", "16 ms a frame");
    screen.settle();
}

/// What each frame costs while all rows are selected, and while a tenth of them is deleted and brought back.
void whole_table(Screen& screen) {
    ui::Records& records = screen.app().shell().records(crm::Model::lead);
    const auto frames = [&](const std::string& what, const std::function<void()>& act,
                            const std::function<bool()>& going) {
        std::vector<double> each{screen.frame(act)};
        while (going() && each.size() < 10'000) {
            each.push_back(screen.frame());
            screen.save_all();
        }
        report_frames(what, each, std::to_string(each.size()) + " frames", "16 ms at p99");
        screen.settle();
    };
    frames(
        "… Ctrl+A over all of them", [&] { records.select_all(); }, [&] { return records.busy(); });
    filter_million(screen, "… \"city:Kochi\"", "city:Kochi");
    records.select_all();
    while (records.busy()) (void)screen.frame();
    const std::size_t rows = records.shown();
    frames(
        "… " + std::to_string(rows) + " of them deleted", [&] { records.remove_selected(screen.app().desk()); },
        [&] { return records.shown() > 0; });
    frames(
        "… and brought back", [&] { (void)screen.app().editor().undo(); }, [&] { return records.shown() < rows; });
    filter_million(screen, "… and all of them again", "");
}

void filters(Screen& screen) {
    filter_million(screen, "… the first letter ever, \"m\"", "m");
    filter_million(screen, "… \"me\"", "me");
    filter_million(screen, "… \"meera kulkarni pune\"", "meera kulkarni pune");
    filter_million(screen, "… \"meera kulkarni\" (a word taken back)", "meera kulkarni");
    filter_million(screen, "… nothing typed", "");
    filter_million(screen, "… \"status:FOLLOW_UP amount>50000 tag:HOT -city:Pune\"",
                   "status:FOLLOW_UP amount>50000 tag:HOT -city:Pune");
    filter_million(screen, "… \"city:Kochi quotation\"", "city:Kochi quotation");
}

}  // namespace

void bench_ui() {
    {
        Screen screen;
        load(screen.app(), 100'000);
        screen.app().desk().page = ui::Page::leads;
        report("the first frame with 100,000 leads", number(screen.frame(), 1) + " ms", "", "50 ms");
        screen.settle();
        scrolling(screen, "100,000", kAim);
        edits(screen);
        typing(screen);
    }
    Screen screen;
    load(screen.app(), 1'000'000);
    screen.app().desk().page = ui::Page::leads;
    report("the first frame with 1,000,000 leads", number(screen.frame(), 1) + " ms");
    std::vector<double> until_sorted;
    while (!screen.app().shell().records(crm::Model::lead).complete()) until_sorted.push_back(screen.frame());
    report_frames("… those until they are sorted", until_sorted, std::to_string(until_sorted.size()) + " frames",
                  "16 ms at p99");
    screen.settle();
    scrolling(screen, "1,000,000", "1 ms at p99");
    edits(screen);
    filters(screen);
    whole_table(screen);
    sort_million(screen, "… sorted by name", 0.05F);
    sort_million(screen, "… by name, the other way round", 0.05F);
}

}  // namespace ct::bench
