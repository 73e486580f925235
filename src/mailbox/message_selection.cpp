#include "kist/mailbox/message_selection.hpp"

#include "kist/base/error.hpp"
#include "kist/repository/mail_headers.hpp"

#include "mailbox/header_reader.hpp"
#include "mailbox/utf8.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

std::string_view without_brackets(std::string_view id) {
    if (id.starts_with('<') && id.ends_with('>')) return id.substr(1, id.size() - 2);
    return id;
}

void throw_if(const std::atomic<bool>& interrupted) {
    if (interrupted) throw Error(ErrorCode::interrupted, "interrupted");
}

}  // namespace

std::uint64_t Selection::messages() const {
    std::uint64_t count = 0;
    for (const auto& folder : folders) count += folder.messages.size();
    return count;
}

ByteCount Selection::bytes() const {
    ByteCount bytes;
    for (const auto& folder : folders)
        for (const auto& message : folder.messages) bytes.value += message.size;
    return bytes;
}

Selection select_folders(repository::Catalog& catalog, const repository::Snapshot& snapshot,
                         const std::function<bool(const std::string& folder)>& wants) {
    Selection selection;
    for (auto& folder : snapshot_folders(catalog, snapshot)) {
        if (!folder.holds_messages || (wants && !wants(folder.readable()))) continue;
        auto messages = snapshot_messages(catalog, snapshot, folder);
        selection.folders.push_back({std::move(folder), std::move(messages)});
    }
    if (selection.folders.empty())
        throw Error(ErrorCode::not_found, fmt::format("snapshot {} holds none of these folders", snapshot.number),
                    fmt::format("`kist ls {}` shows what it holds.", snapshot.number));
    return selection;
}

bool MessageQuery::is_everything() const {
    return from.empty() && recipient.empty() && subject.empty() && message_id.empty() && !since && !before;
}

class MessageSearch::Implementation {
  public:
    Implementation(const repository::Repository& repository, repository::Catalog& catalog, const MessageQuery& query)
        : headers_(catalog), reader_(repository, catalog), query_(query) {
        for (auto* text : {&query_.from, &query_.recipient, &query_.subject}) *text = fold_case(clean_text(*text));
    }

    std::optional<repository::MailHeader> match(const SnapshotMessage& message) {
        if ((query_.since && message.date < *query_.since) || (query_.before && message.date >= *query_.before))
            return std::nullopt;
        auto header = headers_.find(message.content);
        if (!header) header = read_header(reader_.read_head(message.content, kHeaderLimit));
        return fits(*header) ? std::move(header) : std::nullopt;
    }

  private:
    static bool holds(const std::string& text, const std::string& wanted) {
        return wanted.empty() || fold_case(text).find(wanted) != std::string::npos;
    }

    bool fits(const repository::MailHeader& header) const {
        const bool is_id =
            query_.message_id.empty() || without_brackets(header.message_id) == without_brackets(query_.message_id);
        return is_id && holds(header.from, query_.from) && holds(header.recipients, query_.recipient) &&
               holds(header.subject, query_.subject);
    }

    repository::MailHeaders headers_;
    MessageReader reader_;
    MessageQuery query_;
};

MessageSearch::MessageSearch(const repository::Repository& repository, repository::Catalog& catalog,
                             const MessageQuery& query)
    : implementation_(std::make_unique<Implementation>(repository, catalog, query)) {}
MessageSearch::~MessageSearch() = default;

std::optional<repository::MailHeader> MessageSearch::match(const SnapshotMessage& message) {
    return implementation_->match(message);
}

std::vector<UnreadMessage> MessageSearch::narrow(Selection& selection, const std::atomic<bool>& interrupted) {
    std::vector<UnreadMessage> unread;
    for (auto& folder : selection.folders) {
        std::erase_if(folder.messages, [&](const SnapshotMessage& message) {
            throw_if(interrupted);
            try {
                return !match(message);
            } catch (const Error& error) {
                if (error.code() != ErrorCode::damaged) throw;
                unread.push_back({folder.folder.readable(), message.uid, error.message()});
                return true;
            }
        });
    }
    std::erase_if(selection.folders, [](const SelectedFolder& folder) { return folder.messages.empty(); });
    if (selection.folders.empty() && unread.empty())
        throw Error(ErrorCode::not_found, "no message fits", "`kist mail find` shows what there is.");
    return unread;
}

}  // namespace kist::mailbox
