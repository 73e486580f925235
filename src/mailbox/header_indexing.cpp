#include "mailbox/header_indexing.hpp"

#include "kist/base/error.hpp"
#include "kist/mailbox/snapshot_folders.hpp"
#include "kist/repository/mail_headers.hpp"

#include "mailbox/header_reader.hpp"

namespace kist::mailbox {
namespace {

constexpr unsigned kInOneCommit = 10'000;

void index_all(const repository::Repository& repository, const repository::Snapshot& snapshot,
               const std::atomic<bool>* interrupted) {
    repository::MailHeaderWriter index(repository);
    auto catalog = repository.open_catalog();
    MessageReader reader(repository, catalog);
    unsigned waiting = 0;
    for (const auto& folder : snapshot_folders(catalog, snapshot)) {
        if (!folder.holds_messages) continue;
        for (const auto content : index.missing(folder.messages)) {
            if (interrupted != nullptr && *interrupted) return index.commit();
            index.put(content, read_header(reader.read_head(content, kHeaderLimit)));
            if (++waiting % kInOneCommit == 0) index.commit();
        }
    }
    index.commit();
}

}  // namespace

void index_headers(const repository::Repository& repository, const repository::Snapshot& snapshot,
                   const std::atomic<bool>* interrupted) noexcept {
    try {
        index_all(repository, snapshot, interrupted);
    } catch (const std::exception&) {  // what is missing is read when it is looked for
    }
}

}  // namespace kist::mailbox
