#pragma once
// The text of crypttab(5) or fstab(5), edited without touching a byte that is not Kist's.
//
// 1. Kist's are two lines: `# kist boot UUID …`, and below it the line that belongs to that volume. A mark without its
//    line (somebody has taken that away) is Kist's by itself; a line without its mark is not Kist's.
// 2. Lines keep their bytes and their order. Kist's go to the end, but before a last line that lacks its newline: so
//    put() and then remove() give the same text again, whatever it was.
// 3. A table that Kist makes begins with a heading; when nothing but that is left, is_used_up() says so.

#include "kist/base/uuid.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::volume {

// Of one line, as they stand, separated by blanks. None for a comment or a blank line.
std::vector<std::string> table_fields(std::string_view line);

// As fstab(5) wants a field: blanks, newlines, backslashes and a leading # as \ooo; and back.
std::string escape_table_field(std::string_view text);
std::string unescape_table_field(std::string_view field);

class TableText {
  public:
    // The fields of a line are those of the volume's line, in this kind of table.
    using Belongs = std::function<bool(const std::vector<std::string>& fields, const Uuid& volume)>;

    TableText(std::string_view text, Belongs belongs);
    static TableText make_new(Belongs belongs);

    std::vector<Uuid> volumes() const;                          // that have a mark, in order, each once
    std::optional<std::string> find(const Uuid& volume) const;  // Kist's line, without its newline
    std::vector<std::string> foreign_lines() const;             // everybody else's, comments and blank ones too

    // Replaces Kist's lines of this volume where they stand, or adds them.
    void put(const Uuid& volume, std::string_view line);
    void remove(const Uuid& volume);

    std::string text() const;
    bool is_used_up() const;

  private:
    struct Line {
        std::string text;            // with its newline
        std::optional<Uuid> volume;  // whose line this is; of a mark, too
    };
    std::size_t erase(const Uuid& volume);  // where the first of them stood; the end where there was none
    std::size_t end_of_whole_lines() const;

    Belongs belongs_;
    std::vector<Line> lines_;
};

}  // namespace kist::volume
