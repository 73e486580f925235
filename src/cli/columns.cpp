#include "cli/columns.hpp"

#include "cli/table.hpp"

#include <algorithm>

namespace kist::cli {
namespace {

constexpr std::size_t kGap = 2;

std::vector<std::size_t> column_widths(const std::vector<Cell>& cells, std::size_t rows) {
    std::vector<std::size_t> widths((cells.size() + rows - 1) / rows);
    for (std::size_t at = 0; at < cells.size(); ++at)
        widths[at / rows] = std::max(widths[at / rows], display_width(cells[at].text));
    return widths;
}

bool fit(const std::vector<std::size_t>& widths, std::size_t width) {
    std::size_t sum = (widths.size() - 1) * kGap;
    for (const auto one : widths) sum += one;
    return sum <= width;
}

}  // namespace

std::vector<std::string> in_columns(const std::vector<Cell>& cells, std::size_t width) {
    if (cells.empty()) return {};
    auto columns = std::min((width + kGap) / (1 + kGap) + 1, cells.size());
    auto rows = cells.size();
    auto widths = column_widths(cells, rows);
    for (; columns > 1; --columns) {
        const auto fewer = (cells.size() + columns - 1) / columns;
        auto narrower = column_widths(cells, fewer);
        if (!fit(narrower, width)) continue;
        rows = fewer;
        widths = std::move(narrower);
        break;
    }
    std::vector<std::string> lines(rows);
    for (std::size_t at = 0; at < cells.size(); ++at) {
        auto& line = lines[at % rows];
        line += cells[at].shown;
        if (at + rows < cells.size()) line.append(widths[at / rows] - display_width(cells[at].text) + kGap, ' ');
    }
    return lines;
}

}  // namespace kist::cli
