#include "luks/json_text.hpp"

#include "kist/base/error.hpp"

#include <algorithm>

namespace kist::luks {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool take(char wanted) {
        skip_blanks();
        if (at_ >= text_.size() || text_[at_] != wanted) return false;
        ++at_;
        return true;
    }
    void expect(char wanted) {
        if (!take(wanted)) fail();
    }
    std::string_view string() {
        expect('"');
        const auto begin = at_;
        skip_to_quote();
        return text_.substr(begin, at_ - 1 - begin);
    }
    // Up to the comma or bracket that ends it.
    std::string_view value() {
        skip_blanks();
        const auto begin = at_;
        for (int depth = 0; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
            if (c == '{' || c == '[') ++depth;
            if (c == '}' || c == ']') --depth;
            if (c != '"') continue;
            ++at_;
            skip_to_quote();
            --at_;
        }
        const auto found = text_.substr(begin, at_ - begin);
        const auto end = found.find_last_not_of(kBlanks);
        if (end == std::string_view::npos) fail();
        return found.substr(0, end + 1);
    }

  private:
    [[noreturn]] static void fail() {
        throw Error(ErrorCode::damaged, "the LUKS header's metadata cannot be understood");
    }
    void skip_blanks() { at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size()); }
    void skip_to_quote() {  // behind it
        while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
        if (at_ >= text_.size()) fail();
        ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

JsonMembers json_members(std::string_view object) {
    Scanner scanner(object);
    JsonMembers members;
    scanner.expect('{');
    if (scanner.take('}')) return members;
    do {
        const auto name = scanner.string();
        scanner.expect(':');
        members.emplace_back(name, scanner.value());
    } while (scanner.take(','));
    scanner.expect('}');
    return members;
}

std::string_view json_member(std::string_view object, std::string_view name) {
    const auto members = json_members(object);
    const auto found = std::ranges::find(members, name, &JsonMembers::value_type::first);
    return found == members.end() ? std::string_view() : found->second;
}

}  // namespace kist::luks
