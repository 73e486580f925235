#include "kist/base/path_pattern.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace kist {
namespace {

constexpr unsigned kBytes = 256;

struct NamedClass {
    std::string_view name;
    bool (*holds)(unsigned char byte);
};

constexpr bool is_between(unsigned char byte, char first, char last) {
    return byte >= static_cast<unsigned char>(first) && byte <= static_cast<unsigned char>(last);
}
constexpr bool is_alpha(unsigned char byte) {
    return is_between(byte, 'a', 'z') || is_between(byte, 'A', 'Z');
}
constexpr bool is_digit(unsigned char byte) {
    return is_between(byte, '0', '9');
}

// POSIX's, in the locale "C".
constexpr std::array kNamedClasses{
    NamedClass{"alnum", [](unsigned char byte) { return is_alpha(byte) || is_digit(byte); }},
    NamedClass{"alpha", is_alpha},
    NamedClass{"blank", [](unsigned char byte) { return byte == ' ' || byte == '\t'; }},
    NamedClass{"cntrl", [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; }},
    NamedClass{"digit", is_digit},
    NamedClass{"graph", [](unsigned char byte) { return is_between(byte, '!', '~'); }},
    NamedClass{"lower", [](unsigned char byte) { return is_between(byte, 'a', 'z'); }},
    NamedClass{"print", [](unsigned char byte) { return is_between(byte, ' ', '~'); }},
    NamedClass{"punct",
               [](unsigned char byte) { return is_between(byte, '!', '~') && !is_alpha(byte) && !is_digit(byte); }},
    NamedClass{"space", [](unsigned char byte) { return byte == ' ' || is_between(byte, '\t', '\r'); }},
    NamedClass{"upper", [](unsigned char byte) { return is_between(byte, 'A', 'Z'); }},
    NamedClass{
        "xdigit",
        [](unsigned char byte) { return is_digit(byte) || is_between(byte, 'a', 'f') || is_between(byte, 'A', 'F'); }},
};

std::size_t index_of(char byte) {
    return static_cast<unsigned char>(byte);
}

}  // namespace

class PathPattern::Parser {
  public:
    explicit Parser(std::string_view text) : rest_(text) {}

    // false: the text is no pattern.
    bool parse(std::vector<Part>& parts) {
        while (!rest_.empty())
            if (!parse_part(parts)) return false;
        return true;
    }

  private:
    bool parse_part(std::vector<Part>& parts) {
        const char next = pop();
        if (next == '*') {
            const bool is_double = starts_with('*');
            while (starts_with('*')) pop();
            parts.push_back({is_double ? Kind::anything : Kind::any_but_slash, {}});
            return true;
        }
        Part part;
        if (next == '?')
            part.bytes.set();
        else if (next == '[') {
            if (!parse_class(part)) return false;
        } else {
            if (next == '\\' && rest_.empty()) return false;
            part.bytes.set(index_of(next == '\\' ? pop() : next));
            parts.push_back(part);
            return true;
        }
        part.bytes.reset(index_of('/'));
        parts.push_back(part);
        return true;
    }

    bool parse_class(Part& part) {
        const bool is_negated = starts_with('!') || starts_with('^');
        if (is_negated) pop();
        for (bool is_first = true; is_first || !starts_with(']'); is_first = false) {
            if (rest_.empty()) return false;
            if (rest_.starts_with("[:")) {
                if (!parse_named(part)) return false;
            } else if (!parse_range(part)) {
                return false;
            }
        }
        pop();
        if (is_negated) part.bytes.flip();
        return true;
    }

    bool parse_named(Part& part) {
        const auto end = rest_.find(":]");
        if (end == std::string_view::npos) return false;
        const auto named = std::ranges::find(kNamedClasses, rest_.substr(2, end - 2), &NamedClass::name);
        if (named == kNamedClasses.end()) return false;
        for (unsigned byte = 0; byte < kBytes; ++byte)
            if (named->holds(static_cast<unsigned char>(byte))) part.bytes.set(byte);
        rest_.remove_prefix(end + 2);
        return true;
    }

    bool parse_range(Part& part) {
        const auto first = pop_escaped();
        if (!first) return false;
        auto last = first;
        if (rest_.size() > 1 && rest_.front() == '-' && rest_[1] != ']') {
            pop();
            last = pop_escaped();
        }
        if (!last) return false;
        for (auto byte = index_of(*first); byte <= index_of(*last); ++byte) part.bytes.set(byte);
        return true;
    }

    std::optional<char> pop_escaped() {
        if (rest_.empty()) return std::nullopt;
        const char next = pop();
        if (next != '\\') return next;
        return rest_.empty() ? std::nullopt : std::optional(pop());
    }

    bool starts_with(char byte) const { return rest_.starts_with(byte); }
    char pop() {
        const char next = rest_.front();
        rest_.remove_prefix(1);
        return next;
    }

    std::string_view rest_;
};

std::optional<PathPattern> PathPattern::parse(std::string_view text) {
    PathPattern pattern;
    pattern.is_anchored_ = text.starts_with('/');
    while (text.ends_with('/') && !text.ends_with("\\/")) {
        pattern.only_directories_ = true;
        text.remove_suffix(1);
    }
    if (text.empty() || !Parser(text).parse(pattern.parts_)) return std::nullopt;
    pattern.find_last_name();
    return pattern;
}

void PathPattern::find_last_name() {
    const auto is_slash = [](const Part& part) {
        return part.kind == Kind::one_of && part.bytes.count() == 1 && part.bytes.test(index_of('/'));
    };
    is_for_names_ =
        std::ranges::none_of(parts_, [&](const Part& part) { return part.kind == Kind::anything || is_slash(part); });
    std::string name;
    for (auto part = parts_.rbegin(); part != parts_.rend() && !is_slash(*part); ++part) {
        if (part->kind != Kind::one_of || part->bytes.count() != 1) return;
        std::size_t byte = 0;
        while (!part->bytes.test(byte)) ++byte;
        name.insert(name.begin(), static_cast<char>(byte));
    }
    last_name_ = std::move(name);
}

// Where it goes wrong behind a star, that star takes one byte more; the one before it need never be asked again.
bool PathPattern::matches_name(std::string_view name) const {
    if (last_name_) return name == *last_name_;
    std::size_t part = 0;
    std::size_t at = 0;
    std::optional<std::size_t> star;
    std::size_t star_end = 0;
    while (at < name.size()) {
        if (part < parts_.size() && parts_[part].kind != Kind::one_of) {
            star = part++;
            star_end = at;
        } else if (part < parts_.size() && parts_[part].bytes.test(index_of(name[at]))) {
            ++part;
            ++at;
        } else if (star) {
            part = *star + 1;
            at = ++star_end;
        } else {
            return false;
        }
    }
    while (part < parts_.size() && parts_[part].kind != Kind::one_of) ++part;
    return part == parts_.size();
}

// Stars may stand for nothing.
void PathPattern::skip_stars(Progress& progress, std::size_t at) const {
    progress[at] = true;
    for (; at < parts_.size() && parts_[at].kind != Kind::one_of; ++at) progress[at + 1] = true;
}

PathPattern::Progress PathPattern::begin() const {
    Progress progress(parts_.size() + 1);
    if (is_anchored_ || parts_.front().kind == Kind::anything) skip_stars(progress, 0);
    return progress;
}

PathPattern::Progress PathPattern::step(const Progress& progress, char byte) const {
    Progress next(parts_.size() + 1);
    for (std::size_t at = 0; at < parts_.size(); ++at) {
        if (!progress[at]) continue;
        const auto& part = parts_[at];
        if (part.kind == Kind::one_of) {
            if (part.bytes.test(index_of(byte))) skip_stars(next, at + 1);
        } else if (part.kind == Kind::anything || byte != '/') {
            next[at] = true;
            skip_stars(next, at);
        }
    }
    return next;
}

PathPattern::Progress PathPattern::follow(const Progress& progress, std::string_view name) const {
    auto next = step(progress, '/');
    if (!is_anchored_) skip_stars(next, 0);
    for (const char byte : name) next = step(next, byte);
    return next;
}

bool PathPattern::is_match(const Progress& progress, bool is_directory) const {
    return progress.back() && (is_directory || !only_directories_);
}

bool PathPattern::may_match_below(const Progress& progress) const {
    return !is_anchored_ || std::find(progress.begin(), progress.end(), true) != progress.end();
}

bool PathPattern::matches(std::string_view absolute_path, bool is_directory) const {
    auto progress = begin();
    while (!absolute_path.empty()) {
        const auto slash = std::min(absolute_path.find('/'), absolute_path.size());
        if (slash > 0) progress = follow(progress, absolute_path.substr(0, slash));
        absolute_path.remove_prefix(std::min(slash + 1, absolute_path.size()));
    }
    return is_match(progress, is_directory);
}

}  // namespace kist
