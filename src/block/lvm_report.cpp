#include "block/lvm_report.hpp"

#include <algorithm>
#include <charconv>

namespace kist::block {
namespace {

constexpr std::string_view kPrefix = "LVM2_";

LvmRow parse_line(std::string_view line) {
    LvmRow row;
    for (;;) {
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        const auto quote = line.find("='");
        if (!line.starts_with(kPrefix) || quote == std::string_view::npos) return row;
        const auto end = line.find('\'', quote + 2);
        if (end == std::string_view::npos) return row;
        std::string column(line.substr(kPrefix.size(), quote - kPrefix.size()));
        std::ranges::transform(column, column.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        row.emplace(std::move(column), line.substr(quote + 2, end - quote - 2));
        line.remove_prefix(end + 1);
    }
}

std::string doubled_hyphens(std::string_view name) {
    std::string result;
    for (const char c : name) result.append(c == '-' ? 2 : 1, c);
    return result;
}

}  // namespace

std::vector<LvmRow> parse_lvm_report(std::string_view output) {
    std::vector<LvmRow> rows;
    while (!output.empty()) {
        const auto end = std::min(output.find('\n'), output.size());
        auto row = parse_line(output.substr(0, end));
        if (!row.empty()) rows.push_back(std::move(row));
        output.remove_prefix(std::min(end + 1, output.size()));
    }
    return rows;
}

std::string value_of(const LvmRow& row, std::string_view column) {
    const auto found = row.find(column);
    return found == row.end() ? "" : found->second;
}

unsigned percent_of(const LvmRow& row, std::string_view column) {
    const auto text = value_of(row, column);
    unsigned percent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
    return error == std::errc() ? std::min(percent, 100U) : 100;
}

std::string mapper_path(std::string_view group, std::string_view volume) {
    return "/dev/mapper/" + doubled_hyphens(group) + "-" + doubled_hyphens(volume);
}

}  // namespace kist::block
