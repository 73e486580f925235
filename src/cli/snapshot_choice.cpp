#include "cli/snapshot_choice.hpp"

#include "kist/base/error.hpp"
#include "kist/mailbox/folder_choice.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/mailbox_source.hpp"
#include "kist/repository/snapshot_name.hpp"

#include <array>

#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {
namespace {

// /ACCOUNT/FOLDER as where the folder's messages lie, unless the snapshot holds the path as it is. A message's name may
// follow the folder's.
std::string mail_path(repository::Catalog& catalog, const SnapshotChoice& choice) {
    const auto& path = choice.path;
    const auto slash = path.find('/', 1);
    if (slash == std::string::npos || catalog.find_path(choice.snapshot, path)) return path;
    const auto folder = std::string_view(path).substr(slash + 1);
    const auto account = path.substr(0, slash + 1);
    const auto whole = account + mailbox::messages_path(folder);
    const auto last = folder.rfind('/');
    if (last == std::string_view::npos || catalog.find_path(choice.snapshot, whole)) return whole;
    const auto message =
        fmt::format("{}{}/{}", account, mailbox::messages_path(folder.substr(0, last)), folder.substr(last + 1));
    return catalog.find_path(choice.snapshot, message) ? message : whole;
}

}  // namespace

void SnapshotFilter::declare(Options& options) {
    options.text("--source", "SOURCE", source, "Only snapshots of this source (its name or path)");
    options.text("--host", "HOST", host, "Only snapshots made on this host");
    options.flag("--mail", is_mail, "Only snapshots of mailboxes; paths are /ACCOUNT/FOLDER, as in /anna/Lists/kist");
}

bool SnapshotFilter::fits(const repository::Source& its) const {
    const bool source_fits = source.empty() || source == its.path || source == its.name;
    const auto wanted = wanted_host();
    return source_fits && (wanted.empty() || wanted == its.host);
}

std::string SnapshotFilter::wanted_host() const {
    return is_mail && host.empty() ? std::string(repository::kMailHost) : host;
}

SnapshotChoice choose_snapshot(repository::Catalog& catalog, const std::string& text, const SnapshotFilter& filter,
                               Timestamp now) {
    const auto named = repository::parse_snapshot_path(text);
    const auto host = filter.wanted_host();
    const repository::SnapshotQuery query{named.snapshot, named.path, filter.source,
                                          host.empty() && named.path ? this_host() : host,
                                          host.empty() ? this_host() : ""};
    SnapshotChoice choice;
    choice.snapshot = repository::resolve_snapshot(query, catalog.sources(), catalog.snapshots(), now);
    choice.source = catalog.source(choice.snapshot.source);
    choice.path = named.path.value_or(choice.source.path);
    if (filter.is_mail && repository::is_mailbox(choice.source)) choice.path = mail_path(catalog, choice);
    return choice;
}

SnapshotChoice choose_path(repository::Catalog& catalog, const std::string& text, const SnapshotFilter& filter,
                           Timestamp now) {
    return choose_snapshot(catalog, text.starts_with('/') ? "latest:" + text : text, filter, now);
}

repository::Entry find_entry(repository::Catalog& catalog, const SnapshotChoice& choice) {
    auto entry = choice.path == choice.source.path ? catalog.root(choice.snapshot)
                                                   : catalog.find_path(choice.snapshot, choice.path);
    if (!entry)
        throw Error(ErrorCode::not_found,
                    fmt::format("snapshot {} holds no {}", choice.snapshot.number, os::printable(choice.path)),
                    fmt::format("`kist ls {}` shows what it holds.", choice.snapshot.number));
    return std::move(*entry);
}

std::string this_host() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0)
        throw Error::from_errno(errno, "cannot read this machine's name");
    return name.data();
}

}  // namespace kist::cli
