#include "backup/stager.hpp"

#include "kist/base/error.hpp"
#include "kist/os/attributes.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/plain_metadata.hpp"
#include "kist/repository/volume_trouble.hpp"

#include "backup/staged_file.hpp"

#include <algorithm>
#include <cerrno>

namespace kist::backup {
namespace {

using repository::on_volume;
using repository::Outcome;
using repository::Pass;

constexpr std::size_t kBufferSize = 1U << 20U;
constexpr int kReadAttempts = 3;
constexpr std::chrono::seconds kSettling{2};

// Whether a later change might leave the same times: the clock that stamps files ticks only every few milliseconds, and
// some filesystems keep whole seconds, or two.
bool is_unsettled(const os::FileStatus& status, Timestamp now) {
    return status.ctime > now - kSettling || (status.mtime > now - kSettling && status.mtime < now + kSettling);
}

}  // namespace

Stager::Stager(repository::Run& run, const SourceTree& tree, const BackupOptions& options, StagingTotals& totals)
    : run_(run), tree_(tree), options_(options), totals_(totals), buffer_(kBufferSize) {}

void Stager::work(Pass pass) {
    try {
        while (!totals_.failed) {
            auto batch = run_.take_batch(pass);
            if (batch.empty()) return;
            stage(pass, batch);
            if (pass != Pass::folders) run_.finish(batch);
        }
    } catch (...) {
        totals_.failed = true;
        throw;
    }
}

void Stager::stage(Pass pass, std::vector<StagedChange>& batch) {
    try {
        for (auto& staged : batch) {
            check_interrupted();
            stage(pass, staged);
        }
    } catch (const Error&) {
        run_.note_staged(batch);
        throw;
    }
}

void Stager::stage(Pass pass, StagedChange& staged) {
    if (pass == Pass::folders) return make_folder(staged);
    // What the scan saw; replaced by what is read.
    describe(staged.change.status, staged);
    try {
        const auto place = find_source(staged);
        if (pass == Pass::directories) {
            stage_directory(place ? *place->directory : tree_.root(), place ? place->name : "", staged);
        } else if (!place) {
            staged.outcome = Outcome::gone;
        } else if (staged.change.status.type == os::FileType::regular) {
            stage_regular(*place->directory, place->name, staged);
        } else {
            stage_special(*place->directory, place->name, staged);
        }
    } catch (const Error& error) {
        // Trouble with this one entry; trouble with the volume or a wish to stop is not.
        if (error.error_number() == 0) throw;
        staged.outcome = Outcome::skipped;
        staged.reason = error.message();
    }
}

void Stager::make_folder(const StagedChange& staged) {
    if (staged.staged) on_volume([&] { run_.staging().ensure_below(*staged.staged); });
}

void Stager::describe(const os::FileStatus& status, StagedChange& staged) {
    auto& metadata = staged.metadata;
    metadata.type = status.type;
    metadata.mode = status.mode;
    metadata.uid = status.uid;
    metadata.gid = status.gid;
    metadata.user = totals_.owners.user(status.uid);
    metadata.group = totals_.owners.group(status.gid);
    metadata.size = status.type == os::FileType::directory ? 0 : status.size;
    metadata.mtime = status.mtime;
    metadata.special_device = status.special_device;
    metadata.has_holes = status.type == os::FileType::regular && status.allocated < status.size;
    staged.identity = {status.device, status.inode, status.ctime, status.birth_time,
                       status.type != os::FileType::directory && is_unsettled(status, tree_.seen_at())};
}

// With the content known to be what it was (or with none at all), only metadata can differ.
void Stager::conclude(StagedChange& staged, bool same_content) {
    if (!staged.known || !same_content) {
        staged.outcome = Outcome::stored;
        return;
    }
    staged.mirror_inode = staged.known->mirror_inode;
    const bool same = staged.change.origin == 0 && staged.known->metadata == staged.metadata &&
                      staged.known->node == staged.change.node;
    staged.outcome = same ? Outcome::unchanged : Outcome::metadata;
}

// A directory that vanished since the scan keeps what was seen then: what stood in it may have been staged.
void Stager::describe_directory(const os::Directory& parent, const std::string& name, StagedChange& staged) {
    const auto directory = name.empty() ? std::nullopt : tree_.find_directory(staged.directory_path, parent, name);
    if (!directory) return;
    describe(tree_.as_live(directory->own_status()), staged);
    staged.metadata.attributes = os::extended_attributes(directory->fd());
    staged.metadata.flags = os::file_flags(directory->fd()).value_or(0);
}

void Stager::stage_directory(const os::Directory& parent, const std::string& name, StagedChange& staged) {
    try {
        describe_directory(parent, name, staged);
    } catch (const Error& error) {
        // What was found in it needs a folder to stand in, also where that cannot be opened any more.
        const bool has_row = staged.change.known != 0 && staged.change.origin == 0;
        if (error.error_number() == 0 || has_row) throw;
        const auto& folder = staged.directory_path;
        run_.skip(folder.empty() ? staged.change.name : folder + "/" + staged.change.name, error.message());
        if (staged.known) {
            staged.metadata.attributes = staged.known->metadata.attributes;
            staged.metadata.flags = staged.known->metadata.flags;
        }
    }
    if (!staged.staged) return conclude(staged, true);
    on_volume([&] {
        const auto& target = staged_parent(*staged.staged);
        const auto target_name = file_name(*staged.staged);
        repository::set_plain_metadata(target, target_name, staged.metadata);
        staged.mirror_inode = target.status(target_name).inode;
    });
    staged.outcome = Outcome::stored;
}

void Stager::stage_regular(const os::Directory& parent, const std::string& name, StagedChange& staged) {
    const auto file = parent.find_file(name);
    if (!file) {
        staged.outcome = Outcome::gone;
        return;
    }
    const auto status = tree_.as_live(os::status_of(file->get()));
    if (status.type != os::FileType::regular) {
        staged.outcome = Outcome::skipped;
        staged.reason = "it became something else while it was read";
        return;
    }
    describe(status, staged);
    staged.metadata.attributes = os::extended_attributes(file->get());
    staged.metadata.flags = os::file_flags(file->get()).value_or(0);
    if (take_database(parent, name, status, staged)) return;
    if (take_renamed(status, staged) || take_unchanged(file->get(), status, staged) || take_over(status, staged) ||
        take_difference(file->get(), status, staged))
        return;
    copy(file->get(), status, staged);
}

void Stager::copy(int file, os::FileStatus status, StagedChange& staged) {
    const auto name = file_name(*staged.staged);
    const auto& parent = staged_parent(*staged.staged);
    const auto target = on_volume([&] { return parent.open_file_for_writing(name, os::Create::exclusive); });
    const auto matched = staged.content;  // what `reverse` belongs to
    for (int attempt = 1;; ++attempt) {
        copy_once(file, status, target.get(), staged);
        const auto after = tree_.as_live(os::status_of(file));
        if (is_same_version(status, after)) break;
        if (attempt == kReadAttempts) {
            staged.identity.unsettled = true;
            const std::lock_guard lock(totals_.mutex);
            totals_.changed_while_read.push_back(absolute_path(staged));
            break;
        }
        on_volume([&] { os::truncate(target.get(), 0, name); });
        status = after;
        describe(status, staged);
    }
    if (staged.reverse && staged.content != matched) staged.reverse.reset();
    count_file(staged.metadata.size);
    conclude_copy(status, parent, target, staged);
}

void Stager::conclude_copy(const os::FileStatus& status, const os::Directory& parent, const os::Fd& target,
                           StagedChange& staged) {
    const auto name = file_name(*staged.staged);
    conclude(staged, staged.known && staged.known_content == staged.content && !is_shared(staged, status));
    on_volume([&] {
        if (staged.outcome != Outcome::stored) return parent.remove_file(name);
        repository::set_fresh_metadata(target.get(), staged.metadata);
        if (run_.syncs_each_file()) os::sync_file(target.get(), name);
        staged.mirror_inode = os::status_of(target.get()).inode;
    });
}

void Stager::copy_once(int file, const os::FileStatus& status, int target, StagedChange& staged) {
    read_content(file, status, target, staged.change.name);
    staged.metadata.size = hashed_;
    staged.content = hasher_.finish();
    if (staged.metadata.has_holes) on_volume([&] { os::truncate(target, staged.metadata.size, staged.change.name); });
}

// Feeds the hasher with the file's bytes, as many as its status says, and writes them to target, unless that is -1;
// holes stay holes.
void Stager::read_content(int file, const os::FileStatus& status, int target, const std::string& name) {
    hashed_ = 0;
    const auto size = status.size;
    const bool has_holes = status.allocated < size;
    while (hashed_ < size) {
        const auto [begin, end] = has_holes ? os::next_data(file, hashed_, size) : os::DataRange{hashed_, size};
        hasher_.update_zeros(begin - hashed_);
        hashed_ = begin;
        while (hashed_ < end) {
            check_interrupted();
            const auto wanted = std::min<std::uint64_t>(buffer_.size(), end - hashed_);
            const auto piece =
                std::span(buffer_).first(os::read_at(file, hashed_, std::span(buffer_).first(wanted), name));
            if (piece.empty()) return;  // it has become shorter
            hasher_.update(piece);
            if (target >= 0) on_volume([&] { os::write_at(target, hashed_, piece, name); });
            hashed_ += piece.size();
            if (options_.progress != nullptr) options_.progress->bytes_done += piece.size();
        }
    }
}

void Stager::stage_special(const os::Directory& parent, const std::string& name, StagedChange& staged) {
    const auto status = parent.find_status(name);
    if (!status || status->type != staged.change.status.type) {
        staged.outcome = Outcome::gone;
        return;
    }
    describe(tree_.as_live(*status), staged);
    auto& metadata = staged.metadata;
    if (metadata.type == os::FileType::symlink) metadata.symlink_target = parent.read_link(name);
    metadata.attributes = os::extended_attributes(parent, name);
    if (staged.known && staged.known->metadata.symlink_target == metadata.symlink_target &&
        staged.known->metadata.special_device == metadata.special_device)
        return conclude(staged, true);
    on_volume([&] { make_special(staged_parent(*staged.staged), file_name(*staged.staged), staged); });
    staged.outcome = Outcome::stored;
}

// A device that the caller may not make, or that the volume's filesystem has no place for, is in the catalog alone.
void Stager::make_special(const os::Directory& target, const std::string& name, StagedChange& staged) {
    const auto& metadata = staged.metadata;
    if (metadata.type == os::FileType::symlink) {
        target.create_symlink(name, metadata.symlink_target);
    } else {
        try {
            target.create_node(name, metadata.type, metadata.special_device);
        } catch (const Error& error) {
            if (error.error_number() != EPERM) throw;
            return;
        }
    }
    repository::set_plain_metadata(target, name, metadata);
    staged.mirror_inode = target.status(name).inode;
}

std::optional<Stager::Place> Stager::find_source(const StagedChange& staged) {
    if (staged.change.directory < 0) {  // the source itself
        if (staged.change.status.type == os::FileType::directory) return Place{&tree_.root(), "."};
        return Place{&tree_.root(), file_name(options_.path)};
    }
    if (source_path_ != staged.directory_path) {
        source_ = tree_.find_folder(staged.directory_path);
        source_path_ = staged.directory_path;
    }
    if (!source_) return std::nullopt;
    return Place{&*source_, staged.change.name};
}

const os::Directory& Stager::staged_parent(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return run_.staging();
    auto parent = path.substr(0, slash);
    if (target_path_ != parent) {
        target_ = on_volume([&] { return run_.staging().ensure_below(parent); });
        target_path_ = std::move(parent);
    }
    return *target_;
}

std::string Stager::absolute_path(const StagedChange& staged) const {
    if (staged.change.directory < 0) return options_.path;
    const auto folder = (options_.path == "/" ? "" : options_.path) + "/";
    return folder + (staged.directory_path.empty() ? "" : staged.directory_path + "/") + staged.change.name;
}

void Stager::check_interrupted() const {
    if (options_.interrupted != nullptr && *options_.interrupted)
        throw Error(ErrorCode::interrupted, "interrupted before the snapshot was complete");
}

void Stager::count_file(std::uint64_t size) {
    ++totals_.files_read;
    totals_.bytes_read += size;
    if (options_.progress != nullptr) ++options_.progress->files_done;
}

}  // namespace kist::backup
