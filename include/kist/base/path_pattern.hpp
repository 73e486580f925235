#pragma once
// Patterns of paths, in rsync's words (rsync(1), "PATTERN MATCHING RULES"): `*` and `?` stand for anything but a slash,
// `**` for anything, `[...]` for one of these bytes (ranges, [!...], [[:digit:]]), a backslash takes the next character
// as it is. With a slash at its beginning a pattern is compared with the whole absolute path, without one with the end
// of it, from the beginning of a name on; `**` at its beginning stands for all of the path before. With a slash at its
// end it means directories only. Bytes, not characters, are compared.
//
// A path is followed name by name, so that a walk need not build it, and knows below which folders nothing can match.
// Time and memory are linear in the pattern's and the path's lengths.

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist {

class PathPattern {
  public:
    // How far a path that is being followed has come: which parts of the pattern may come next.
    using Progress = std::vector<bool>;

    // nullopt: nothing in it, a class without an end, or a backslash at the end.
    static std::optional<PathPattern> parse(std::string_view text);

    Progress begin() const;  // before the first slash of an absolute path
    Progress follow(const Progress& progress, std::string_view name) const;
    bool is_match(const Progress& progress, bool is_directory) const;
    // Whether something may match further down.
    bool may_match_below(const Progress& progress) const;

    bool is_anchored() const { return is_anchored_; }
    bool is_for_directories_only() const { return only_directories_; }
    // Without a slash and `**`: the last name alone decides, and matches_name() tells without following the path.
    bool is_for_names() const { return is_for_names_; }
    bool matches_name(std::string_view name) const;
    // The only last name that can match, where there is just one.
    const std::optional<std::string>& last_name() const { return last_name_; }

    // A path whose folders are not looked at one by one.
    bool matches(std::string_view absolute_path, bool is_directory) const;

  private:
    enum class Kind : std::uint8_t { one_of, any_but_slash, anything };
    struct Part {
        Kind kind = Kind::one_of;
        std::bitset<256> bytes{};  // of one_of
    };

    class Parser;

    void find_last_name();
    void skip_stars(Progress& progress, std::size_t at) const;
    Progress step(const Progress& progress, char byte) const;

    std::vector<Part> parts_;
    bool is_anchored_ = false;
    bool only_directories_ = false;
    bool is_for_names_ = false;
    std::optional<std::string> last_name_;
};

}  // namespace kist
