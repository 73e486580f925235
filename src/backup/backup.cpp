#include "kist/backup/backup.hpp"

#include "kist/base/error.hpp"
#include "kist/os/parallel.hpp"
#include "kist/repository/tags.hpp"

#include "backup/scanner.hpp"
#include "backup/source_tree.hpp"
#include "backup/stager.hpp"

#include <cerrno>
#include <memory>

#include <fmt/format.h>
#include <stdlib.h>

namespace kist::backup {
namespace {

std::string parent_path(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

// The user's own path, symlinks in it followed, as the source's path from now on.
std::string absolute_source(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(path.c_str(), nullptr), &std::free);
    if (resolved) return resolved.get();
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR)
        throw Error(ErrorCode::not_found, "there is no " + os::printable(path) + " to back up");
    throw Error::from_errno(error, "cannot look at the source " + os::printable(path));
}

void refuse_inside_volume(const std::string& source, const std::string& volume) {
    if (source == volume || source.starts_with(volume == "/" ? volume : volume + "/"))
        throw Error(ErrorCode::usage, os::printable(source) + " lies inside the volume that it would be backed up to",
                    "Choose a source outside of " + os::printable(volume) + ".");
}

os::FileStatus status_of_path(const std::string& path) {
    if (path == "/") return os::Directory::open(path).own_status();
    return os::Directory::open(parent_path(path)).status(path.substr(path.rfind('/') + 1));
}

// The folders above the source, as latest/ is to have them.
std::vector<repository::NewSnapshot::Ancestor> ancestors_of(const std::string& path) {
    std::vector<repository::NewSnapshot::Ancestor> ancestors;
    for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        const auto status = os::Directory::open(path.substr(0, slash)).own_status();
        ancestors.push_back({status.mode, status.uid, status.gid});
    }
    return ancestors;
}

// What a user can do about a full volume, said once for all the places where it shows.
Error with_advice(const Error& error) {
    if (error.code() != ErrorCode::no_space || !error.hint().empty()) return error;
    return {error.code(), error.message(),
            "The volume is full; every snapshot that was committed is intact. Leave something out, or prepare a larger "
            "volume."};
}

void enter(const BackupOptions& options, Phase phase) {
    if (options.progress != nullptr) options.progress->phase = phase;
}

void stage(repository::Run& run, const SourceTree& tree, const BackupOptions& options, unsigned threads,
           StagingTotals& totals) {
    try {
        for (const auto pass : {repository::Pass::folders, repository::Pass::files, repository::Pass::directories})
            os::run_in_parallel(threads, [&] { Stager(run, tree, options, totals).work(pass); });
    } catch (const Error& error) {
        if (error.code() != ErrorCode::interrupted) throw;
        const auto kept = run.keep_staged();
        if (kept.files == 0) throw Error(error.code(), error.message() + "; nothing was changed");
        throw Error(error.code(), error.message(),
                    fmt::format("{} files, {}, are kept: the next backup of {} goes on from there.", kept.files,
                                to_string(kept.bytes), os::printable(kept.path)));
    }
}

const std::string& volume_of(const repository::Repository& repository) {
    return repository.path();
}

const std::string& volume_of(const repository::RunGroup& group) {
    return group.repository().path();
}

// where: a repository, or a group of runs.
template <typename Where>
BackupSummary run_backup(Where& where, const BackupOptions& asked, const Clock& clock) {
    auto options = asked;
    options.path = absolute_source(asked.path);
    refuse_inside_volume(options.path, volume_of(where));
    const auto tags = repository::normal_tags(asked.tags);
    const auto started = clock.now();
    const auto threads = options.threads != 0 ? options.threads : os::core_count();
    const auto status = status_of_path(options.path);
    const bool is_directory = status.type == os::FileType::directory;
    SourceTree tree(is_directory ? options.path : parent_path(options.path), options.source_snapshot);

    repository::Run run(where, {options.host, options.path, options.name});
    run.require_later(options.time.value_or(started));
    BackupSummary summary;
    if (is_directory) {
        Scanner scanner(run, tree, options);
        scanner.scan(threads);
        summary.entries_seen = scanner.entries_seen();
        summary.excluded = scanner.excluded();
    } else {
        if (options.listed != nullptr)
            throw Error(ErrorCode::usage,
                        os::printable(options.path) + " is no folder: there is nothing to list in it");
        scan_single_file(run, tree, options);
        summary.entries_seen = 1;
    }
    const auto totals = run.scanned();
    if (options.progress != nullptr) {
        options.progress->files_total = totals.files;
        options.progress->bytes_total = totals.bytes.value;
    }
    enter(options, Phase::copying);
    StagingTotals staging;
    try {
        stage(run, tree, options, threads, staging);
        tree.require_whole();
        enter(options, Phase::committing);
        summary.run = run.commit({options.time.value_or(started), clock.now(), tags, ancestors_of(options.path)});
    } catch (const Error& error) {
        if (error.code() == ErrorCode::no_space) run.discard_staged();
        throw;
    }
    summary.from_source_snapshot = tree.is_snapshot();
    summary.databases = staging.databases;
    summary.files_read = staging.files_read;
    summary.bytes_read = ByteCount{staging.bytes_read};
    summary.files_taken_over = staging.files_taken_over;
    summary.bytes_taken_over = ByteCount{staging.bytes_taken_over};
    summary.changed_while_read = std::move(staging.changed_while_read);
    return summary;
}

}  // namespace

BackupSummary back_up(repository::Repository& repository, const BackupOptions& options, const Clock& clock) {
    try {
        return run_backup(repository, options, clock);
    } catch (const Error& error) {
        throw with_advice(error);
    }
}

BackupSummary back_up(repository::RunGroup& group, const BackupOptions& options, const Clock& clock) {
    try {
        return run_backup(group, options, clock);
    } catch (const Error& error) {
        throw with_advice(error);
    }
}

}  // namespace kist::backup
