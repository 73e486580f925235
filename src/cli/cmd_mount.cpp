#include "kist/base/error.hpp"
#include "kist/browse/snapshot_tree.hpp"
#include "kist/fuse/tree_server.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/parallel.hpp"
#include "kist/os/process.hpp"

#include "cli/background.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_names.hpp"
#include "cli/session.hpp"
#include "cli/snapshot_choice.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {
namespace {

// Some wait for the disk while others compute hashes.
constexpr unsigned kFewestThreads = 8;

[[noreturn]] void refuse(const std::string& folder, const std::string& why) {
    throw Error(ErrorCode::usage, fmt::format("cannot mount at {}: {}", os::printable(folder), why),
                "Name an empty folder.");
}

// Absolute, without symlinks.
std::string empty_folder(const std::string& path) {
    std::error_code error;
    const auto folder = std::filesystem::canonical(path, error).string();
    if (error)
        refuse(path, error == std::errc::no_such_file_or_directory ? "there is no such folder" : error.message());
    // Before anything is asked of it: its server may have died.
    if (const auto mount = mount::find_mount(folder))
        throw Error(ErrorCode::usage,
                    fmt::format("cannot mount at {}: something is mounted there already ({})", os::printable(folder),
                                os::printable(mount->source)),
                    fmt::format("Name an empty folder; or `umount {}` ends that one.", os::printable(folder)));
    if (!std::filesystem::is_directory(folder, error)) refuse(folder, "it is no folder");
    if (!os::Directory::open(folder).entries().empty()) refuse(folder, "the folder is not empty");
    return folder;
}

class Mount : public Command {
  public:
    void declare(Options& options) override {
        options.argument("DIR", folder_, "An empty folder", Presence::required);
        options.argument("SNAPSHOT[:PATH]", what_, "Only this snapshot, or a folder of it (default: all)");
        options.flag("--foreground", foreground_, "Do not go into the background");
        options.flag("--allow-other", allow_other_, "Let other users in, as far as the files' modes and owners do");
        filter_.declare(options);
        options.footer(
            "Examples:\n  kist mount /mnt\n  ls /mnt/HOST/home-user/latest/Documents\n  umount /mnt\n\n"
            "Each source has a folder, and in it each snapshot one by its date: "
            "DIR/HOST/home-user/2026-11-20T08-15-00/...\n"
            "`umount DIR` (users: `fusermount3 -u DIR`) ends it. A volume that was closed is opened for it, and closed "
            "when it ends.");
    }

    ExitCode run(Context& context) override {
        const auto folder = empty_folder(folder_);
        if (foreground_) return mount_at(context, folder, nullptr);
        Background background;
        if (const auto result = background.caller_result()) return *result;
        return mount_at(context, folder, &background);
    }

  private:
    ExitCode mount_at(Context& context, const std::string& folder, Background* background) const {
        return with_repository(context, [&](repository::Repository& repository) {
            browse::SnapshotTree tree(repository, root(context, repository));
            fuse::TreeServer server({folder, repository.path(), visibility()}, tree);
            report(context, repository, folder);
            context.output.flush();
            if (background != nullptr) background->detach();
            os::make_undumpable();
            server.run(std::max(kFewestThreads, 2 * os::core_count()), interrupt_flag());
            return ExitCode::done;
        });
    }

    std::optional<browse::TreeRoot> root(const Context& context, const repository::Repository& repository) const {
        auto catalog = repository.open_catalog();
        if (catalog.snapshots().empty())
            throw Error(ErrorCode::not_found, "there is no snapshot yet", "`kist backup` makes one.");
        if (what_.empty()) return std::nullopt;
        const auto choice = choose_snapshot(catalog, what_, filter_, context.clock.now());
        return browse::TreeRoot{choice.snapshot.number, find_entry(catalog, choice).id};
    }

    fuse::Visibility visibility() const {
        return allow_other_ ? fuse::Visibility::everybody : fuse::Visibility::mounter;
    }

    static void report(Context& context, const repository::Repository& repository, const std::string& folder) {
        if (context.json()) {
            Json line{{"type", "mounted"}};
            put_path(line, "path", folder);
            put_path(line, "volume", repository.path());
            context.output.json(line);
        } else {
            context.output.line(fmt::format("Mounted at {}; `{} {}` ends it.", os::printable(folder),
                                            geteuid() == 0 ? "umount" : "fusermount3 -u", os::printable(folder)));
        }
    }

    std::string folder_;
    std::string what_;
    bool foreground_ = false;
    bool allow_other_ = false;
    SnapshotFilter filter_;
};

}  // namespace

std::unique_ptr<Command> make_mount() {
    return std::make_unique<Mount>();
}

}  // namespace kist::cli
