#pragma once
// Takes the keys of one table and notes what is wrong with them: a value of another kind, and keys that nobody asked
// for. A value that is wrong leaves its target as it was.

#include "config/document.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kist::config {

struct Text {
    std::string text;
    Origin origin;
};

class TableReader {
  public:
    // All must outlive it. name: of the table as it would be written, "" for the file's own.
    TableReader(const Table& table, std::string name, const std::string& file, std::vector<Problem>& problems);

    std::optional<Text> text(const std::string& key);
    std::vector<Text> texts(const std::string& key);                        // a text alone counts as a list of one
    std::optional<std::vector<std::string>> words(const std::string& key);  // a program and its arguments
    std::optional<std::vector<Command>> commands(const std::string& key);   // one, or an array of them
    std::optional<std::chrono::seconds> span(const std::string& key);       // "90s", "10m", "2h"
    std::optional<bool> flag(const std::string& key);
    std::optional<std::int64_t> number(const std::string& key);  // above 0
    std::optional<ByteCount> size(const std::string& key);       // "4G", or a number of bytes
    const Table* table(const std::string& key);
    // A table of tables, each with a name: visit(name, its table, where it stands).
    using Visit = std::function<void(const std::string& name, const Table& table, const Origin& origin)>;
    void each_named(const std::string& key, const Visit& visit);

    // Once, at the end: the keys that were not asked for.
    void finish();

    Origin origin_of(const std::string& key) const;  // of one that is there
    void complain(const Origin& origin, std::string message, std::string hint = {});

  private:
    const Member* find(const std::string& key);
    std::optional<std::vector<std::string>> words_of(const Member& member, const Value& value);
    void refuse(const Member& member, const std::string& expected);
    std::optional<Text> text_of(const Member& member, const Value& value);
    Origin origin(const Position& at) const { return {file_, at.line, at.column}; }
    std::string full_name(const std::string& key) const;

    const Table& table_;
    const std::string name_;
    const std::string& file_;
    std::vector<Problem>& problems_;
    std::vector<std::string> known_;
};

}  // namespace kist::config
