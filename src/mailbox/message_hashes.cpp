#include "mailbox/message_hashes.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/content_hash.hpp"
#include "kist/os/directory.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using mailproto::ImapCondition;

constexpr std::size_t kLongestSet = 4000;  // bytes of a command
constexpr const char* kWanted = "(UID BODY.PEEK[])";

class HashingSink : public mailproto::ImapExamined {
  public:
    HashingSink(std::map<std::uint32_t, Digest>& by_uid, std::atomic<std::uint64_t>* count)
        : by_uid_(by_uid), count_(count) {}

    void on_body_begin() override { hasher_ = {}; }
    void on_body(std::span<const std::byte> piece) override { hasher_.update(piece); }
    void on_fetched(const mailproto::ImapFetched& message) override {
        if (!message.has_body || !message.uid) return;
        by_uid_.insert_or_assign(*message.uid, hasher_.finish());
        if (count_ != nullptr) ++*count_;
    }

  private:
    std::map<std::uint32_t, Digest>& by_uid_;
    std::atomic<std::uint64_t>* count_;
    delta::ContentHasher hasher_;
};

}  // namespace

void MessageHashes::read(mailproto::ImapSession& session, std::atomic<std::uint64_t>& read) {
    std::uint32_t messages = 0;
    if (!open(session, messages)) by_uid_.clear();
    if (messages == 0) return by_uid_.clear();
    HashingSink sink(by_uid_, &read);
    const auto first = by_uid_.empty() ? 1 : by_uid_.rbegin()->first + 1;
    session.command(fmt::format("UID FETCH {}:* {}", first, kWanted), sink);
    read_missing(session, read);
}

// Whether what is known still counts.
bool MessageHashes::open(mailproto::ImapSession& session, std::uint32_t& messages) {
    mailproto::ImapExamined examined;
    const auto status = session.command(fmt::format("EXAMINE {}", mailproto::imap_quoted(raw_)), examined);
    if (status.condition != ImapCondition::ok)
        throw Error(ErrorCode::not_found, fmt::format("the server does not open the folder {}: {}", os::printable(raw_),
                                                      mailproto::printable_text(status)));
    messages = examined.messages;
    const bool counts = uid_validity_ != 0 && examined.uid_validity == uid_validity_;
    uid_validity_ = examined.uid_validity;
    return counts;
}

// Servers refuse a whole FETCH for one bad message, or leave messages out. What was deleted meanwhile is no trouble.
void MessageHashes::read_missing(mailproto::ImapSession& session, std::atomic<std::uint64_t>& read) {
    const auto there = mailproto::find_uids(session, "ALL");
    std::erase_if(by_uid_, [&](const auto& known) { return !std::ranges::binary_search(there, known.first); });
    HashingSink sink(by_uid_, &read);
    for (const auto uid : there) {
        if (by_uid_.contains(uid)) continue;
        session.command(fmt::format("UID FETCH {} {}", uid, kWanted), sink);
        if (by_uid_.contains(uid)) continue;
        throw Error(ErrorCode::not_found,
                    fmt::format("the server does not give message {} of {}, so that nobody knows whether it is one of "
                                "the snapshot's",
                                uid, os::printable(raw_)));
    }
}

void MessageHashes::read_some(mailproto::ImapSession& session, const std::vector<std::uint32_t>& uids) {
    HashingSink sink(by_uid_, nullptr);
    for (const auto& set : mailproto::uid_sets(uids, kLongestSet))
        session.command(fmt::format("UID FETCH {} {}", set, kWanted), sink);
}

}  // namespace kist::mailbox
