#include "volume/table_text.hpp"

#include <algorithm>
#include <ranges>

namespace kist::volume {
namespace {

constexpr std::string_view kMark = "# kist boot ";
constexpr std::string_view kMarkEnd = " (Kist wrote the next line; `kist boot remove` takes both away)";
constexpr std::string_view kHeading = "# Made by kist boot, and removed with its last entry.\n";
constexpr std::size_t kUuidLength = 36;
constexpr std::string_view kBlanks = " \t";

std::optional<Uuid> volume_of_mark(std::string_view line) {
    if (!line.starts_with(kMark)) return std::nullopt;
    return parse_uuid(line.substr(kMark.size(), kUuidLength));
}

std::string mark_of(const Uuid& volume) {
    return std::string(kMark) + to_string(volume) + std::string(kMarkEnd) + "\n";
}

std::string_view without_newline(std::string_view line) {
    return line.ends_with('\n') ? line.substr(0, line.size() - 1) : line;
}

std::string octal(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return {'\\', static_cast<char>('0' + byte / 64), static_cast<char>('0' + byte / 8 % 8),
            static_cast<char>('0' + byte % 8)};
}

bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

std::vector<std::string_view> split_lines(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto newline = text.find('\n');
        const auto size = newline == std::string_view::npos ? text.size() : newline + 1;
        lines.push_back(text.substr(0, size));
        text.remove_prefix(size);
    }
    return lines;
}

}  // namespace

std::vector<std::string> table_fields(std::string_view line) {
    line = without_newline(line);
    std::vector<std::string> fields;
    for (auto begin = line.find_first_not_of(kBlanks); begin != std::string_view::npos;
         begin = line.find_first_not_of(kBlanks, begin)) {
        if (fields.empty() && line[begin] == '#') return {};
        const auto end = std::min(line.find_first_of(kBlanks, begin), line.size());
        fields.emplace_back(line.substr(begin, end - begin));
        begin = end;
    }
    return fields;
}

std::string escape_table_field(std::string_view text) {
    std::string field;
    for (const char c : text) {
        const bool special = c == ' ' || c == '\t' || c == '\n' || c == '\\' || (c == '#' && field.empty());
        field += special ? octal(c) : std::string(1, c);
    }
    return field;
}

std::string unescape_table_field(std::string_view field) {
    std::string text;
    while (!field.empty()) {
        const bool escaped = field.size() >= 4 && field[0] == '\\' && field[1] <= '3' &&
                             std::ranges::all_of(field.substr(1, 3), is_octal);
        text += escaped ? static_cast<char>((field[1] - '0') * 64 + (field[2] - '0') * 8 + (field[3] - '0')) : field[0];
        field.remove_prefix(escaped ? 4 : 1);
    }
    return text;
}

TableText::TableText(std::string_view text, Belongs belongs) : belongs_(std::move(belongs)) {
    std::optional<Uuid> marked;
    for (const auto line : split_lines(text)) {
        const auto mark = volume_of_mark(line);
        const bool is_marked_line = marked && belongs_(table_fields(line), *marked);
        lines_.push_back({std::string(line), mark ? mark : is_marked_line ? marked : std::nullopt});
        marked = mark;
    }
}

TableText TableText::make_new(Belongs belongs) {
    return {kHeading, std::move(belongs)};
}

std::vector<Uuid> TableText::volumes() const {
    std::vector<Uuid> found;
    for (const auto& line : lines_)
        if (line.volume && std::ranges::find(found, *line.volume) == found.end()) found.push_back(*line.volume);
    return found;
}

std::optional<std::string> TableText::find(const Uuid& volume) const {
    for (const auto& line : lines_)
        if (line.volume == volume && !volume_of_mark(line.text)) return std::string(without_newline(line.text));
    return std::nullopt;
}

std::vector<std::string> TableText::foreign_lines() const {
    std::vector<std::string> found;
    for (const auto& line : lines_)
        if (!line.volume) found.emplace_back(without_newline(line.text));
    return found;
}

void TableText::put(const Uuid& volume, std::string_view line) {
    const auto at = lines_.begin() + static_cast<std::ptrdiff_t>(erase(volume));
    lines_.insert(at, {{mark_of(volume), volume}, {std::string(line) + "\n", volume}});
}

void TableText::remove(const Uuid& volume) {
    erase(volume);
}

std::string TableText::text() const {
    std::string text;
    for (const auto& line : lines_) text += line.text;
    return text;
}

bool TableText::is_used_up() const {
    return text() == kHeading;
}

std::size_t TableText::erase(const Uuid& volume) {
    const auto is_its = [&](const Line& line) { return line.volume == volume; };
    const auto first = std::ranges::find_if(lines_, is_its);
    const auto at = first == lines_.end() ? end_of_whole_lines() : static_cast<std::size_t>(first - lines_.begin());
    std::erase_if(lines_, is_its);
    return at;
}

std::size_t TableText::end_of_whole_lines() const {
    if (lines_.empty() || lines_.back().text.ends_with('\n')) return lines_.size();
    auto at = lines_.size() - 1;
    // Never between another volume's mark and its line.
    while (lines_[at].volume && at > 0 && lines_[at - 1].volume == lines_[at].volume) --at;
    return at;
}

}  // namespace kist::volume
