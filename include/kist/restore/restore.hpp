#pragma once
// Brings a snapshot, or a part of it, back into a directory, the way `cp -a PATH/. DIR` would: a directory's contents
// go into DIR and its own metadata onto it; anything else becomes DIR/NAME. Every byte is compared with the hash taken
// when it was backed up, before its name appears: a file is there whole and right, or not at all.
//
// Below DIR no symlink is followed. What is being made is private to the caller until it is complete; owner,
// attributes, mode and times are set before it gets its name, those of directories after all that is in them. Trouble
// with one entry is a value in the summary, and the others are restored.

#include "kist/base/byte_count.hpp"
#include "kist/repository/repository.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace kist::restore {

enum class Overwrite {
    always,  // files are replaced, directories merged; a directory that is not empty never gives way to something else
    never,   // what is there stays as it is; directories are merged and keep their metadata
};

enum class Owners {
    by_name,    // the user and group of that name here; the number where there is no such name
    by_number,  // as it was
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
    Overwrite overwrite = Overwrite::always;
    Owners owners = Owners::by_name;
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
    std::uint64_t kept = 0;            // were there and stayed, with Overwrite::never
    std::uint64_t owners_refused = 0;  // entries whose owner the caller may not set: they are the caller's now
    std::uint64_t attributes_refused =
        0;             // extended attributes that the filesystem or the caller's rights do not allow
    Troubles damaged;  // no good copy of the content: not restored
    Troubles failed;   // could not be written to the target
    Troubles skipped;  // special files that the caller may not make
};

// Errors: not_found where the snapshot does not hold `path`; damaged or failed where nothing at all could be restored;
// no_space and interrupted, with what was restored until then staying; and what makes DIR or the repository unusable.
RestoreSummary restore(const repository::Repository& repository, const RestoreOptions& options);

// The DIR that puts things back where they were: `path` itself for a directory, the folder it stood in for all else.
// Errors: not_found.
std::string place_of_origin(repository::Catalog& catalog, const repository::Snapshot& snapshot,
                            const std::string& path);

}  // namespace kist::restore
