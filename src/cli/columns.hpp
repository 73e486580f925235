#pragma once
// Short texts side by side, as ls shows names on a terminal.

#include <cstddef>
#include <string>
#include <vector>

namespace kist::cli {

struct Cell {
    std::string text;   // printable: its width counts
    std::string shown;  // the same, maybe with colours
};

// Lines of at most `width` columns, in order from top to bottom and then to the right, in as many columns as fit (one
// at least, where a text is wider).
std::vector<std::string> in_columns(const std::vector<Cell>& cells, std::size_t width);

}  // namespace kist::cli
