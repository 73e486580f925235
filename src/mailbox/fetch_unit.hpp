#pragma once
// Messages of one folder that are fetched together.

#include "kist/repository/run.hpp"

#include "mailbox/account_scan.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace kist::mailbox {

struct FetchUnit {
    std::string directory;  // the folder's, below the account's
    FolderState* folder = nullptr;
    std::vector<repository::StagedChange> changes;
    std::unordered_map<std::uint32_t, std::size_t> waiting;  // by UID: which of the changes are still to be fetched
    std::size_t commands = 0;                                // that have been sent for it and not finished
    bool opens_folder = false;                               // the first of them is EXAMINE
    bool is_handed_out = false;                              // by the queue, which waits for it

    std::vector<std::uint32_t> waiting_uids() const;  // rising
};

}  // namespace kist::mailbox
