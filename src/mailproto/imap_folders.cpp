#include "kist/mailproto/imap_folders.hpp"

#include "kist/base/error.hpp"
#include "kist/mailproto/modified_utf7.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>
#include <strings.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kMostFolders = 100'000;
constexpr std::size_t kStatusInFlight = 64;

// "INBOX" is the only name whose case does not count, also at the head of others.
std::string in_one_case(std::string name, const std::optional<char>& delimiter) {
    constexpr std::string_view kInbox = "INBOX";
    const bool begins = name.size() >= kInbox.size() && strncasecmp(name.data(), kInbox.data(), kInbox.size()) == 0;
    if (begins && (name.size() == kInbox.size() || (delimiter && name[kInbox.size()] == *delimiter)))
        name.replace(0, kInbox.size(), kInbox);
    return name;
}

class FolderSink : public ImapSink {
  public:
    std::map<std::string, ImapFolder> folders;  // by the name in one case
    std::set<std::string> subscribed;
    std::map<std::string, ImapFolderStatus> statuses;

    void on_listed(const ImapListed& listed) override {
        auto name = in_one_case(listed.name, listed.delimiter);
        if (listed.has("\\Subscribed")) subscribed.insert(name);
        ImapFolder folder;
        folder.raw = name;
        folder.name = decode_modified_utf7(name).value_or(name);
        folder.delimiter = listed.delimiter;
        folder.is_nameable = name.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
        folder.is_selectable = folder.is_nameable && !listed.has("\\Noselect") && !listed.has("\\NonExistent");
        folders.insert_or_assign(std::move(name), std::move(folder));
        require_bound(folders.size());
    }
    void on_subscribed(const ImapListed& listed) override {
        subscribed.insert(in_one_case(listed.name, listed.delimiter));
        require_bound(subscribed.size());
    }
    void on_folder_status(const ImapFolderStatus& status) override {
        auto name = status.name;
        if (strcasecmp(name.c_str(), "INBOX") == 0) name = "INBOX";
        statuses.insert_or_assign(name, status);
        require_bound(statuses.size());
    }

  private:
    static void require_bound(std::size_t count) {
        if (count > kMostFolders)
            throw Error(ErrorCode::failed, fmt::format("the server lists more than {} folders", kMostFolders));
    }
};

struct FoundSink : ImapSink {
    std::vector<std::uint32_t> uids;
    void on_found(std::uint32_t uid) override { uids.push_back(uid); }
};

std::string status_items(const ImapSession& session) {
    return session.can("CONDSTORE") || session.can("QRESYNC") ? "(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"
                                                              : "(MESSAGES UIDNEXT UIDVALIDITY)";
}

void require_ok(const ImapStatus& status) {
    if (status.condition == ImapCondition::ok) return;
    throw Error(ErrorCode::failed, fmt::format("the server does not list its folders: {}", printable_text(status)));
}

void ask_statuses(ImapSession& session, FolderSink& sink) {
    const auto items = status_items(session);
    for (const auto& [name, folder] : sink.folders) {
        if (!folder.is_selectable) continue;
        if (session.in_flight() == kStatusInFlight) session.finish(sink);
        session.send(fmt::format("STATUS {} {}", imap_quoted(name), items));
    }
    while (session.in_flight() > 0) session.finish(sink);  // one that is refused is looked into later
}

}  // namespace

std::string readable_name(const ImapFolder& folder) {
    auto name = folder.name;
    if (folder.delimiter) std::ranges::replace(name, *folder.delimiter, '/');
    return name;
}

std::vector<ImapFolder> list_folders(ImapSession& session) {
    FolderSink sink;
    if (session.can("LIST-STATUS")) {
        require_ok(
            session.command(fmt::format(R"(LIST "" "*" RETURN (SUBSCRIBED STATUS {}))", status_items(session)), sink));
    } else {
        session.send(R"(LIST "" "*")");
        session.send(R"(LSUB "" "*")");
        require_ok(session.finish(sink));
        session.finish(sink);  // who keeps no subscriptions has none
        ask_statuses(session, sink);
    }
    std::vector<ImapFolder> folders;
    for (auto& [name, folder] : sink.folders) {
        folder.is_subscribed = sink.subscribed.contains(name);
        if (const auto status = sink.statuses.find(name); status != sink.statuses.end()) folder.status = status->second;
        folders.push_back(std::move(folder));
    }
    return folders;
}

void ImapExamined::on_status(const ImapStatus& status) {
    constexpr std::uint64_t kLargest = std::numeric_limits<std::uint32_t>::max();
    const auto small = [&](std::string_view word, std::uint32_t& value) {
        const auto number = code_number(status, word);
        if (number && *number <= kLargest) value = static_cast<std::uint32_t>(*number);
    };
    small("UIDVALIDITY", uid_validity);
    small("UIDNEXT", uid_next);
    if (const auto number = code_number(status, "HIGHESTMODSEQ")) highest_modseq = *number;
}

std::vector<std::uint32_t> find_uids(ImapSession& session, const std::string& criteria) {
    FoundSink found;
    const auto status = session.command(fmt::format("UID SEARCH {}", criteria), found);
    if (status.condition != ImapCondition::ok)
        throw Error(ErrorCode::failed, fmt::format("the server does not search: {}", printable_text(status)));
    std::ranges::sort(found.uids);
    found.uids.erase(std::unique(found.uids.begin(), found.uids.end()), found.uids.end());
    return std::move(found.uids);
}

std::optional<std::uint64_t> code_number(const ImapStatus& status, std::string_view word) {
    const auto& code = status.code;
    if (code.size() <= word.size() || code[word.size()] != ' ' ||
        strncasecmp(code.data(), word.data(), word.size()) != 0)
        return std::nullopt;
    std::uint64_t number = 0;
    const auto* end = code.data() + code.size();
    const auto [at, error] = std::from_chars(code.data() + word.size() + 1, end, number);
    return error == std::errc() && at == end ? std::optional(number) : std::nullopt;
}

}  // namespace kist::mailproto
