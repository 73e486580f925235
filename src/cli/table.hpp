#pragma once
// Rows of text in aligned columns, for people. Cells must be printable; widths count code points.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kist::cli {

enum class Align { left, right };

struct Column {
    std::string title;
    Align align = Align::left;
};

class Table {
  public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    void add(std::vector<std::string> cells);  // one for each column
    bool empty() const noexcept { return rows_.empty(); }
    // The titles (none where all are empty), then the rows; two spaces between columns, nothing after the last cell.
    std::vector<std::string> lines() const;

  private:
    std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const;

    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

std::size_t display_width(std::string_view utf8) noexcept;

}  // namespace kist::cli
