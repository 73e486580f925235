#pragma once
// Messages that a server shows in several folders, each of which is fetched once in a run: so does Gmail, which keeps
// every message once and shows it in the folder of each of its labels.

#include "kist/repository/run.hpp"

#include "mailbox/lasting_id.hpp"

#include <cstdint>
#include <unordered_map>

namespace kist::mailbox {

class SharedMessages {
  public:
    // True for the first who asks, by whom it is to be fetched.
    bool claim(const LastingId& id) { return claimed_.try_emplace(id).second; }
    // It is staged, without attributes of its own.
    void note(const LastingId& id, const repository::StagedChange& staged) {
        claimed_[id] = {staged.content, staged.metadata.size, staged.metadata.mtime, true};
    }
    // Sets the content, size and date of what another folder has brought. False: none has.
    bool fill_in(const LastingId& id, repository::StagedChange& staged) const {
        const auto found = claimed_.find(id);
        if (found == claimed_.end() || !found->second.is_staged) return false;
        staged.content = found->second.content;
        staged.metadata.size = found->second.size;
        staged.metadata.mtime = found->second.date;
        return true;
    }

  private:
    struct Message {
        Digest content{};
        std::uint64_t size = 0;
        Timestamp date{};
        bool is_staged = false;
    };

    std::unordered_map<LastingId, Message, LastingId::Hash> claimed_;
};

}  // namespace kist::mailbox
