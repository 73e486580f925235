#include "config/table_reader.hpp"

#include "kist/base/nearest_name.hpp"
#include "kist/os/directory.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

namespace kist::config {

TableReader::TableReader(const Table& table, std::string name, const std::string& file, std::vector<Problem>& problems)
    : table_(table), name_(std::move(name)), file_(file), problems_(problems) {}

std::optional<Text> TableReader::text(const std::string& key) {
    const auto* member = find(key);
    return member == nullptr ? std::nullopt : text_of(*member, member->value);
}

std::vector<Text> TableReader::texts(const std::string& key) {
    const auto* member = find(key);
    if (member == nullptr) return {};
    const auto* array = std::get_if<Array>(&member->value.data);
    std::vector<Text> all;
    for (std::size_t i = 0; i < (array == nullptr ? 1 : array->size()); ++i)
        if (auto one = text_of(*member, array == nullptr ? member->value : (*array)[i])) all.push_back(std::move(*one));
    return all;
}

std::optional<std::vector<std::string>> TableReader::words(const std::string& key) {
    const auto* member = find(key);
    return member == nullptr ? std::nullopt : words_of(*member, member->value);
}

std::optional<std::vector<Command>> TableReader::commands(const std::string& key) {
    const auto* member = find(key);
    if (member == nullptr) return std::nullopt;
    const auto* array = std::get_if<Array>(&member->value.data);
    const bool is_several = array != nullptr && !array->empty() && std::holds_alternative<Array>(array->front().data);
    std::vector<Command> commands;
    for (std::size_t i = 0; i < (is_several ? array->size() : 1); ++i) {
        const auto& value = is_several ? (*array)[i] : member->value;
        if (auto words = words_of(*member, value)) commands.push_back({std::move(*words), origin(value.at)});
    }
    return commands;
}

std::optional<std::chrono::seconds> TableReader::span(const std::string& key) {
    constexpr std::int64_t kLongest = 366 * 24 * 3600;
    const auto* member = find(key);
    if (member == nullptr) return std::nullopt;
    const auto* text = std::get_if<std::string>(&member->value.data);
    std::int64_t number = 0;
    std::int64_t unit = 0;
    if (text != nullptr) {
        const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
        const std::string_view rest(end, static_cast<std::size_t>(text->data() + text->size() - end));
        if (error == std::errc() && number > 0 && number <= kLongest)
            unit = rest == "s" ? 1 : rest == "m" ? 60 : rest == "h" ? 3600 : 0;
    }
    if (unit != 0 && number * unit <= kLongest) return std::chrono::seconds(number * unit);
    refuse(*member, "a span of time, like \"90s\", \"10m\" or \"2h\"");
    return std::nullopt;
}

std::optional<bool> TableReader::flag(const std::string& key) {
    const auto* member = find(key);
    if (member == nullptr) return std::nullopt;
    if (const auto* value = std::get_if<bool>(&member->value.data)) return *value;
    refuse(*member, "true or false, without quotes");
    return std::nullopt;
}

std::optional<std::int64_t> TableReader::number(const std::string& key) {
    const auto* member = find(key);
    if (member == nullptr) return std::nullopt;
    if (const auto* value = std::get_if<std::int64_t>(&member->value.data); value != nullptr && *value > 0)
        return *value;
    refuse(*member, "a whole number above 0");
    return std::nullopt;
}

std::optional<ByteCount> TableReader::size(const std::string& key) {
    const auto* member = find(key);
    if (member == nullptr) return std::nullopt;
    if (const auto* value = std::get_if<std::int64_t>(&member->value.data); value != nullptr && *value >= 0)
        return ByteCount{static_cast<std::uint64_t>(*value)};
    if (const auto* text = std::get_if<std::string>(&member->value.data))
        if (const auto size = parse_byte_count(*text)) return size;
    refuse(*member, "a size, like \"4G\" or \"512M\"");
    return std::nullopt;
}

const Table* TableReader::table(const std::string& key) {
    const auto* member = find(key);
    if (member == nullptr) return nullptr;
    if (const auto* table = std::get_if<Table>(&member->value.data)) return table;
    refuse(*member, fmt::format("a table: [{}]", full_name(key)));
    return nullptr;
}

void TableReader::each_named(const std::string& key, const Visit& visit) {
    const auto* member = find(key);
    if (member == nullptr) return;
    const auto* tables = std::get_if<Table>(&member->value.data);
    if (tables == nullptr) return refuse(*member, fmt::format("tables with a name each: [{}.NAME]", key));
    for (const auto& one : *tables) {
        if (const auto* table = std::get_if<Table>(&one.value.data))
            visit(one.key, *table, origin(one.at));
        else
            complain(origin(one.at), fmt::format("{}.{} has to be a table", key, os::printable(one.key)),
                     fmt::format("Tables have a name each: [{}.NAME]", key));
    }
}

void TableReader::finish() {
    for (const auto& member : table_) {
        if (std::ranges::find(known_, member.key) != known_.end()) continue;
        const auto nearest = nearest_name(member.key, known_);
        complain(origin(member.at),
                 name_.empty() ? fmt::format("unknown key {}", os::printable(member.key))
                               : fmt::format("unknown key {} in [{}]", os::printable(member.key), os::printable(name_)),
                 nearest ? fmt::format("Did you mean {}?", *nearest) : "");
    }
}

Origin TableReader::origin_of(const std::string& key) const {
    const auto member = std::ranges::find(table_, key, &Member::key);
    return member == table_.end() ? Origin{file_, 0, 0} : origin(member->at);
}

void TableReader::complain(const Origin& origin, std::string message, std::string hint) {
    problems_.push_back({origin, std::move(message), std::move(hint)});
}

const Member* TableReader::find(const std::string& key) {
    known_.push_back(key);
    const auto member = std::ranges::find(table_, key, &Member::key);
    return member == table_.end() ? nullptr : &*member;
}

void TableReader::refuse(const Member& member, const std::string& expected) {
    complain(origin(member.value.at), fmt::format("{} has to be {}", full_name(member.key), expected));
}

std::optional<std::vector<std::string>> TableReader::words_of(const Member& member, const Value& value) {
    const auto* array = std::get_if<Array>(&value.data);
    std::vector<std::string> words;
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
        auto word = text_of(member, (*array)[i]);
        if (!word) return std::nullopt;
        words.push_back(std::move(word->text));
    }
    if (!words.empty() && !words.front().empty()) return words;
    refuse(member, "an array: the program, then its arguments, as [\"program\", \"argument\"]");
    return std::nullopt;
}

std::optional<Text> TableReader::text_of(const Member& member, const Value& value) {
    const auto* text = std::get_if<std::string>(&value.data);
    if (text != nullptr && text->find('\0') == std::string::npos) return Text{*text, origin(value.at)};
    complain(origin(value.at), fmt::format("{} has to be {}", full_name(member.key),
                                           text == nullptr ? "text, in quotes" : "text without a NUL"));
    return std::nullopt;
}

std::string TableReader::full_name(const std::string& key) const {
    return os::printable(name_.empty() ? key : name_ + "." + key);
}

}  // namespace kist::config
