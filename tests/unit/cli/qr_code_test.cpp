#include "cli/qr_code.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <qrencode.h>

namespace kist::cli {
namespace {

constexpr std::size_t kQuietZone = 4;

// The modules that a terminal would show, true for light, without the escape sequences around each line.
std::vector<std::vector<bool>> modules_of(const Secret& text) {
    const auto bytes = text.expose();
    std::vector<std::vector<bool>> rows;
    std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    while (!rest.empty()) {
        auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(line.size() + 1);
        line.remove_prefix(line.find('m') + 1);
        line = line.substr(0, line.find('\x1b'));
        auto& upper = rows.emplace_back();
        std::vector<bool> lower;
        while (!line.empty()) {
            const bool blank = line.front() == ' ';
            const auto cell = line.substr(0, blank ? 1 : 3);
            line.remove_prefix(cell.size());
            upper.push_back(cell == "\u2588" || cell == "\u2580");
            lower.push_back(cell == "\u2588" || cell == "\u2584");
        }
        rows.push_back(std::move(lower));
    }
    return rows;
}

TEST(QrCode, ShowsEveryModuleInsideAQuietZone) {
    const std::string content = "cbdefghi-jklnrtuv-cbdefghi-jklnrtuv-cbdefghi-jklnrtuv-cbdefghi-jklnrtuv";
    QRcode* const code = QRcode_encodeData(static_cast<int>(content.size()),
                                           reinterpret_cast<const unsigned char*>(content.data()), 0, QR_ECLEVEL_M);
    ASSERT_NE(code, nullptr);
    const auto rows = modules_of(qr_code(Secret::copy_of(os::as_bytes(content))));
    const auto width = static_cast<std::size_t>(code->width);
    ASSERT_GE(rows.size(), width + 2 * kQuietZone);
    for (std::size_t y = 0; y < rows.size(); ++y) {
        ASSERT_EQ(rows[y].size(), width + 2 * kQuietZone);
        for (std::size_t x = 0; x < rows[y].size(); ++x) {
            const bool inside = y >= kQuietZone && x >= kQuietZone && y < width + kQuietZone && x < width + kQuietZone;
            const bool light = !inside || (code->data[(y - kQuietZone) * width + x - kQuietZone] & 1U) == 0;
            ASSERT_EQ(rows[y][x], light) << x << "," << y;
        }
    }
    QRcode_free(code);
}

TEST(QrCode, RefusesWhatDoesNotFit) {
    EXPECT_THROW(qr_code(Secret(10'000)), Error);
}

}  // namespace
}  // namespace kist::cli
