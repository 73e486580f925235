#include "cli/qr_code.hpp"

#include "kist/base/error.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include <qrencode.h>

namespace kist::cli {
namespace {

constexpr int kQuietZone = 4;  // modules around it, as the standard wants
constexpr std::string_view kLineBegin = "\x1b[97;40m";
constexpr std::string_view kLineEnd = "\x1b[0m\n";
constexpr std::string_view kBothLight = "\u2588";
constexpr std::string_view kUpperLight = "\u2580";
constexpr std::string_view kLowerLight = "\u2584";
constexpr std::string_view kBothDark = " ";
constexpr std::size_t kLargestCell = 3;

struct Free {
    void operator()(QRcode* code) const noexcept {
        explicit_bzero(code->data, static_cast<std::size_t>(code->width) * static_cast<std::size_t>(code->width));
        QRcode_free(code);
    }
};
using Code = std::unique_ptr<QRcode, Free>;

bool is_light(const QRcode& code, int row, int column) {
    if (row < 0 || column < 0 || row >= code.width || column >= code.width) return true;
    return (code.data[row * code.width + column] & 1U) == 0;
}

std::string_view cell(const QRcode& code, int row, int column) {
    const bool upper = is_light(code, row, column);
    const bool lower = is_light(code, row + 1, column);
    if (upper) return lower ? kBothLight : kUpperLight;
    return lower ? kLowerLight : kBothDark;
}

class Text {
  public:
    explicit Text(std::size_t room) : text_(room) {}
    void append(std::string_view piece) {
        std::memcpy(text_.expose().data() + used_, piece.data(), piece.size());
        used_ += piece.size();
    }
    Secret take() {
        text_.truncate(used_);
        return std::move(text_);
    }

  private:
    Secret text_;
    std::size_t used_ = 0;
};

}  // namespace

Secret qr_code(const Secret& content) {
    const Code code(QRcode_encodeData(static_cast<int>(content.size()),
                                      reinterpret_cast<const unsigned char*>(content.expose().data()), 0,
                                      QR_ECLEVEL_M));
    if (!code) throw Error::from_errno(errno, "cannot make a QR code");
    const auto side = static_cast<std::size_t>(code->width) + 2 * static_cast<std::size_t>(kQuietZone);
    Text text((side / 2 + 1) * (side * kLargestCell + kLineBegin.size() + kLineEnd.size()));
    for (int row = -kQuietZone; row < code->width + kQuietZone; row += 2) {
        text.append(kLineBegin);
        for (int column = -kQuietZone; column < code->width + kQuietZone; ++column)
            text.append(cell(*code, row, column));
        text.append(kLineEnd);
    }
    return text.take();
}

}  // namespace kist::cli
