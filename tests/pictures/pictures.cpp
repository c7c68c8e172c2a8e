// Pictures of every screen as the program draws it, with a clock and records of their own, and a loose comparison with
// those that are kept: a sheet of small ones for each look. Run by tools/screenshots.
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "app/desktop/png.h"
#include "app/desktop/window.h"
#include "assets/fonts.h"
#include "base/file.h"
#include "crm/tables.h"
#include "scene.h"
#include "ui/app.h"

namespace {

namespace fs = std::filesystem;
using ct::app::Picture;
using ct::pictures::Scene;

constexpr int kThumbWidth = 256, kThumbHeight = 160, kAcross = 5;
/// Of 255, over a whole small picture, and over one of its parts: fonts are drawn a little differently everywhere.
constexpr double kMeanMax = 5.0, kPartMax = 42.0;
constexpr int kPart = 16;

struct Look {
    const char* name;
    ct::client::Theme theme;
    float scale;
    int width, height;
};
constexpr std::array kLooks{
    Look{"light", ct::client::Theme::light, 1.0F, 1280, 800}, Look{"dark", ct::client::Theme::dark, 1.0F, 1280, 800},
    Look{"contrast", ct::client::Theme::contrast, 1.0F, 1280, 800},
    Look{"small", ct::client::Theme::light, 1.0F, 1024, 640}, Look{"200", ct::client::Theme::light, 2.0F, 1600, 1000}};

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "pictures: %s\n", why.c_str());
    std::exit(1);
}

std::uint8_t& at(Picture& picture, int x, int y, int channel) {
    return picture
        .rgb[(static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) + static_cast<std::size_t>(x)) * 3 +
             static_cast<std::size_t>(channel)];
}

/// Every pixel is the mean of those that fall on it.
void shrink_into(Picture& large, Picture& sheet, int left, int top) {
    for (int y = 0; y < kThumbHeight; ++y) {
        for (int x = 0; x < kThumbWidth; ++x) {
            const int x0 = x * large.width / kThumbWidth, x1 = std::max(x0 + 1, (x + 1) * large.width / kThumbWidth);
            const int y0 = y * large.height / kThumbHeight,
                      y1 = std::max(y0 + 1, (y + 1) * large.height / kThumbHeight);
            for (int channel = 0; channel < 3; ++channel) {
                int sum = 0;
                for (int v = y0; v < y1; ++v) {
                    for (int u = x0; u < x1; ++u) sum += at(large, u, v, channel);
                }
                at(sheet, left + x, top + y, channel) = static_cast<std::uint8_t>(sum / ((x1 - x0) * (y1 - y0)));
            }
        }
    }
}

/// Reads what png_bytes writes: one IDAT, lines without a filter.
Picture read_png(const std::string& file) {
    const auto bytes = ct::read_file(file);
    if (!bytes) give_up(bytes.error().message);
    const auto number = [&](std::size_t offset) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes->at(offset + i));
        return value;
    };
    Picture picture;
    picture.width = static_cast<int>(number(16));
    picture.height = static_cast<int>(number(20));
    const std::size_t data = bytes->find("IDAT");
    if (data == std::string::npos) give_up(file + " is no picture of ours");
    const std::size_t row = static_cast<std::size_t>(picture.width) * 3;
    std::vector<std::uint8_t> lines((row + 1) * static_cast<std::size_t>(picture.height));
    uLongf size = lines.size();
    if (uncompress(lines.data(), &size, reinterpret_cast<const Bytef*>(bytes->data() + data + 4), number(data - 4)) !=
            Z_OK ||
        size != lines.size())
        give_up(file + " is damaged");
    for (std::size_t y = 0; y < static_cast<std::size_t>(picture.height); ++y) {
        const auto from = lines.begin() + static_cast<std::ptrdiff_t>(y * (row + 1) + 1);
        picture.rgb.insert(picture.rgb.end(), from, from + static_cast<std::ptrdiff_t>(row));
    }
    return picture;
}

/// How far apart two small pictures are: in the mean, and in the part where they differ most.
std::pair<double, double> difference(Picture& a, Picture& b, int left, int top) {
    double sum = 0, worst = 0;
    for (int y = 0; y < kThumbHeight; y += kPart) {
        for (int x = 0; x < kThumbWidth; x += kPart) {
            double part = 0;
            for (int v = y; v < y + kPart; ++v) {
                for (int u = x; u < x + kPart; ++u) {
                    for (int channel = 0; channel < 3; ++channel)
                        part += std::abs(at(a, left + u, top + v, channel) - at(b, left + u, top + v, channel));
                }
            }
            part /= kPart * kPart * 3;
            worst = std::max(worst, part);
            sum += part;
        }
    }
    return {sum / (kThumbWidth / kPart * (kThumbHeight / kPart)), worst};
}

void write(const std::string& file, const Picture& picture) {
    const auto png = ct::app::png_bytes(picture);
    if (!png) give_up(png.error().message);
    if (auto written = ct::write_file_atomically(file, *png, 0644); !written) give_up(written.error().message);
}

Picture draw(const Look& look, const Scene& scene) {
    ImGui::CreateContext();
    Picture picture;
    {
        auto window = ct::app::Window::open({"ColorTouch", look.width, look.height});
        if (!window) give_up(window.error().message);
        ct::pictures::Stage stage(look.theme, look.scale);
        (*window)->on_draw([&stage] { stage.app().frame(); });
        const auto frames = [&](int count) {
            for (int i = 0; i < count; ++i) {
                (*window)->wait(0);
                (*window)->draw();
            }
        };
        frames(4);
        scene.set_up(stage);
        frames(4);
        if (scene.then) scene.then(stage);
        frames(4);
        stage.answer();
        frames(8);
        picture = (*window)->draw_picture();
    }
    ImGui::DestroyContext();
    return picture;
}

/// Draws one look's screens; how many of them are not as they were kept.
int draw_look(const Look& look, const std::string& out, const std::string& kept, const std::string& only) {
    const std::vector<Scene>& scenes = ct::pictures::scenes();
    const int down = (static_cast<int>(scenes.size()) + kAcross - 1) / kAcross;
    Picture sheet{kAcross * kThumbWidth, down * kThumbHeight, {}};
    sheet.rgb.resize(static_cast<std::size_t>(sheet.width) * static_cast<std::size_t>(sheet.height) * 3);
    const std::string name = "sheet-" + std::string(look.name) + ".png";
    const bool compare = only.empty() && fs::exists(fs::path(kept) / name);
    Picture before = compare ? read_png(kept + "/" + name) : Picture{};
    const bool other_screens = compare && (before.width != sheet.width || before.height != sheet.height);
    int different = other_screens ? 1 : 0;
    if (other_screens) std::printf("%s: other screens than those that are kept\n", look.name);
    for (std::size_t i = 0; i < scenes.size(); ++i) {
        if (!only.empty() && only != scenes[i].name) continue;
        Picture picture = draw(look, scenes[i]);
        write(out + "/" + scenes[i].name + "-" + look.name + ".png", picture);
        const int left = static_cast<int>(i) % kAcross * kThumbWidth,
                  top = static_cast<int>(i) / kAcross * kThumbHeight;
        shrink_into(picture, sheet, left, top);
        if (!compare || other_screens) continue;
        const auto [mean, worst] = difference(sheet, before, left, top);
        if (mean <= kMeanMax && worst <= kPartMax) continue;
        std::printf("%s-%s: differs by %.1f in the mean and %.1f in one part\n", scenes[i].name.c_str(), look.name,
                    mean, worst);
        ++different;
    }
    if (only.empty()) write(out + "/" + name, sheet);
    if (only.empty() && !compare) std::printf("%s: nothing is kept to compare with\n", look.name);
    return different;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) give_up("usage: pictures OUT KEPT [SCREEN]");
    std::error_code ignored;
    fs::create_directories(argv[1], ignored);
    int different = 0;
    for (const Look& look : kLooks) different += draw_look(look, argv[1], argv[2], argc > 3 ? argv[3] : "");
    std::printf("%zu screens in %zu looks, %d not as kept\n", ct::pictures::scenes().size(), kLooks.size(), different);
    return different == 0 ? 0 : 3;
}
