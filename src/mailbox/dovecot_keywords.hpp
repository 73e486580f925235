#pragma once
// Keywords of messages in a Maildir, as Dovecot keeps them: each folder has a file `dovecot-keywords` with lines
// "0 $Important", and message names have the letter "a" for 0, "b" for 1, up to "z".

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace kist::mailbox {

inline constexpr const char* kDovecotKeywords = "dovecot-keywords";

class DovecotKeywords {
  public:
    // Those of a folder: the first 26 get a letter, in rising order.
    explicit DovecotKeywords(const std::set<std::string>& keywords);
    // Those of a folder that has such a file already. What is no line of one is passed over.
    static DovecotKeywords parse(std::string_view file);

    std::string file() const;
    bool empty() const { return letters_.empty(); }
    bool knows(const std::string& keyword) const { return letters_.contains(keyword); }
    std::string letters_of(const std::set<std::string>& keywords) const;  // rising

  private:
    DovecotKeywords() = default;

    std::map<std::string, char> letters_;
};

}  // namespace kist::mailbox
