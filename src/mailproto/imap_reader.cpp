#include "mailproto/imap_reader.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace kist::mailproto {
namespace {

constexpr auto kLargest32 = std::numeric_limits<std::uint32_t>::max();
constexpr auto kLargest64 = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
constexpr std::size_t kMostAttributes = 64;

std::string upper(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

std::uint32_t read_number(ImapInput& input) {
    return static_cast<std::uint32_t>(input.number(kLargest32));
}

std::optional<ImapCondition> condition_of(const std::string& word) {
    constexpr std::array<std::pair<std::string_view, ImapCondition>, 5> kConditions{
        {{"OK", ImapCondition::ok},
         {"NO", ImapCondition::no},
         {"BAD", ImapCondition::bad},
         {"BYE", ImapCondition::bye},
         {"PREAUTH", ImapCondition::preauth}}};
    const auto* found =
        std::ranges::find(kConditions, std::string_view(word), &std::pair<std::string_view, ImapCondition>::first);
    return found == kConditions.end() ? std::nullopt : std::optional(found->second);
}

void tell_capabilities(std::string_view words, ImapSink& sink) {
    while (!words.empty()) {
        const auto word = words.substr(0, words.find(' '));
        if (!word.empty()) sink.on_capability(word);
        words.remove_prefix(std::min(word.size() + 1, words.size()));
    }
}

ImapStatus read_status(ImapInput& input, ImapCondition condition, ImapSink& sink) {
    ImapStatus status{condition, {}, {}};
    input.skip_blanks();
    if (input.skip_if('[')) {
        status.code = input.until("]");
        input.skip_if(']');
        input.skip_blanks();
        constexpr std::string_view kCapability = "CAPABILITY ";
        if (upper(status.code).starts_with(kCapability))
            tell_capabilities(std::string_view(status.code).substr(kCapability.size()), sink);
    }
    status.text = input.rest_of_line();
    return status;
}

void read_listed(ImapInput& input, ImapListed& listed) {
    input.list([&] {
        const auto attribute = input.atom();
        if (attribute.empty()) ImapInput::fail("a list of attributes");
        if (listed.attributes.size() < kMostAttributes) listed.attributes.push_back(attribute);
    });
    input.expect(' ');
    const auto delimiter = input.string(1);
    if (delimiter && !delimiter->empty()) listed.delimiter = delimiter->front();
    input.expect(' ');
    listed.name = input.string().value_or("NIL");
}

void read_folder_status(ImapInput& input, ImapFolderStatus& status) {
    status.name = input.string().value_or("NIL");
    input.skip_blanks();
    input.list([&] {
        const auto item = upper(input.atom());
        input.skip_blanks();
        if (item == "MESSAGES")
            status.messages = read_number(input);
        else if (item == "UIDNEXT")
            status.uid_next = read_number(input);
        else if (item == "UIDVALIDITY")
            status.uid_validity = read_number(input);
        else if (item == "HIGHESTMODSEQ")
            status.highest_modseq = input.number(kLargest64);
        else
            input.skip_value();
    });
}

// Of the three lists the user's own comes first; the others are read past with the line.
void read_namespace(ImapInput& input, ImapSink& sink) {
    input.skip_blanks();
    if (input.peek() != '(') return;
    bool is_first = true;
    input.list([&] {
        if (!std::exchange(is_first, false)) return input.skip_value();
        ImapNamespace first;
        int at = 0;
        input.list([&] {
            if (at > 1) return input.skip_value();  // extensions
            const auto text = input.string(at == 0 ? ImapInput::kLongestText : 1);
            if (at++ == 0)
                first.prefix = text.value_or("");
            else if (text && !text->empty())
                first.delimiter = text->front();
        });
        sink.on_namespace(first);
    });
}

void read_found(ImapInput& input, ImapSink& sink) {
    for (input.skip_blanks(); !input.at_line_end(); input.skip_blanks()) {
        if (input.peek() == '(')
            input.skip_value();  // (MODSEQ n)
        else
            sink.on_found(read_number(input));
    }
}

void read_vanished(ImapInput& input, ImapSink& sink) {
    input.skip_blanks();
    if (input.peek() == '(') {
        input.skip_value();  // (EARLIER)
        input.skip_blanks();
    }
    do {
        UidRange range;
        range.first = range.last = read_number(input);
        if (input.skip_if(':')) range.last = read_number(input);
        if (range.last < range.first) std::swap(range.first, range.last);
        sink.on_vanished(range);
    } while (input.skip_if(','));
}

// The rest of the line is nothing that anybody asked for, but may hold literals.
void skip_line(ImapInput& input) {
    for (input.skip_blanks(); !input.at_line_end(); input.skip_blanks()) {
        const char next = input.peek();
        if (next == ')' || next == '[' || next == ']')
            input.skip();
        else
            input.skip_value();
    }
}

void read_numbered(ImapInput& input, ImapSink& sink) {
    const auto number = read_number(input);
    input.expect(' ');
    const auto word = upper(input.atom());
    if (word == "FETCH") {
        input.expect(' ');
        read_fetched(input, number, sink);
    } else if (word == "EXISTS") {
        sink.on_exists(number);
    } else {
        skip_line(input);
    }
}

// True: the line has been read to its end.
bool read_named(ImapInput& input, const std::string& word, ImapSink& sink) {
    if (const auto condition = condition_of(word)) {
        sink.on_status(read_status(input, *condition, sink));
        return true;
    }
    if (word == "CAPABILITY") {
        tell_capabilities(input.rest_of_line(), sink);
        return true;
    }
    if (word == "LIST" || word == "LSUB") {
        ImapListed listed;
        input.expect(' ');
        read_listed(input, listed);
        word == "LIST" ? sink.on_listed(listed) : sink.on_subscribed(listed);
    } else if (word == "STATUS") {
        ImapFolderStatus status;
        input.expect(' ');
        read_folder_status(input, status);
        sink.on_folder_status(status);
    } else if (word == "NAMESPACE") {
        read_namespace(input, sink);
    } else if (word == "SEARCH") {
        read_found(input, sink);
    } else if (word == "VANISHED") {
        read_vanished(input, sink);
    }
    skip_line(input);
    return false;
}

}  // namespace

ImapAnswer read_answer(ImapInput& input, ImapSink& sink) {
    ImapAnswer answer;
    if (input.skip_if('+')) {
        answer.kind = ImapAnswer::Kind::continuation;
        input.skip_blanks();
        answer.status.text = input.rest_of_line();
        return answer;
    }
    answer.tag = input.atom();
    input.expect(' ');
    if (answer.tag != "*") {
        answer.kind = ImapAnswer::Kind::tagged;
        const auto condition = condition_of(upper(input.atom()));
        if (!condition) ImapInput::fail("the end of a command");
        answer.status = read_status(input, *condition, sink);
        return answer;
    }
    const char next = input.peek();
    if (next >= '0' && next <= '9') {
        read_numbered(input, sink);
    } else if (read_named(input, upper(input.atom()), sink)) {
        return answer;
    }
    input.end_line();
    return answer;
}

}  // namespace kist::mailproto
