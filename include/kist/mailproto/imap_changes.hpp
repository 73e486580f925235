#pragma once
// What changes an account on its server: folders that come, go and get other names, messages that are moved or removed.
// Nothing here asks anybody. Errors: those of the session; failed where the server refuses, with its words.

#include "kist/mailproto/imap_folders.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kist::mailproto {

// raw: as the server writes it.
void create_folder(ImapSession& session, const std::string& raw);
void subscribe_folder(ImapSession& session, const std::string& raw);
void unsubscribe_folder(ImapSession& session, const std::string& raw);
// The folders below it go along, and whoever was subscribed stays so. folders: all of the account. How many were
// renamed.
std::size_t rename_folder(ImapSession& session, const std::vector<ImapFolder>& folders, const std::string& from,
                          const std::string& to);

// A folder that is open for reading and writing while this object is used, and no other is opened in the session.
class OpenedFolder {
  public:
    // Errors: not_found where it cannot be opened.
    OpenedFolder(ImapSession& session, std::string raw);

    const std::string& raw() const { return raw_; }
    std::uint32_t uid_validity() const { return state_.uid_validity; }

    // The UIDs that SEARCH finds, rising, none twice.
    std::vector<std::uint32_t> find(const std::string& criteria);
    std::vector<std::uint32_t> find(const std::vector<std::uint32_t>& uids);  // those of them that are there

    bool can_remove_exactly() const { return session_.can("UIDPLUS"); }
    bool can_move() const { return session_.can("MOVE"); }

    // Flags them \Deleted and expunges: with UIDPLUS (RFC 4315) just these; without it whatever is flagged so, which is
    // the caller's to know. Returns those that are still there.
    std::vector<std::uint32_t> remove(const std::vector<std::uint32_t>& uids);
    void move(const std::vector<std::uint32_t>& uids, const std::string& to);  // by MOVE (RFC 6851)
    void copy(const std::vector<std::uint32_t>& uids, const std::string& to);

    // The folder itself, where it still holds these messages and no others. Errors: busy where that is not so.
    void delete_folder(const std::vector<std::uint32_t>& uids);

    // The subjects as they stand in the header, unprintable as they may be, in the order of `uids`; empty where there
    // is none.
    std::vector<std::string> subjects(const std::vector<std::uint32_t>& uids);

  private:
    void change(const std::string& command, const std::vector<std::uint32_t>& uids, const std::string& rest);

    ImapSession& session_;
    std::string raw_;
    ImapExamined state_;
};

}  // namespace kist::mailproto
