#include "cli/snapshot_choice.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/snapshot_name.hpp"

#include <array>

#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {

void SnapshotFilter::declare(Options& options) {
    options.text("--source", "SOURCE", source, "Only snapshots of this source (its name or path)");
    options.text("--host", "HOST", host, "Only snapshots made on this host");
}

bool SnapshotFilter::fits(const repository::Source& its) const {
    const bool source_fits = source.empty() || source == its.path || source == its.name;
    return source_fits && (host.empty() || host == its.host);
}

SnapshotChoice choose_snapshot(repository::Catalog& catalog, const std::string& text, const SnapshotFilter& filter,
                               Timestamp now) {
    const auto named = repository::parse_snapshot_path(text);
    const repository::SnapshotQuery query{named.snapshot, named.path, filter.source,
                                          filter.host.empty() && named.path ? this_host() : filter.host,
                                          filter.host.empty() ? this_host() : ""};
    SnapshotChoice choice;
    choice.snapshot = repository::resolve_snapshot(query, catalog.sources(), catalog.snapshots(), now);
    choice.source = catalog.source(choice.snapshot.source);
    choice.path = named.path.value_or(choice.source.path);
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
