// How latest/ follows the catalog, and why a crash at any instant is harmless:
//
// The steps were made durable together with the commit. Phase 1 takes everything that leaves its name out of the tree,
// deepest first; phase 2 puts everything under its final name, parents first, without ever replacing; then come hard
// links, metadata and, last, what history does not need any more. Each step can be done again:
//   out, keep   moves only the very inode that was recorded; after phase 2 another one stands there, and stays
//   place       an object that is absent from staging has been placed
//   link        a name that is the right inode already is done
//   patch       writes the same bytes again, and reads none of the file's
// No inode that a step names is freed before the list is cleared, so none can be mistaken for another.
#include "repository/apply.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/plain_metadata.hpp"
#include "kist/repository/repository.hpp"

#include "repository/entry_row.hpp"
#include "repository/found.hpp"
#include "repository/layout.hpp"
#include "repository/owner_access.hpp"
#include "repository/redo_log.hpp"
#include "repository/reserve.hpp"
#include "repository/steps.hpp"

#include <cerrno>
#include <span>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>

namespace kist::repository {
namespace {

struct SplitPath {
    std::string directory;
    std::string name;
};

SplitPath split(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return {"", path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

class Applier {
  public:
    Applier(const Repository& repository, sqlite::Database& catalog)
        : mirror_(repository.mirror().duplicate()),
          control_(repository.control().duplicate()),
          staging_(control_.open_directory(kStaging)),
          kept_(control_.open_directory(kHistory).open_directory(kKept)),
          select_entry_(catalog.prepare(fmt::format("SELECT {} FROM main.entry WHERE id = ?", kEntryColumns))) {
        staging_.ensure_directory(kStagedIn);
        staging_.ensure_directory(kStagedOut);
    }

    void carry_out(const Step& step) {
        try {
            attempt(step);
        } catch (const Error& error) {
            if (error.error_number() != EACCES) throw;
            OwnerAccess access;
            open_up(step, access);
            attempt(step);
        }
    }

  private:
    // What stands in the way of an ordinary user whose own folders, or files, are closed to himself.
    void open_up(const Step& step, OwnerAccess& access) {
        const auto [directory, name] = split(step.path);
        const auto [object_directory, object] = split(step.object);
        access.open_all(mirror_, directory);
        if (step.kind == StepKind::link) access.open_all(mirror_, object_directory);
        if (step.kind == StepKind::place) access.open(staging_.open_directory(object_directory), object);
        if (step.kind != StepKind::out && step.kind != StepKind::patch) return;
        if (const auto parent = mirror_.find_below(directory)) access.open(*parent, name);
    }

    void attempt(const Step& step) {
        try {
            dispatch(step);
        } catch (const Error& error) {
            // A full volume: the reserve was kept for this.
            if (error.code() != ErrorCode::no_space || !release_reserve(control_)) throw;
            dispatch(step);
        }
    }

    void dispatch(const Step& step) {
        switch (step.kind) {
            case StepKind::out:
                return take_out(step);
            case StepKind::keep:
                return keep(step);
            case StepKind::ancestor:
                return make_ancestor(step);
            case StepKind::place:
                return place(step);
            case StepKind::link:
                return link(step);
            case StepKind::patch:
                return patch(step);
            case StepKind::metadata:
                return set_metadata(step);
            case StepKind::forget:
                return kept_.remove_tree(step.path);
        }
        throw Error(ErrorCode::damaged, "the catalog has a step of an unknown kind");
    }

    // The folder of latest/ that holds `path`; the last one is remembered, since steps come in the order of folders.
    const os::Directory* find_parent(const std::string& directory) {
        if (!parent_ || parent_path_ != directory) {
            parent_ = mirror_.find_below(directory);
            parent_path_ = directory;
        }
        return parent_ ? &*parent_ : nullptr;
    }

    const os::Directory& make_parent(const std::string& directory) {
        if (const auto* found = find_parent(directory)) return *found;
        // Somebody removed it by hand. `check` will say what else is missing.
        parent_ = mirror_.duplicate();
        std::istringstream names(directory);
        for (std::string name; std::getline(names, name, '/');) parent_ = parent_->ensure_directory(name);
        return *parent_;
    }

    void take_out(const Step& step) {
        const auto [directory, name] = split(step.path);
        if (staging_.open_directory(kStagedOut).find_status(split(step.object).name)) return;  // done
        const auto* parent = find_parent(directory);
        if (parent == nullptr || !is_expected(*parent, name, step.inode)) return;
        parent->rename(name, staging_.open_directory(kStagedOut), split(step.object).name);
    }

    void keep(const Step& step) {
        const auto [directory, name] = split(step.path);
        const auto* parent = find_parent(directory);
        if (parent == nullptr || !is_expected(*parent, name, step.inode)) return;
        parent->rename_replacing(name, kept_, step.object);
    }

    static bool is_expected(const os::Directory& directory, const std::string& name, std::uint64_t inode) {
        const auto status = directory.find_status(name);
        return status && status->inode == inode;
    }

    void make_ancestor(const Step& step) {
        const auto [directory, name] = split(step.path);
        const auto& parent = make_parent(directory);
        if (parent.find_status(name)) return;
        Metadata metadata;
        std::istringstream owner(step.object);
        owner >> std::oct >> metadata.mode >> std::dec >> metadata.uid >> metadata.gid;
        metadata.mtime = parent.own_status().mtime;
        parent.create_directory(name, 0700);
        set_plain_metadata(parent, name, metadata);
    }

    void place(const Step& step) {
        const auto [directory, name] = split(step.path);
        const auto [object_folder, object] = split(step.object);
        const auto source = staging_.open_directory(object_folder);
        if (!source.find_status(object)) return;
        const auto& parent = make_parent(directory);
        clear_the_way(parent, name, step.path);
        source.rename(object, parent, name);
    }

    void link(const Step& step) {
        const auto [directory, name] = split(step.path);
        const auto [target_directory, target_name] = split(step.object);
        const auto target = mirror_.find_below(target_directory);
        const auto status = target ? target->find_status(target_name) : std::nullopt;
        if (!status) return;  // removed by hand
        const auto& parent = make_parent(directory);
        if (is_expected(parent, name, status->inode)) return;
        clear_the_way(parent, name, step.path);
        try {
            parent.create_link(name, *target, target_name);
        } catch (const Error& error) {
            // EPERM: fs.protected_hardlinks, proc_sys_fs(5), for an ordinary user.
            if (error.error_number() != EMLINK && error.error_number() != EPERM) throw;
            stand_in(*status, *target, target_name, parent, name);
        }
    }

    void patch(const Step& step) {
        const auto [directory, name] = split(step.path);
        const auto* parent = find_parent(directory);
        if (parent == nullptr || !is_expected(*parent, name, step.inode)) return;  // somebody's own by now
        const auto object = split(step.object).name;
        const auto log = find_redo_log(staging_.ensure_directory(kRedo), object);
        if (!log) return;
        announce_commit(staging_);
        staging_.ensure_directory(kSpace).remove_tree(object);  // it is needed now
        carry_out_patch(*log, *parent, name);
    }

    // In place of a hard link that there cannot be: the catalog knows that the names are one.
    void stand_in(const os::FileStatus& status, const os::Directory& from, const std::string& from_name,
                  const os::Directory& to, const std::string& to_name) {
        if (status.type == os::FileType::regular) return copy(from, from_name, to, to_name);
        if (status.type == os::FileType::symlink)
            to.create_symlink(to_name, from.read_link(from_name));
        else
            to.create_node(to_name, status.type, status.special_device);
        Metadata metadata;
        metadata.type = status.type;
        metadata.mode = status.mode;
        metadata.uid = status.uid;
        metadata.gid = status.gid;
        metadata.mtime = status.mtime;
        set_plain_metadata(to, to_name, metadata);
    }

    void copy(const os::Directory& from, const std::string& from_name, const os::Directory& to,
              const std::string& to_name) {
        constexpr const char* kCopy = "copy";
        staging_.remove_tree(kCopy);
        const auto source = from.open_file(from_name);
        const auto target = staging_.open_file_for_writing(kCopy, os::Create::exclusive);
        std::vector<std::byte> buffer(1U << 20U);
        std::uint64_t at = 0;
        while (const auto got = os::read_at(source.get(), at, buffer, from_name)) {
            os::write_at(target.get(), at, std::span(buffer).first(got), to_name);
            at += got;
        }
        const auto status = os::status_of(source.get());
        Metadata metadata;
        metadata.mode = status.mode;
        metadata.uid = status.uid;
        metadata.gid = status.gid;
        metadata.mtime = status.mtime;
        metadata.attributes = os::extended_attributes(source.get());
        set_fresh_metadata(target.get(), metadata);
        staging_.rename(kCopy, to, to_name);
    }

    // What Kist does not know is nobody's to delete.
    void clear_the_way(const os::Directory& parent, const std::string& name, const std::string& path) {
        if (!parent.find_status(name)) return;
        move_to_found(control_, parent, name, "found in the way at latest/" + path);
    }

    void set_metadata(const Step& step) {
        const auto [directory, name] = split(step.path);
        const auto* parent = find_parent(directory);
        if (parent == nullptr || !parent->find_status(name)) return;
        select_entry_.bind(1, step.entry);
        if (!select_entry_.step()) throw Error(ErrorCode::damaged, "the catalog has a step without its entry");
        const auto entry = read_entry(select_entry_);
        select_entry_.reset();
        set_plain_metadata(*parent, name, entry.metadata);
    }

    os::Directory mirror_;
    os::Directory control_;
    os::Directory staging_;
    os::Directory kept_;
    sqlite::Statement select_entry_;
    std::string parent_path_;
    std::optional<os::Directory> parent_;
};

Step read_step(const sqlite::Statement& row) {
    Step step;
    step.id = row.integer(0);
    step.kind = static_cast<StepKind>(row.integer(1));
    step.path = row.text(2);
    step.object = row.text(3);
    step.inode = static_cast<std::uint64_t>(row.integer(4));
    step.entry = row.optional_integer(5);
    return step;
}

void clear_steps(const Repository& repository, sqlite::Database& catalog) {
    try {
        catalog.execute("DELETE FROM main.step");
    } catch (const Error& error) {
        if (error.code() != ErrorCode::no_space || !release_reserve(repository.control())) throw;
        catalog.execute("DELETE FROM main.step");
    }
}

}  // namespace

void announce_commit(const os::Directory& staging) {
    if (staging.find_status(kPatching)) return;
    const auto mark = staging.open_file_for_writing(kPatching, os::Create::exclusive);
    os::sync_file(mark.get(), kPatching);
    os::sync_file(staging.fd(), kStaging);
}

bool has_steps(sqlite::Database& catalog) {
    return catalog.prepare("SELECT 1 FROM main.step LIMIT 1").step();
}

void apply(const Repository& repository, sqlite::Database& catalog) {
    Applier applier(repository, catalog);
    for (int phase = 1; phase <= kPhases; ++phase) {
        auto steps = catalog.prepare(fmt::format(
            "SELECT id, kind, path, object, inode, entry FROM main.step WHERE phase = {} ORDER BY depth {}, id", phase,
            phase == 1 ? "DESC" : "ASC"));
        while (steps.step()) applier.carry_out(read_step(steps));
    }
    os::sync_filesystem(repository.root().fd(), repository.path());
    clear_steps(repository, catalog);
    repository.root().remove_tree(kPendingNotice);
    const auto staging = repository.control().open_directory(kStaging);
    for (const char* done : {kPatching, kStagedOut}) staging.remove_tree(done);
}

}  // namespace kist::repository
