#include "mailbox/character_set.hpp"

#include "mailbox/utf8.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <type_traits>

#include <iconv.h>

namespace kist::mailbox {
namespace {

constexpr std::size_t kLongestName = 24;

struct Alias {
    std::string_view written;
    std::string_view meant;
};

// As browsers read them: what calls itself by the smaller set's name often is of the larger one.
constexpr Alias kAliases[] = {
    {"us-ascii", "CP1252"},
    {"ascii", "CP1252"},
    {"iso-8859-1", "CP1252"},
    {"latin1", "CP1252"},
    {"iso-8859-9", "CP1254"},
    {"iso-8859-11", "CP874"},
    {"tis-620", "CP874"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"gb18030", "GB18030"},
    {"cp936", "GB18030"},
    {"big5", "BIG5-HKSCS"},
    {"big5-hkscs", "BIG5-HKSCS"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"sjis", "CP932"},
    {"windows-31j", "CP932"},
    {"euc-jp", "EUC-JP"},
    {"iso-2022-jp", "ISO-2022-JP"},
    {"euc-kr", "CP949"},
    {"ks_c_5601-1987", "CP949"},
    {"koi8-r", "KOI8-R"},
    {"koi8-u", "KOI8-U"},
    {"macintosh", "MACINTOSH"},
    {"utf-16", "UTF-16"},
    {"utf-16le", "UTF-16LE"},
    {"utf-16be", "UTF-16BE"},
    {"utf-7", "UTF-7"},
    {"cp437", "CP437"},
    {"ibm437", "CP437"},
    {"cp850", "CP850"},
    {"ibm850", "CP850"},
    {"cp866", "CP866"},
    {"ibm866", "CP866"},
};

std::string in_small_letters(std::string_view name) {
    std::string small(name);
    std::ranges::transform(small, small.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
    });
    return small;
}

bool is_number(std::string_view text, std::size_t most_digits) {
    return !text.empty() && text.size() <= most_digits &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

// iconv's name for it; empty: none that is wanted here.
std::string iconv_name(const std::string& name) {
    const auto* const alias = std::ranges::find(kAliases, name, &Alias::written);
    if (alias != std::end(kAliases)) return std::string(alias->meant);
    constexpr std::string_view kWindows = "windows-125";
    constexpr std::string_view kCodePage = "cp125";
    constexpr std::string_view kLatin = "iso-8859-";
    if (name.starts_with(kWindows) && is_number(name.substr(kWindows.size()), 1))
        return "CP125" + name.substr(kWindows.size());
    if (name.starts_with(kCodePage) && is_number(name.substr(kCodePage.size()), 1))
        return "CP125" + name.substr(kCodePage.size());
    if (name.starts_with(kLatin) && is_number(name.substr(kLatin.size()), 2))
        return "ISO-8859-" + name.substr(kLatin.size());
    return {};
}

struct CloseConverter {
    void operator()(iconv_t converter) const noexcept { iconv_close(converter); }
};
using Converter = std::unique_ptr<std::remove_pointer_t<iconv_t>, CloseConverter>;

// Opening one loads a library, which costs more than all the rest; there are not many. Null: this system has not got
// it.
iconv_t converter_from(const std::string& name) {
    thread_local std::map<std::string, Converter> known;
    const auto found = known.find(name);
    if (found != known.end()) return found->second.get();
    const auto opened = iconv_open("UTF-8", name.c_str());
    return known.emplace(name, opened == iconv_t(-1) ? nullptr : opened).first->second.get();
}

std::string convert(iconv_t converter, std::string_view text) {
    std::string input(text);  // iconv's interface is older than const
    std::string result;
    std::array<char, 1024> room{};
    iconv(converter, nullptr, nullptr, nullptr, nullptr);  // as if it were new
    char* from = input.data();
    auto left = input.size();
    for (bool is_done = false; !is_done;) {
        char* to = room.data();
        auto free = room.size();
        const bool failed = iconv(converter, &from, &left, &to, &free) == std::size_t(-1);
        const int error = failed ? errno : 0;
        result.append(room.data(), room.size() - free);
        if (error == E2BIG) continue;
        if (error != 0) result += kReplacement;
        is_done = left == 0 || error == EINVAL;
        if (error != 0 && !is_done) ++from, --left, is_done = left == 0;
    }
    return result;
}

}  // namespace

std::optional<std::string> to_utf8(std::string_view text, std::string_view character_set) {
    if (character_set.size() > kLongestName) return std::nullopt;
    const auto name = in_small_letters(character_set);
    if (name == "utf-8" || name == "utf8") return std::string(text);
    const auto known = iconv_name(name);
    auto* const converter = known.empty() ? nullptr : converter_from(known);
    if (converter == nullptr) return std::nullopt;
    return convert(converter, text);
}

}  // namespace kist::mailbox
