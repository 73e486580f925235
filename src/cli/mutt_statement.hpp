#pragma once
// The words of one statement of a muttrc (muttrc(5), "Syntax of Initialization Files").

#include "kist/base/secret.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kist::cli {

struct MuttWord {
    std::string_view text;
    bool is_command = false;  // it was between backticks
};
// What quotes, backslashes and variables make of them; nothing is run. The words live as long as the statement, and may
// be secrets.
class MuttStatement {
  public:
    using Variables = std::map<std::string, std::string, std::less<>>;
    // text: up to the end of the statement, which is `;`, a line's end or a comment. rest: what comes after it.
    MuttStatement(std::string_view text, const Variables& variables);

    const std::vector<MuttWord>& words() const { return words_; }
    std::size_t length() const { return length_; }  // of `text` that belonged to it, its end included

  private:
    Secret room_;  // where the words stand
    std::vector<MuttWord> words_;
    std::size_t length_ = 0;
};

}  // namespace kist::cli
