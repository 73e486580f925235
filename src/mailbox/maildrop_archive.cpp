#include "kist/mailbox/maildrop_archive.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/content_hash.hpp"
#include "kist/mailbox/snapshot_folders.hpp"
#include "kist/os/directory.hpp"

#include "mailbox/header_reader.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using OldMessages = std::unordered_map<std::string, SnapshotMessage>;  // by unique id

OldMessages messages_before(repository::Catalog& catalog, const repository::Snapshot& snapshot, Timestamp end) {
    OldMessages old;
    for (const auto& folder : snapshot_folders(catalog, snapshot))
        for (auto& message : snapshot_messages(catalog, snapshot, folder))
            if (message.date < end && !message.unique_id.empty()) old.emplace(message.unique_id, std::move(message));
    return old;
}

std::vector<mailproto::Pop3Listed> list_ids(mailproto::Pop3Session& session) {
    auto listed = session.uidl();
    if (!listed)
        throw Error(ErrorCode::usage, "the server does not say its messages' unique ids (UIDL)",
                    "Without them nothing is known to be in a snapshot, and nothing is removed.");
    return std::move(*listed);
}

// Reads what the server has, and compares.
class Proof {
  public:
    Proof(const repository::Repository& repository, repository::Catalog& catalog, mailproto::Pop3Session& session)
        : session_(session), reader_(repository, catalog) {}

    // Empty: there is none.
    std::string trouble_of(std::uint64_t number, const SnapshotMessage& message) {
        delta::ContentHasher hasher;
        head_.clear();
        const auto reply = session_.retrieve(number, [&](std::string_view piece) {
            hasher.update(std::as_bytes(std::span(piece)));
            head_ += piece.substr(0, kHeaderLimit - std::min(head_.size(), kHeaderLimit));
        });
        if (!reply.is_ok) return fmt::format("the server does not give it: {}", os::printable(reply.text));
        return reader_.trouble_with(message, hasher.finish());
    }

    std::string subject() const { return read_header(std::as_bytes(std::span(head_))).subject; }  // of the last one

  private:
    mailproto::Pop3Session& session_;
    MessageReader reader_;
    std::string head_;
};

}  // namespace

MaildropProof prove_older(const repository::Repository& repository, const repository::Snapshot& snapshot,
                          mailproto::Pop3Session& session, Timestamp end) {
    auto catalog = repository.open_catalog();
    const auto old = messages_before(catalog, snapshot, end);
    const auto listed = list_ids(session);
    std::unordered_map<std::string, int> bearers;
    for (const auto& [number, id] : listed) ++bearers[id];
    MaildropProof result;
    Proof proof(repository, catalog, session);
    for (const auto& [number, id] : listed) {
        const auto known = old.find(id);
        if (known == old.end()) continue;
        auto trouble = bearers[id] > 1 ? std::string("several messages have its unique id")
                                       : proof.trouble_of(number, known->second);
        if (trouble.empty())
            result.proven.push_back({number, id, proof.subject()});
        else
            result.unproven.push_back({id, std::move(trouble)});
    }
    return result;
}

std::uint64_t remove_and_quit(mailproto::Pop3Session& session, const std::vector<MaildropMessage>& messages) {
    std::uint64_t removed = 0;
    std::optional<std::string> trouble;
    try {
        for (const auto& message : messages)
            if (session.remove(message.number).is_ok) ++removed;
    } catch (const Error& error) {
        throw Error(error.code(), "the connection was lost before the session's end: " + error.message(),
                    "A POP3 server removes nothing then. The same command begins again.");
    }
    try {
        const auto reply = session.quit();
        if (!reply.is_ok) trouble = os::printable(reply.text);
    } catch (const Error& error) {
        trouble = error.message();
    }
    if (trouble)
        throw Error(
            ErrorCode::failed, "the server does not confirm that the messages are gone: " + *trouble,
            "All of them are in the newest snapshot. `kist mail count` shows whether the server has them still.");
    return removed;
}

}  // namespace kist::mailbox
