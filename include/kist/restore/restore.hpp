#pragma once
// Brings a snapshot, or a part of it, back into a directory, the way `cp -a PATH/. DIR` would: a directory's contents
// go into DIR and its own metadata onto it; anything else becomes DIR/NAME. Every byte is compared with the hash taken
// when it was backed up, before its name appears: a file is there whole and right, or not at all.
//
// Below DIR no symlink is followed. What is being made is private to the caller until it is complete; owner,
// attributes, mode and times are set before it gets its name, those of directories after all that is in them. What
// stands there already with the same content and metadata is left as it is, so a restore that was interrupted goes on
// where it stopped. Trouble with one entry is a value in the summary, and the others are restored.

#include "kist/base/byte_count.hpp"
#include "kist/base/path_pattern.hpp"
#include "kist/repository/repository.hpp"
#include "kist/restore/owner_rules.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kist::restore {

// What becomes of a file that is there already and differs. Directories are merged in any case.
enum class Overwrite {
    always,     // it is replaced; a directory that is not empty gives way only to Deletion
    if_older,   // it is replaced where its mtime is older than the snapshot's
    never,      // it stays; so does the metadata of directories that are there
    keep_both,  // it stays, with those, and the restored one becomes NAME.snapshot-NUMBER beside it
};

// When a file that is there already, with the right size, mtime and metadata, is left as it is.
enum class Comparison {
    by_content,  // when its bytes have the right hash, too
    by_time,     // without reading it
};

// What becomes of things in restored directories that the snapshot does not hold.
enum class Deletion {
    none,
    when_complete,  // they are deleted after all else, unless the snapshot is incomplete, or something went wrong
    regardless,     // they are deleted
};

enum class Owners {
    by_name,    // the user and group of that name here; the number where there is no such name
    by_number,  // as it was
};

// Which entries below PATH are restored: all that every part of it admits. A directory is chosen with all below it;
// directories on the way to something chosen are made where they are missing, and else left as they are. Patterns are
// compared with absolute paths in the source.
struct Choice {
    std::vector<PathPattern> only;                  // what one of these matches; none: everything
    std::vector<PathPattern> exclude;               // not what one of these matches: it is not deleted either
    std::optional<std::vector<std::string>> files;  // paths below PATH, without a slash at the beginning

    bool is_everything() const { return only.empty() && exclude.empty() && !files; }
};

// Written by the restore, read by whoever shows it.
struct Progress {
    std::atomic<std::uint64_t> files_total = 0;  // regular files
    std::atomic<std::uint64_t> bytes_total = 0;
    std::atomic<std::uint64_t> files_done = 0;
    std::atomic<std::uint64_t> bytes_done = 0;
};

struct RestoreOptions {
    repository::Snapshot snapshot;
    std::string path;    // absolute, within the snapshot's source
    std::string target;  // DIR; made, with its parents, where it is missing. Symlinks in it are followed.
    Choice choice;
    Overwrite overwrite = Overwrite::always;
    Comparison comparison = Comparison::by_content;
    Deletion deletion = Deletion::none;
    std::optional<std::uint64_t> most_deletions;  // beyond them nothing more is deleted
    Owners owners = Owners::by_name;
    OwnerRules users;  // before names and numbers
    OwnerRules groups;
    unsigned threads = 0;                          // 0: as many as there are cores
    Progress* progress = nullptr;                  // or none
    const std::atomic<bool>* interrupt = nullptr;  // set: the restore stops, with an interrupted Error
};

struct Trouble {
    std::string path;  // absolute, in the source
    std::string reason;
};

struct Troubles {
    std::vector<Trouble> first;  // 1000 of them
    std::uint64_t count = 0;
};

struct RestoreSummary {
    std::uint64_t files = 0;        // regular files, hard links among them
    std::uint64_t directories = 0;  // made or merged
    std::uint64_t others = 0;       // symlinks and special files
    ByteCount bytes;
    std::uint64_t unchanged = 0;       // were there already, just so
    std::uint64_t kept = 0;            // were there, differ, and stayed
    std::uint64_t beside = 0;          // of files and others: restored beside what was there
    std::uint64_t deleted = 0;         // the snapshot does not hold them
    std::uint64_t not_deleted = 0;     // nor these, but they were one too many
    std::string deletion_withheld;     // why nothing was deleted, though it was asked for; else empty
    std::uint64_t owners_refused = 0;  // entries whose owner the caller may not set: they are the caller's now
    std::uint64_t attributes_refused =
        0;  // extended attributes that the filesystem or the caller's rights do not allow
    // What of chattr's attributes could not be set, by entry: those have all else.
    Troubles flags_refused;
    Troubles damaged;  // no good copy of the content: not restored
    Troubles failed;   // could not be written to the target
    Troubles skipped;  // special files that the caller may not make
};

// Errors: not_found where the snapshot does not hold `path`, or nothing below it is chosen; damaged or failed where
// nothing at all could be restored; no_space and interrupted, with what was restored until then staying; and what makes
// DIR or the repository unusable.
RestoreSummary restore(const repository::Repository& repository, const RestoreOptions& options);

enum class Action : std::uint8_t {
    create,
    replace,    // something else stands there; of a directory: its metadata is set
    unchanged,  // it is there already
    keep,       // something else stands there, and stays
    beside,     // something else stands there, and this is put beside it
    remove,     // the snapshot does not hold it
};

struct Step {
    Action action = Action::create;
    std::string path;                          // absolute, in the source
    const repository::Entry* entry = nullptr;  // none where something is removed; lives as long as the call
    bool is_newer = false;                     // what stands there is newer
};

// What restore() would do, one step after the other, without doing it. Contents of the repository are not read. The
// summary says how many things restore() could not do, as far as that can be seen now, and what would not be deleted.
// Errors: as restore().
RestoreSummary rehearse(const repository::Repository& repository, const RestoreOptions& options,
                        const std::function<void(const Step&)>& report);

// Turns a restore of options.path into one that puts it back where it was: from the source's root, whose own path may
// hold symlinks, and below which none is followed. Directories above options.path that are missing are made as they
// were. Errors: not_found.
void put_back(repository::Catalog& catalog, RestoreOptions& options);

}  // namespace kist::restore
