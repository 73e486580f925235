#include "mailbox/folder_inquiry.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using mailproto::ImapCondition;
using mailproto::ImapExamined;
using mailproto::ImapFetched;
using mailproto::UidRange;

// Collects what is said about one folder.
class Listener : public ImapExamined {
  public:
    explicit Listener(FlagTable& flags) : flags_(flags) {}

    std::vector<SeenMessage> seen;
    std::vector<UidRange> vanished;
    std::vector<std::uint32_t> found;

    void on_exists(std::uint32_t count) override {
        if (is_opening) ImapExamined::on_exists(count);  // later ones are arrivals
    }
    void on_found(std::uint32_t uid) override { found.push_back(uid); }
    void on_vanished(const UidRange& range) override { vanished.push_back(range); }
    void on_fetched(const ImapFetched& message) override {
        if (!message.uid || *message.uid == 0) return;
        auto& one = seen.emplace_back();
        one.uid = *message.uid;
        if (message.flags) one.flags = flags_.index_of(flags_of(*message.flags));
        one.id = lasting_id_of(message);
    }

    bool is_opening = true;

  private:
    FlagTable& flags_;
};

// By UID; of several with one UID the last that was said counts, of flags and of id.
void put_in_order(std::vector<SeenMessage>& seen) {
    std::ranges::stable_sort(seen, {}, &SeenMessage::uid);
    std::size_t kept = 0;
    for (const auto& one : seen) {
        if (kept == 0 || seen[kept - 1].uid != one.uid) {
            seen[kept++] = one;
            continue;
        }
        auto& before = seen[kept - 1];
        if (one.flags) before.flags = one.flags;
        if (one.id) before.id = one.id;
    }
    seen.resize(kept);
}

// What a server is asked for of each message; of ids only where it has lasting ones.
std::string_view id_items(const mailproto::ImapSession& session) {
    if (session.can("X-GM-EXT-1")) return " RFC822.SIZE X-GM-MSGID";
    if (session.can("OBJECTID")) return " RFC822.SIZE EMAILID";
    return {};
}

// Of QRESYNC, which tells of flags alone.
bool asks_for_new_ids(const mailproto::ImapSession& session, const FolderRecord& since) {
    return since.uid_next != 0 && !id_items(session).empty();
}

void put_in_order(std::vector<std::uint32_t>& numbers) {
    std::ranges::sort(numbers);
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

// What the list of numbers has and the list of messages has not; and the other way round, what is gone meanwhile.
void reconcile(std::vector<SeenMessage>& seen, const std::vector<std::uint32_t>& found) {
    std::vector<SeenMessage> all;
    auto at = seen.begin();
    for (const auto uid : found) {
        while (at != seen.end() && at->uid < uid) ++at;
        all.push_back(at != seen.end() && at->uid == uid ? *at : SeenMessage{uid});
    }
    seen = std::move(all);
}

}  // namespace

void ask_folder(mailproto::ImapSession& session, const std::string& raw_name, Inquiry inquiry,
                const FolderRecord& since) {
    const auto name = mailproto::imap_quoted(raw_name);
    const auto ids = inquiry == Inquiry::careful ? std::string_view() : id_items(session);
    if (inquiry == Inquiry::resync) {
        session.send(fmt::format("EXAMINE {} (QRESYNC ({} {}))", name, since.uid_validity, since.highest_modseq));
        if (asks_for_new_ids(session, since)) session.send(fmt::format("UID FETCH {}:* (UID{})", since.uid_next, ids));
        return;
    }
    session.send(fmt::format("EXAMINE {}{}", name, inquiry == Inquiry::changes ? " (CONDSTORE)" : ""));
    if (inquiry == Inquiry::changes)
        session.send(fmt::format("UID FETCH 1:* (UID FLAGS{}) (CHANGEDSINCE {})", ids, since.highest_modseq));
    else
        session.send(fmt::format("UID FETCH 1:* (UID FLAGS{})", ids));
    if (inquiry != Inquiry::whole) session.send("UID SEARCH ALL");
}

FolderReport hear_folder(mailproto::ImapSession& session, Inquiry inquiry, const FolderRecord& since,
                         FlagTable& flags) {
    Listener listener(flags);
    const auto opened = session.finish(listener);
    listener.is_opening = false;
    FolderReport report;
    mailproto::ImapStatus fetched;
    mailproto::ImapStatus searched;
    if (inquiry != Inquiry::resync || asks_for_new_ids(session, since)) fetched = session.finish(listener);
    if (inquiry == Inquiry::careful || inquiry == Inquiry::changes) searched = session.finish(listener);
    report.messages = listener.messages;
    report.uid_validity = listener.uid_validity;
    report.uid_next = listener.uid_next;
    report.highest_modseq = listener.highest_modseq;
    if (opened.condition != ImapCondition::ok) {
        report.trouble = mailproto::printable_text(opened);
        return report;
    }
    put_in_order(listener.seen);
    put_in_order(listener.found);
    const bool is_other =
        (inquiry == Inquiry::changes || inquiry == Inquiry::resync) && report.uid_validity != since.uid_validity;
    const bool has_failed = fetched.condition != ImapCondition::ok && report.messages > 0;
    switch (inquiry) {
        case Inquiry::whole:
            report.is_whole = true;
            report.is_doubtful = has_failed || listener.seen.size() != report.messages;
            break;
        case Inquiry::careful:
            report.is_whole = true;
            if (searched.condition == ImapCondition::ok)
                reconcile(listener.seen, listener.found);
            else if (has_failed)
                report.trouble = mailproto::printable_text(fetched);
            break;
        case Inquiry::changes:
            report.is_doubtful = is_other || has_failed || searched.condition != ImapCondition::ok ||
                                 listener.found.size() != report.messages;
            report.present = std::move(listener.found);
            break;
        case Inquiry::resync:
            report.is_doubtful = is_other || report.highest_modseq == 0;
            break;
    }
    report.seen = std::move(listener.seen);
    report.vanished = std::move(listener.vanished);
    return report;
}

}  // namespace kist::mailbox
