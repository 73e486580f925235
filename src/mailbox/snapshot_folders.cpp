#include "kist/mailbox/snapshot_folders.hpp"

#include "kist/base/error.hpp"
#include "kist/mailproto/modified_utf7.hpp"

#include "mailbox/folder_record.hpp"
#include "mailbox/maildir_name.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

using repository::Entry;

constexpr const char* kMessages = "cur";

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t at = 0;;) {
        const auto end = std::min(text.find(separator, at), text.size());
        parts.push_back(text.substr(at, end - at));
        if (end == text.size()) return parts;
        at = end + 1;
    }
}

std::vector<std::string> parts_of(const FolderRecord& record) {
    const auto name = mailproto::decode_modified_utf7(record.name).value_or(record.name);
    if (record.delimiter.empty()) return {name};
    return split(name, record.delimiter.front());
}

std::vector<std::string> flags_of(const std::string& letters, const os::ExtendedAttributes& attributes) {
    constexpr std::pair<char, const char*> kWords[] = {{'D', "\\Draft"},    {'F', "\\Flagged"}, {'P', "$Forwarded"},
                                                       {'R', "\\Answered"}, {'S', "\\Seen"},    {'T', "\\Deleted"}};
    std::vector<std::string> flags;
    for (const auto& [letter, word] : kWords)
        if (letters.find(letter) != std::string::npos) flags.emplace_back(word);
    const auto keywords = std::ranges::find(attributes, kKeywordsAttribute, &os::ExtendedAttribute::name);
    if (keywords != attributes.end())
        for (auto& word : split(keywords->value, ' '))
            if (!word.empty()) flags.push_back(std::move(word));
    return flags;
}

std::vector<Entry> entries_of(repository::Catalog& catalog, const repository::Snapshot& snapshot,
                              repository::NodeId directory) {
    std::vector<Entry> entries;
    catalog.list(snapshot, directory, [&](Entry&& entry) { entries.push_back(std::move(entry)); });
    return entries;
}

}  // namespace

std::string SnapshotFolder::readable() const {
    return fmt::format("{}", fmt::join(parts, "/"));
}

std::vector<SnapshotFolder> snapshot_folders(repository::Catalog& catalog, const repository::Snapshot& snapshot) {
    std::vector<SnapshotFolder> folders;
    const auto root = catalog.root(snapshot);
    auto directories = root.node ? entries_of(catalog, snapshot, *root.node) : std::vector<Entry>();
    directories.insert(directories.begin(), root);
    for (const auto& directory : directories) {
        const auto record = record_of(directory.metadata.attributes);
        if (!record || !directory.node || directory.metadata.type != os::FileType::directory) continue;
        SnapshotFolder folder{record->name,
                              parts_of(*record),
                              &directory == directories.data() ? std::string() : directory.name,
                              record->uid_validity,
                              record->is_subscribed,
                              false,
                              0};
        if (const auto messages = catalog.find(snapshot, *directory.node, kMessages); messages && messages->node) {
            folder.holds_messages = true;
            folder.messages = *messages->node;
        }
        folders.push_back(std::move(folder));
    }
    return folders;
}

std::vector<SnapshotMessage> snapshot_messages(repository::Catalog& catalog, const repository::Snapshot& snapshot,
                                               const SnapshotFolder& folder) {
    std::vector<SnapshotMessage> messages;
    if (!folder.holds_messages) return messages;
    for (const auto& entry : entries_of(catalog, snapshot, folder.messages)) {
        const auto name = parse_message_name(entry.name);
        if (!name || !entry.content) continue;
        const auto content = catalog.content(*entry.content);
        messages.push_back({entry.name, name->uid_validity, name->uid,
                            flags_of(name->letters, entry.metadata.attributes),
                            attribute_text(entry.metadata.attributes, kUniqueIdAttribute), entry.metadata.mtime,
                            content.id, content.hash, content.size});
    }
    std::ranges::sort(messages, {}, &SnapshotMessage::uid);
    return messages;
}

std::vector<std::byte> MessageReader::read(const SnapshotMessage& message) {
    if (message.size > kLargest)
        throw Error(ErrorCode::failed, fmt::format("it has {} bytes, which is more than Kist sends", message.size));
    std::vector<std::byte> bytes(message.size);
    reader_.read(
        message.content,
        [&](std::uint64_t offset, std::span<const std::byte> data) {
            if (offset > bytes.size() || data.size() > bytes.size() - offset)
                throw Error(ErrorCode::damaged, "it has more bytes than were backed up");
            std::copy(data.begin(), data.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
        },
        [&] { std::ranges::fill(bytes, std::byte{0}); });
    return bytes;
}

std::vector<std::byte> MessageReader::read_head(repository::ContentId content, std::size_t limit) {
    std::vector<std::byte> head;
    reader_.read(
        content,
        [&](std::uint64_t offset, std::span<const std::byte> data) {
            if (offset >= limit) return;
            head.resize(static_cast<std::size_t>(offset));  // a hole
            const auto wanted = data.first(std::min(data.size(), limit - head.size()));
            head.insert(head.end(), wanted.begin(), wanted.end());
        },
        [&] { head.clear(); });
    return head;
}

std::string MessageReader::trouble_with(const SnapshotMessage& message, const Digest& on_server) {
    if (on_server != message.hash) return "what the server has is not what was backed up";
    try {
        reader_.read(
            message.content, [](std::uint64_t, std::span<const std::byte>) {}, [] {});
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        return fmt::format("its backup is damaged: {}", error.message());
    }
    return {};
}

}  // namespace kist::mailbox
