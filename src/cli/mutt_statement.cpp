#include "cli/mutt_statement.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace kist::cli {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

bool is_of_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Writes words into a room that is as large as they can become.
class WordWriter {
  public:
    explicit WordWriter(std::span<std::byte> room) : room_(room) {}

    void put(char c) {
        if (size_ < room_.size()) room_[size_++] = static_cast<std::byte>(c);
    }
    void put(std::string_view text) {
        for (const char c : text) put(c);
    }
    std::size_t size() const { return size_; }
    std::string_view from(std::size_t begin) const {
        return {reinterpret_cast<const char*>(room_.data()) + begin, size_ - begin};
    }

  private:
    std::span<std::byte> room_;
    std::size_t size_ = 0;
};

// "$name" or "${name}" at the beginning of the text: the name, and how long all of it is.
std::pair<std::string_view, std::size_t> variable_in(std::string_view text) {
    const bool is_braced = text.size() > 1 && text[1] == '{';
    std::size_t end = is_braced ? 2 : 1;
    const auto begin = end;
    while (end < text.size() && is_of_name(text[end])) ++end;
    const auto name = text.substr(begin, end - begin);
    if (is_braced && end < text.size() && text[end] == '}') ++end;
    return {name, end};
}

char unescaped(char c) {
    return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
}

}  // namespace

MuttStatement::MuttStatement(std::string_view text, const Variables& variables) {
    std::size_t longest = 0;
    for (const auto& [name, value] : variables) longest = std::max(longest, value.size());
    const auto uses = static_cast<std::size_t>(std::ranges::count(text.substr(0, text.find('\n')), '$'));
    room_ = Secret(text.size() + std::min(uses, std::size_t{64}) * longest + 1);
    WordWriter writer(room_.expose());
    std::size_t at = 0;
    std::size_t begin = 0;
    bool is_in_word = false;
    bool is_command = false;
    char quote = 0;
    const auto end_word = [&] {
        if (is_in_word) words_.push_back({writer.from(begin), is_command});
        is_in_word = is_command = false;
        begin = writer.size();
    };
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '\\' && at + 1 < text.size() && quote != '\'') {
            ++at;
            if (text[at] == '\n') continue;  // the line goes on
            is_in_word = true;
            writer.put(unescaped(text[at]));
        } else if (quote == 0 && (c == '\n' || c == ';')) {
            ++at;
            break;
        } else if (quote == 0 && is_blank(c)) {
            end_word();
        } else if (quote == 0 && c == '#' && !is_in_word) {
            at = std::min(text.find('\n', at), text.size() - 1) + 1;
            break;
        } else if (quote == c) {
            quote = 0;
        } else if (quote == 0 && (c == '"' || c == '\'')) {
            quote = c;
            is_in_word = true;
        } else if (quote != '\'' && c == '`') {
            const auto end = std::min(text.find('`', at + 1), text.size());
            writer.put(text.substr(at + 1, end - at - 1));
            at = std::min(end, text.size() - 1);
            is_in_word = is_command = true;
        } else if (quote != '\'' && c == '$') {
            const auto [name, length] = variable_in(text.substr(at));
            if (const auto found = variables.find(name); found != variables.end()) writer.put(found->second);
            is_in_word = true;
            at += length - 1;
        } else {
            is_in_word = true;
            writer.put(c);
        }
    }
    end_word();
    length_ = std::max<std::size_t>(std::min(at, text.size()), 1);
}

}  // namespace kist::cli
