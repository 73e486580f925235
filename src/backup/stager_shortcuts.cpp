// How a regular file is staged without being copied as a whole.

#include "kist/base/error.hpp"
#include "kist/repository/plain_metadata.hpp"
#include "kist/repository/volume_trouble.hpp"

#include "backup/open_database.hpp"
#include "backup/staged_file.hpp"
#include "backup/stager.hpp"

namespace kist::backup {
namespace {

using repository::Difference;
using repository::on_volume;
using repository::Outcome;

// What was known under another name is taken for new.
void forget_origin(repository::StagedChange& staged) {
    staged.change.origin = 0;
    staged.known.reset();
}

}  // namespace

// The database as of one transaction, in place of the file's own bytes. Its next change may be in its log only, so that
// it never counts as known.
bool Stager::take_database(const os::Directory& parent, const std::string& name, const os::FileStatus& status,
                           StagedChange& staged) {
    if (options_.open_databases != OpenDatabases::online || !tree_.is_live(staged.directory_path) ||
        !is_open_database(parent, name))
        return false;
    os::Fd database;
    try {
        database = copy_open_database(run_.repository(), parent, name, [this] { check_interrupted(); });
    } catch (const Error& error) {
        if (error.code() == ErrorCode::interrupted || error.code() == ErrorCode::no_space) throw;
        staged.outcome = Outcome::skipped;
        staged.reason = "it cannot be copied while it is open: " + error.message();
        return true;
    }
    if (staged.change.origin != 0) forget_origin(staged);
    auto readable = os::status_of(database.get());
    readable.device = status.device;
    readable.inode = status.inode;
    staged.metadata.size = readable.size;
    staged.metadata.has_holes = readable.allocated < readable.size;
    staged.identity.unsettled = true;
    ++totals_.databases;
    if (!take_difference(database.get(), readable, staged)) copy(database.get(), readable, staged);
    return true;
}

// A file known under another name: its plain file is moved, if that is still what Kist left.
bool Stager::take_renamed(const os::FileStatus& status, StagedChange& staged) {
    if (staged.change.origin == 0) return false;
    const auto& known = *staged.known;
    const auto slash = staged.known_mirror_path.rfind('/');
    const auto directory = run_.repository().mirror().find_below(staged.known_mirror_path.substr(0, slash));
    const auto plain = directory ? directory->find_status(staged.known_mirror_path.substr(slash + 1)) : std::nullopt;
    const bool plain_is_sound = staged.known_content && plain && repository::is_as_left(*plain, known.metadata) &&
                                plain->inode == known.mirror_inode;
    if (!plain_is_sound || status.inode != known.identity.inode || status.size != known.metadata.size ||
        status.mtime != known.metadata.mtime) {
        forget_origin(staged);
        return false;
    }
    staged.content = *staged.known_content;
    conclude(staged, true);
    return true;
}

// Size and time of change are what they were, yet something else is not: reading tells whether it is the content.
bool Stager::take_unchanged(int file, const os::FileStatus& status, StagedChange& staged) {
    if (!staged.known || is_shared(staged, status) || staged.known->metadata.size != staged.metadata.size ||
        staged.known->metadata.mtime != staged.metadata.mtime)
        return false;
    read_content(file, status, -1, staged.change.name);
    const auto hash = hasher_.finish();
    if (hash != staged.known_content || !is_same_version(status, os::status_of(file))) return false;
    staged.content = hash;
    count_file(staged.metadata.size);
    conclude(staged, true);
    return true;
}

// What an interrupted run has read need not be read again.
bool Stager::take_over(const os::FileStatus& status, StagedChange& staged) {
    if (staged.identity.unsettled) return false;
    const auto name = file_name(*staged.staged);
    const auto& parent = staged_parent(*staged.staged);
    const auto hash = run_.take_over(status, parent, name);
    if (!hash) return false;
    staged.content = *hash;
    const auto target = on_volume([&] { return parent.open_file_for_writing(name, os::Create::no); });
    conclude_copy(status, parent, target, staged);
    ++totals_.files_taken_over;
    totals_.bytes_taken_over += staged.metadata.size;
    if (options_.progress != nullptr) {
        ++options_.progress->files_done;
        options_.progress->bytes_done += staged.metadata.size;
    }
    return true;
}

// Of a large file only what differs from the version in latest/.
bool Stager::take_difference(int file, const os::FileStatus& status, StagedChange& staged) {
    if (!staged.may_stage_difference) return false;
    std::atomic<std::uint64_t> counted = 0;
    const auto count = [&](std::uint64_t bytes) {
        check_interrupted();
        if (options_.progress == nullptr) return;
        options_.progress->bytes_done += bytes;
        counted += bytes;
    };
    const auto difference = run_.stage_difference({file, staged.change.name, status.size}, staged, count);
    const bool is_found = difference == Difference::none || difference == Difference::staged;
    if (!is_found || !is_same_version(status, os::status_of(file))) {
        if (difference == Difference::staged) run_.drop_difference(staged);
        if (options_.progress != nullptr) options_.progress->bytes_done -= counted;
        return false;
    }
    count_file(staged.metadata.size);
    if (difference == Difference::none) {
        conclude(staged, true);
    } else if (staged.patched) {
        staged.mirror_inode = staged.known->mirror_inode;
        staged.outcome = Outcome::metadata;
    } else {
        const auto name = file_name(*staged.staged);
        const auto& parent = staged_parent(*staged.staged);
        const auto target = on_volume([&] { return parent.open_file_for_writing(name, os::Create::no); });
        conclude_copy(status, parent, target, staged);
    }
    return true;
}

}  // namespace kist::backup
