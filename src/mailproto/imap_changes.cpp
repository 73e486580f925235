#include "kist/mailproto/imap_changes.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kLongestSet = 4000;  // bytes of a command
constexpr std::size_t kLongestHeader = 2000;

void require(const ImapStatus& status, const std::string& what) {
    if (status.condition == ImapCondition::ok) return;
    throw Error(ErrorCode::failed, fmt::format("the server does not {}: {}", what, printable_text(status)));
}

void tell(ImapSession& session, const std::string& command, const std::string& what) {
    ImapSink ignored;
    require(session.command(command, ignored), what);
}

struct HeaderSink : ImapSink {
    std::map<std::uint32_t, std::string> by_uid;
    std::string text;
    void on_body_begin() override { text.clear(); }
    void on_body(std::span<const std::byte> piece) override {
        const auto room = kLongestHeader - text.size();
        text.append(reinterpret_cast<const char*>(piece.data()), std::min(piece.size(), room));
    }
    void on_fetched(const ImapFetched& message) override {
        if (message.uid && message.has_body) by_uid.insert_or_assign(*message.uid, text);
    }
};

// "Subject: a\r\n b\r\n\r\n" is "a b".
std::string unfolded_value(const std::string& header) {
    std::string value;
    for (const char c : header.substr(std::min(header.find(':') + 1, header.size())))
        if (c != '\r' && c != '\n') value += c;
    value.erase(0, std::min(value.find_first_not_of(' '), value.size()));
    return value;
}

}  // namespace

void create_folder(ImapSession& session, const std::string& raw) {
    tell(session, fmt::format("CREATE {}", imap_quoted(raw)), "create the folder");
}

void subscribe_folder(ImapSession& session, const std::string& raw) {
    tell(session, fmt::format("SUBSCRIBE {}", imap_quoted(raw)), "subscribe to the folder");
}

void unsubscribe_folder(ImapSession& session, const std::string& raw) {
    tell(session, fmt::format("UNSUBSCRIBE {}", imap_quoted(raw)), "end the subscription");
}

std::size_t rename_folder(ImapSession& session, const std::vector<ImapFolder>& folders, const std::string& from,
                          const std::string& to) {
    tell(session, fmt::format("RENAME {} {}", imap_quoted(from), imap_quoted(to)), "rename the folder");
    std::size_t renamed = 0;
    for (const auto& folder : folders) {
        const bool is_below = folder.delimiter && folder.raw.starts_with(from + *folder.delimiter);
        if (folder.raw != from && !is_below) continue;
        ++renamed;
        if (!folder.is_subscribed) continue;
        subscribe_folder(session, to + folder.raw.substr(from.size()));
        unsubscribe_folder(session, folder.raw);
    }
    return renamed;
}

OpenedFolder::OpenedFolder(ImapSession& session, std::string raw) : session_(session), raw_(std::move(raw)) {
    const auto status = session_.command(fmt::format("SELECT {}", imap_quoted(raw_)), state_);
    if (status.condition != ImapCondition::ok)
        throw Error(ErrorCode::not_found, fmt::format("the server does not open the folder {}: {}", os::printable(raw_),
                                                      printable_text(status)));
}

std::vector<std::uint32_t> OpenedFolder::find(const std::string& criteria) {
    return find_uids(session_, criteria);
}

std::vector<std::uint32_t> OpenedFolder::find(const std::vector<std::uint32_t>& uids) {
    std::vector<std::uint32_t> there;
    std::ranges::set_intersection(find("ALL"), uids, std::back_inserter(there));
    return there;
}

std::vector<std::uint32_t> OpenedFolder::remove(const std::vector<std::uint32_t>& uids) {
    change("UID STORE", uids, " +FLAGS.SILENT (\\Deleted)");
    if (can_remove_exactly())
        change("UID EXPUNGE", uids, "");
    else
        tell(session_, "EXPUNGE", "expunge");
    return find(uids);
}

void OpenedFolder::move(const std::vector<std::uint32_t>& uids, const std::string& to) {
    change("UID MOVE", uids, " " + imap_quoted(to));
}

void OpenedFolder::copy(const std::vector<std::uint32_t>& uids, const std::string& to) {
    change("UID COPY", uids, " " + imap_quoted(to));
}

void OpenedFolder::delete_folder(const std::vector<std::uint32_t>& uids) {
    if (find("ALL") != uids)
        throw Error(ErrorCode::busy, "other messages are in the folder than a moment ago; nothing was deleted",
                    "Try again.");
    // Some servers do not delete the folder that is open; closing it would expunge.
    ImapExamined ignored;
    session_.command("EXAMINE \"INBOX\"", ignored);
    tell(session_, fmt::format("DELETE {}", imap_quoted(raw_)), "delete the folder");
}

std::vector<std::string> OpenedFolder::subjects(const std::vector<std::uint32_t>& uids) {
    HeaderSink headers;
    for (const auto& set : uid_sets(uids, kLongestSet))
        session_.command(fmt::format("UID FETCH {} (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])", set), headers);
    std::vector<std::string> subjects;
    for (const auto uid : uids) subjects.push_back(unfolded_value(headers.by_uid[uid]));
    return subjects;
}

void OpenedFolder::change(const std::string& command, const std::vector<std::uint32_t>& uids, const std::string& rest) {
    for (const auto& set : uid_sets(uids, kLongestSet))
        tell(session_, fmt::format("{} {}{}", command, set, rest), command);
}

}  // namespace kist::mailproto
