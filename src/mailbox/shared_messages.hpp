#pragma once
// Messages that a server shows in several folders, each of which is fetched once in a run: Gmail's, which keeps every
// message once and shows it in the folder of each of its labels (X-GM-EXT-1, developers.google.com/gmail/imap).

#include "kist/repository/run.hpp"

#include <cstdint>
#include <functional>
#include <unordered_map>

namespace kist::mailbox {

// X-GM-MSGID, which no two messages of an account have in common, and RFC822.SIZE: what is said of one message has to
// agree. No number: the server has not said.
struct SharedId {
    std::uint64_t number = 0;
    std::uint64_t size = 0;

    explicit operator bool() const { return number != 0; }
    friend bool operator==(const SharedId&, const SharedId&) = default;
};

class SharedMessages {
  public:
    // True for the first who asks, by whom it is to be fetched.
    bool claim(const SharedId& id) { return claimed_.try_emplace(id).second; }
    // It is staged, without attributes of its own.
    void note(const SharedId& id, const repository::StagedChange& staged) {
        claimed_[id] = {staged.content, staged.metadata.size, staged.metadata.mtime, true};
    }
    // Sets the content, size and date of what another folder has brought. False: none has.
    bool fill_in(const SharedId& id, repository::StagedChange& staged) const {
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
    struct Hash {
        std::size_t operator()(const SharedId& id) const { return std::hash<std::uint64_t>()(id.number); }
    };

    std::unordered_map<SharedId, Message, Hash> claimed_;
};

}  // namespace kist::mailbox
