#pragma once
// Changes of one directory on their way to the Run, some at a time.

#include "kist/repository/run.hpp"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace kist::mailbox {

// Of a folder's directory, below the account's.
inline std::string messages_directory(const std::string& directory) {
    return directory.empty() ? "cur" : fmt::format("{}/cur", directory);
}

inline repository::Change removal_of(const repository::Entry& entry) {
    repository::Change change;
    change.action = repository::Action::remove;
    change.known = entry.id;
    change.directory = entry.directory;
    change.name = entry.name;
    change.status = repository::known_of(entry).status;
    return change;
}

class MessageChanges {
  public:
    MessageChanges(repository::Run& run, repository::ScannedDirectory directory)
        : run_(run), directory_(std::move(directory)) {}

    void add(repository::Change change) {
        has_other_names_ = has_other_names_ || change.action != repository::Action::modify;
        changes_.push_back(std::move(change));
        if (changes_.size() == kAtATime) flush();
    }
    void flush() { run_.add(directory_, std::exchange(changes_, {})); }

    bool has_other_names() const { return has_other_names_; }  // than before
    repository::NodeId directory() const { return directory_.node; }

  private:
    static constexpr std::size_t kAtATime = 1000;

    repository::Run& run_;
    repository::ScannedDirectory directory_;
    std::vector<repository::Change> changes_;
    bool has_other_names_ = false;
};

}  // namespace kist::mailbox
