// What an AccountScan makes of a report about a folder.

#include "kist/base/error.hpp"

#include "mailbox/account_scan.hpp"
#include "mailbox/message_changes.hpp"
#include "mailbox/message_identity.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using repository::Action;
using repository::Change;
using repository::Entry;

}  // namespace

bool AccountScan::take(Folder& folder, const FolderReport& report) {
    if (!report.trouble.empty()) {
        skip(folder, fmt::format("the server does not let this folder be read: {}", report.trouble));
        return true;
    }
    MessageChanges changes(run_, {folder.messages_node, messages_directory(folder.directory), folder.are_messages_new,
                                  folder.node, "cur"});
    const auto known = known_messages(folder, report.uid_validity, changes);
    auto difference = compare_folder(known, report);
    if (!report.is_whole && !difference.adds_up) return false;
    if (report.uid_validity == 0) refetch(folder, known, difference, changes);
    for (const auto& message : difference.removed) changes.add(removal_of(entry_of(message)));
    for (const auto& message : difference.reflagged) reflag(folder, message, changes);
    for (const auto& message : difference.created) {
        Change change;
        change.directory = folder.messages_node;
        change.name = to_name(
            {report.uid_validity, message.uid, message.flags ? flags().at(*message.flags).letters : std::string()});
        change.status = status_of(folder, report.uid_validity, message.uid);
        if (message.id && message.flags) {
            set_lasting_id(change.status, message.id);
            folder.ids.try_emplace(message.uid, NewMessage{message.id, *message.flags});
        }
        changes.add(std::move(change));
    }
    changes.flush();
    folder.is_touched = folder.is_touched || changes.has_other_names();
    folder.record.uid_validity = report.uid_validity;
    folder.record.uid_next = report.uid_next;
    folder.record.highest_modseq = report.highest_modseq;
    folder.record.messages = report.messages;
    return true;
}

// What has another UIDVALIDITY leaves: its numbers mean nothing any more.
std::vector<KnownMessage> AccountScan::known_messages(const Folder& folder, std::uint32_t uid_validity,
                                                      MessageChanges& changes) {
    std::vector<KnownMessage> known;
    if (folder.are_messages_new || !run_.previous()) return known;
    catalog_.list(*run_.previous(), folder.messages_node, [&](Entry&& entry) {
        const auto message = parse_message_name(entry.name);
        if (!message || message->uid_validity != uid_validity)
            changes.add(removal_of(entry));
        else
            known.push_back(
                {message->uid,
                 flags().index_of({message->letters, attribute_text(entry.metadata.attributes, kKeywordsAttribute)}),
                 entry.id});
    });
    std::ranges::sort(known, {}, &KnownMessage::uid);
    return known;
}

// Numbers that do not last say nothing: all that is known is read again, and compared.
void AccountScan::refetch(const Folder& folder, const std::vector<KnownMessage>& known, FolderDifference& difference,
                          MessageChanges& changes) {
    for (const auto& message : known) {
        const auto is_it = [&](const auto& other) { return other.uid == message.uid; };
        const auto is_its_flags = [&](const auto& other) { return other.known.uid == message.uid; };
        if (std::ranges::any_of(difference.removed, is_it)) continue;
        if (const auto flags = std::ranges::find_if(difference.reflagged, is_its_flags);
            flags != difference.reflagged.end()) {
            difference.removed.push_back(message);
            difference.created.push_back({message.uid, flags->flags});
            continue;
        }
        Change change;
        change.action = Action::modify;
        change.known = message.entry;
        change.directory = folder.messages_node;
        change.name = to_name({0, message.uid, flags().at(message.flags).letters});
        change.status = status_of(folder, 0, message.uid);
        changes.add(std::move(change));
    }
    difference.reflagged.clear();
}

// Other letters are another name for the same file.
void AccountScan::reflag(const Folder& folder, const Reflagged& message, MessageChanges& changes) {
    const auto entry = entry_of(message.known);
    const auto name = parse_message_name(entry.name);
    const auto& before = flags().at(message.known.flags);
    const auto& now = flags().at(message.flags);
    if (before.keywords != now.keywords) scanned_.keywords[{folder.directory, message.known.uid}] = now.keywords;
    Change change;
    change.directory = folder.messages_node;
    change.name = to_name({name->uid_validity, name->uid, now.letters});
    change.status = repository::known_of(entry).status;
    change.status.link_count = 1;
    if (before.letters == now.letters) {
        change.action = Action::modify;
        change.known = entry.id;
    } else {
        changes.add(removal_of(entry));
    }
    changes.add(std::move(change));
}

Entry AccountScan::entry_of(const KnownMessage& message) {
    auto entry = catalog_.find_entry(*run_.previous(), message.entry);
    if (!entry) throw Error(ErrorCode::damaged, "the catalog lost an entry during the run");
    return std::move(*entry);
}

void AccountScan::keep_numbers(Folder& folder) {
    const auto before = folder.before.value_or(FolderRecord{});
    folder.record.uid_validity = before.uid_validity;
    folder.record.uid_next = before.uid_next;
    folder.record.highest_modseq = before.highest_modseq;
    folder.record.messages = before.messages;
}

// The folder stays as it is known.
void AccountScan::skip(Folder& folder, const std::string& reason) {
    run_.skip(folder.directory, reason);
    keep_numbers(folder);
    folder.record.uid_next = 0;
    folder.record.highest_modseq = 0;
}

}  // namespace kist::mailbox
