#include "cli/split_words.hpp"

#include "kist/base/error.hpp"

#include <algorithm>

namespace kist::cli {
namespace {

// One word at a time, from the front of `rest`.
class WordReader {
  public:
    WordReader(std::string_view text, std::string_view from) : rest_(text), from_(from) {}

    bool next(std::string& word) {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n"), rest_.size()));
        if (rest_.empty()) return false;
        word.clear();
        while (!rest_.empty() && std::string_view(" \t\n").find(rest_.front()) == std::string_view::npos) take(word);
        return true;
    }

  private:
    void take(std::string& word) {
        const char c = pop();
        if (c == '\'' || c == '"')
            take_quoted(c, word);
        else
            word += c == '\\' ? pop() : c;
    }

    void take_quoted(char quote, std::string& word) {
        for (char c = pop(); c != quote; c = pop()) word += c == '\\' && quote == '"' ? pop() : c;
    }

    char pop() {
        if (rest_.empty())
            throw Error(ErrorCode::usage, std::string(from_) + ": a quote or backslash at its end is not closed");
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    std::string_view rest_;
    std::string_view from_;
};

}  // namespace

std::vector<std::string> split_words(std::string_view command, std::string_view from) {
    std::vector<std::string> words;
    WordReader reader(command, from);
    for (std::string word; reader.next(word);) words.push_back(word);
    if (words.empty()) throw Error(ErrorCode::usage, std::string(from) + " is empty");
    return words;
}

}  // namespace kist::cli
