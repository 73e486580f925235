#include "restore/judge.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/content_hash.hpp"
#include "kist/os/file.hpp"

#include <algorithm>
#include <climits>

#include <fmt/format.h>

namespace kist::restore {
namespace {

constexpr std::size_t kPiece = 1U << 18U;
constexpr unsigned kMostBeside = 100;

// A name for the snapshot's version beside another, as long as names can be.
std::string name_beside(const std::string& name, repository::SnapshotNumber snapshot, unsigned count) {
    const auto ending =
        count == 1 ? fmt::format(".snapshot-{}", snapshot) : fmt::format(".snapshot-{}-{}", snapshot, count);
    return name.substr(0, std::min<std::size_t>(name.size(), NAME_MAX - ending.size())) + ending;
}

std::uint64_t hash_range(int file, os::DataRange range, const std::string& name, std::span<std::byte> buffer,
                         delta::ContentHasher& hasher) {
    auto at = range.begin;
    while (at < range.end) {
        const auto piece = buffer.first(std::min<std::uint64_t>(buffer.size(), range.end - at));
        const auto got = os::read_at(file, at, piece, name);
        if (got == 0) break;
        hasher.update(piece.first(got));
        at += got;
    }
    return at;
}

}  // namespace

bool gives_way(const RestoreOptions& options, const os::FileStatus& existing, const repository::Entry& entry) {
    if (options.overwrite == Overwrite::if_older) return existing.mtime <= entry.metadata.mtime;
    return options.overwrite == Overwrite::always;
}

Finding Judge::judge(const os::Directory& directory, const std::string& name, const repository::Entry& entry) {
    Finding finding{Action::create, false, directory.find_status(name), name, false, {}};
    if (!finding.existing) return finding;
    finding.is_newer = finding.existing->mtime > entry.metadata.mtime;
    if (options_.overwrite != Overwrite::keep_both && !gives_way(options_, *finding.existing, entry)) {
        finding.action = Action::keep;
        return finding;
    }
    const auto [likeness, flags] = compare(directory, name, *finding.existing, entry);
    if (likeness == Likeness::same) {
        finding.action = Action::unchanged;
        finding.gets_flags = options_.overwrite != Overwrite::keep_both && entry.metadata.type == os::FileType::regular;
        finding.flags = flags;
    } else if (options_.overwrite != Overwrite::keep_both) {
        finding.action = Action::replace;
    } else if (likeness == Likeness::same_content) {
        finding.action = Action::keep;
    } else {
        return find_place_beside(directory, name, entry);
    }
    return finding;
}

Finding Judge::find_place_beside(const os::Directory& directory, const std::string& name,
                                 const repository::Entry& entry) {
    for (unsigned count = 1; count <= kMostBeside; ++count) {
        const auto beside = name_beside(name, options_.snapshot.number, count);
        const auto existing = directory.find_status(beside);
        if (!existing) return {Action::beside, false, std::nullopt, beside, false, {}};
        if (compare(directory, beside, *existing, entry).likeness != Likeness::different)
            return {Action::unchanged, false, existing, beside, false, {}};
    }
    throw Error(ErrorCode::failed, fmt::format("{} versions of it stand there already", kMostBeside));
}

Judge::Resemblance Judge::compare(const os::Directory& directory, const std::string& name,
                                  const os::FileStatus& existing, const repository::Entry& entry) {
    const auto& wanted = entry.metadata;
    if (existing.type != wanted.type) return {};
    if (wanted.type == os::FileType::regular)
        return existing.size == wanted.size ? compare_files(directory, name, entry) : Resemblance{};
    const bool same_content = wanted.type == os::FileType::symlink ? directory.read_link(name) == wanted.symlink_target
                                                                   : existing.special_device == wanted.special_device;
    if (!same_content) return {};
    const bool is_same = (existing.link_count == 1 || entry.node) &&
                         metadata_.is_applied(existing, os::extended_attributes(directory, name), wanted);
    return {is_same ? Likeness::same : Likeness::same_content, {}};
}

// A file with names that the snapshot does not know is another file, whatever is in it: a change through one of those
// names would be one of what was restored.
Judge::Resemblance Judge::compare_files(const os::Directory& directory, const std::string& name,
                                        const repository::Entry& entry) {
    std::optional<os::Fd> file;
    try {
        file = directory.find_file(name);
    } catch (const Error&) {  // what cannot be read is not known to be right
    }
    if (!file) return {};
    const auto status = os::status_of(file->get());
    if (status.type != os::FileType::regular) return {};
    const bool is_applied = (status.link_count == 1 || entry.node) &&
                            metadata_.is_applied(status, os::extended_attributes(file->get()), entry.metadata);
    if (!is_applied && options_.overwrite != Overwrite::keep_both) return {};
    const bool has_content = options_.comparison == Comparison::by_time
                                 ? is_applied || status.mtime == entry.metadata.mtime
                                 : is_content(file->get(), name, entry);
    if (!has_content) return {};
    return {is_applied ? Likeness::same : Likeness::same_content, os::file_flags(file->get())};
}

bool Judge::is_content(int file, const std::string& name, const repository::Entry& entry) {
    const auto content = catalog_.content(*entry.content);
    if (content.size != entry.metadata.size) return false;
    std::vector<std::byte> buffer(std::min<std::uint64_t>(kPiece, content.size));
    delta::ContentHasher hasher;
    for (std::uint64_t at = 0; at < content.size;) {
        if (options_.interrupt != nullptr && *options_.interrupt)
            throw Error(ErrorCode::interrupted, "the restore was interrupted");
        const auto data = os::next_data(file, at, content.size);
        hasher.update_zeros(data.begin - at);
        at = hash_range(file, data, name, buffer, hasher);
        if (at < data.end) return false;
    }
    return hasher.finish() == content.hash;
}

}  // namespace kist::restore
