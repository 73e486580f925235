#include "cli/table.hpp"

#include <algorithm>
#include <cassert>

namespace kist::cli {

std::size_t display_width(std::string_view utf8) noexcept {
    return static_cast<std::size_t>(
        std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void Table::add(std::vector<std::string> cells) {
    assert(cells.size() == columns_.size());
    rows_.push_back(std::move(cells));
}

std::vector<std::string> Table::lines() const {
    std::vector<std::string> titles;
    for (const auto& column : columns_) titles.push_back(column.title);
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        widths.push_back(display_width(titles[i]));
        for (const auto& row : rows_) widths[i] = std::max(widths[i], display_width(row[i]));
    }
    std::vector<std::string> result;
    const bool titled = std::any_of(titles.begin(), titles.end(), [](const auto& title) { return !title.empty(); });
    if (titled) result.push_back(line(titles, widths));
    for (const auto& row : rows_) result.push_back(line(row, widths));
    return result;
}

std::string Table::line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string padding(widths[i] - display_width(cells[i]), ' ');
        if (i > 0) text += "  ";
        text += columns_[i].align == Align::right ? padding + cells[i] : cells[i] + padding;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

}  // namespace kist::cli
