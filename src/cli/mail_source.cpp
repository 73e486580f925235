#include "cli/mail_source.hpp"

#include "kist/base/error.hpp"
#include "kist/mailproto/mail_url.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/mailbox_source.hpp"

#include "cli/mail_account.hpp"
#include "cli/snapshot_choice.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {

repository::Source find_mail_source(repository::Catalog& catalog, const Configured& configured,
                                    const std::string& word) {
    const auto name = mailproto::is_mail_url(word) ? find_mail_account(configured, word).name : word;
    const auto path = repository::mailbox_path(name);
    for (const auto& source : catalog.sources())
        if (repository::is_mailbox(source) && (source.path == path || source.name == name)) return source;
    throw Error(ErrorCode::not_found, fmt::format("the volume holds no backup of the mailbox {}", os::printable(name)),
                "`kist source list` shows which it holds.");
}

repository::Snapshot find_mail_snapshot(repository::Catalog& catalog, const repository::Source& source,
                                        const std::string& text, Timestamp now) {
    const auto choice = choose_snapshot(catalog, text, {source.path, std::string(repository::kMailHost), true}, now);
    if (choice.source.id == source.id) return choice.snapshot;
    throw Error(ErrorCode::usage,
                fmt::format("snapshot {} is one of {}, not of {}", choice.snapshot.number,
                            os::printable(choice.source.path), os::printable(source.path)),
                "`kist list` shows which snapshots there are.");
}

repository::Snapshot newest_snapshot(repository::Catalog& catalog, const repository::Source& source) {
    const auto snapshots = catalog.snapshots();
    const auto newest = std::find_if(snapshots.rbegin(), snapshots.rend(),
                                     [&](const auto& snapshot) { return snapshot.source == source.id; });
    if (newest == snapshots.rend())
        throw Error(ErrorCode::not_found, fmt::format("there is no snapshot of {}", os::printable(source.path)));
    return *newest;
}

}  // namespace kist::cli
