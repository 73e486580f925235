#pragma once
// Which messages of a folder differ between what is known and what a server reports.

#include "kist/repository/entry.hpp"

#include "mailbox/folder_inquiry.hpp"

#include <vector>

namespace kist::mailbox {

struct KnownMessage {
    std::uint32_t uid = 0;
    FlagTable::Index flags = 0;
    repository::EntryId entry = 0;
};

struct Reflagged {
    KnownMessage known;
    FlagTable::Index flags = 0;
};

struct FolderDifference {
    std::vector<SeenMessage> created;
    std::vector<Reflagged> reflagged;
    std::vector<KnownMessage> removed;
    // What is known, with these differences, is as many messages as the server says there are.
    bool adds_up = true;
};

// Both by UID, each once. Flags that the server has not told of stay what they were.
FolderDifference compare_folder(const std::vector<KnownMessage>& known, const FolderReport& report);

}  // namespace kist::mailbox
