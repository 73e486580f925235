#include "config/table_reader.hpp"

#include "kist/base/nearest_name.hpp"
#include "kist/os/directory.hpp"

#include <algorithm>

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
    if (member == nullptr) return std::nullopt;
    const auto* array = std::get_if<Array>(&member->value.data);
    if (array == nullptr || array->empty()) {
        refuse(*member, "an array: the program, then its arguments, as [\"program\", \"argument\"]");
        return std::nullopt;
    }
    std::vector<std::string> words;
    for (const auto& element : *array) {
        auto word = text_of(*member, element);
        if (!word) return std::nullopt;
        words.push_back(std::move(word->text));
    }
    if (!words.front().empty()) return words;
    refuse(*member, "a program's name as its first element");
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
