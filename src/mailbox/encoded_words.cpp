#include "mailbox/encoded_words.hpp"

#include "mailbox/character_set.hpp"
#include "mailbox/utf8.hpp"

#include <cstdint>
#include <optional>

namespace kist::mailbox {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::size_t kLongestWord = 2048;  // the rule is 75

struct Word {
    std::string_view whole;
    std::string_view character_set;
    std::string bytes;
};

int digit_of_base64(char letter) {
    if (letter >= 'A' && letter <= 'Z') return letter - 'A';
    if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9') return letter - '0' + 52;
    return letter == '+' ? 62 : letter == '/' ? 63 : -1;
}

int digit_of_hex(char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// What does not belong is passed over: writers of mail get padding wrong.
std::string decode_base64(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char letter : text) {
        const int digit = digit_of_base64(letter);
        if (digit < 0) continue;
        bits = (bits << 6U | static_cast<unsigned>(digit)) & 0xffffU;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 0xffU);
    }
    return bytes;
}

std::string decode_q(std::string_view text) {
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const int high = text[at] == '=' && at + 2 < text.size() ? digit_of_hex(text[at + 1]) : -1;
        const int low = high >= 0 ? digit_of_hex(text[at + 2]) : -1;
        if (low >= 0) {
            bytes += static_cast<char>(high * 16 + low);
            at += 2;
        } else {
            bytes += text[at] == '_' ? ' ' : text[at];
        }
    }
    return bytes;
}

// =?CHARSET?B?TEXT?= at the beginning of `text`. The text may have blanks in it, against the rules.
std::optional<Word> parse_word(std::string_view text) {
    if (!text.starts_with("=?")) return std::nullopt;
    text = text.substr(0, kLongestWord);
    const auto charset_end = text.find('?', 2);
    if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() || text[charset_end + 2] != '?')
        return std::nullopt;
    const auto begin = charset_end + 3;
    const auto end = text.find("?=", begin);
    if (end == std::string_view::npos ||
        text.substr(2, charset_end - 2).find_first_of(kBlanks) != std::string_view::npos)
        return std::nullopt;
    const auto encoded = text.substr(begin, end - begin);
    if (encoded.find('?') != std::string_view::npos) return std::nullopt;
    Word word{text.substr(0, end + 2), text.substr(2, charset_end - 2), {}};
    word.character_set = word.character_set.substr(0, word.character_set.find('*'));  // then a language follows
    const char encoding = text[charset_end + 1];
    if (encoding == 'B' || encoding == 'b')
        word.bytes = decode_base64(encoded);
    else if (encoding == 'Q' || encoding == 'q')
        word.bytes = decode_q(encoded);
    else
        return std::nullopt;
    return word;
}

std::string plain(std::string_view text) {
    if (is_utf8(text)) return std::string(text);
    return to_utf8(text, "windows-1252").value_or(std::string(text));
}

class Decoder {
  public:
    std::string decode(std::string_view field) {
        while (!field.empty()) {
            const auto begin = std::min(field.find("=?"), field.size());
            put_plain(field.substr(0, begin));
            field.remove_prefix(begin);
            if (const auto word = parse_word(field)) {
                put_word(*word);
                field.remove_prefix(word->whole.size());
            } else if (!field.empty()) {
                put_plain(field.substr(0, 2));
                field.remove_prefix(2);
            }
        }
        end_words();
        return clean_text(result_);
    }

  private:
    // Blanks between encoded words are no part of the text.
    void put_plain(std::string_view text) {
        if (text.empty()) return;
        if (has_words_ && text.find_first_not_of(kBlanks) == std::string_view::npos) {
            blanks_ = text;
            return;
        }
        end_words();
        result_ += plain(text);
    }

    void put_word(const Word& word) {
        if (has_words_ && word.character_set != words_.character_set) {
            blanks_ = {};
            end_words();
        }
        blanks_ = {};
        has_words_ = true;
        words_.character_set = word.character_set;
        words_.whole = words_.whole.empty()
                           ? word.whole
                           : std::string_view(
                                 words_.whole.data(),
                                 static_cast<std::size_t>(word.whole.data() + word.whole.size() - words_.whole.data()));
        words_.bytes += word.bytes;
    }

    void end_words() {
        if (has_words_) result_ += to_utf8(words_.bytes, words_.character_set).value_or(std::string(words_.whole));
        result_ += blanks_;
        has_words_ = false;
        words_ = {};
        blanks_ = {};
    }

    std::string result_;
    Word words_;  // adjacent ones of one character set
    bool has_words_ = false;
    std::string_view blanks_;  // behind them
};

}  // namespace

std::string decode_words(std::string_view field) {
    return Decoder().decode(field);
}

}  // namespace kist::mailbox
