#include "repository/latest_alignment.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/content_hash.hpp"
#include "kist/delta/range_reader.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/plain_metadata.hpp"

#include "repository/catalog_file.hpp"
#include "repository/found.hpp"
#include "repository/layout.hpp"
#include "repository/mirror_path.hpp"
#include "repository/redo_log.hpp"
#include "repository/steps.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace kist::repository {
namespace {

constexpr std::size_t kNamed = 100;

// Large old files that were still to be moved to history/kept: their hashes by size. Inodes would not tell them on a
// volume that was copied.
using Unkept = std::unordered_multimap<std::uint64_t, Digest>;

Unkept list_unkept(const os::Directory& kept, const std::string& catalog_path) {
    auto catalog = open_catalog_for_reading(catalog_path);
    auto rows = catalog.prepare("SELECT size, hash FROM content WHERE place = 2");
    Unkept unkept;
    while (rows.step()) {
        Digest hash;
        std::ranges::copy(rows.blob(1), hash.bytes.begin());
        if (!kept.find_status(to_hex(hash))) unkept.emplace(static_cast<std::uint64_t>(rows.integer(0)), hash);
    }
    return unkept;
}

std::optional<Digest> hash_of(const os::Directory& folder, const std::string& name, std::uint64_t size) {
    const auto file = folder.open_file(name);
    delta::ContentHasher hasher;
    try {
        delta::send_range(delta::read_file(file.get(), name), 0, size, [&](auto piece) { hasher.update(piece); });
    } catch (const Error&) {
        return std::nullopt;  // `check` will find what is missing then
    }
    return hasher.finish();
}

void keep_below(const os::Directory& folder, Unkept& unkept, const os::Directory& kept) {
    for (const auto& entry : folder.entries()) {
        const auto status = folder.status(entry.name);
        if (status.type == os::FileType::directory) {
            keep_below(folder.open_directory(entry.name), unkept, kept);
            continue;
        }
        if (status.type != os::FileType::regular || !unkept.contains(status.size)) continue;
        const auto hash = hash_of(folder, entry.name, status.size);
        const auto [begin, end] = unkept.equal_range(status.size);
        const auto found = std::find_if(begin, end, [&](const auto& wanted) { return wanted.second == hash; });
        if (found == end) continue;
        folder.rename(entry.name, kept, to_hex(found->second));
        unkept.erase(found);
    }
}

void finish_keeping(const Repository& repository) {
    const auto kept = repository.control().open_directory(kHistory).ensure_directory(kKept);
    auto unkept = list_unkept(kept, repository.catalog_path());
    if (unkept.empty()) return;
    keep_below(repository.mirror(), unkept, kept);
    if (const auto staging = repository.control().find_directory(kStaging)) keep_below(*staging, unkept, kept);
}

// Plain files that were to be patched. One that is not where the newest backup has it, or is another, stays as it is.
void finish_patching(const Repository& repository) {
    const auto staging = repository.control().find_directory(kStaging);
    const auto redo = staging ? staging->find_directory(kRedo) : std::nullopt;
    if (!redo) return;
    std::unordered_multimap<std::uint64_t, std::string> logs;
    for (const auto& entry : redo->entries())
        if (const auto log = find_redo_log(*redo, entry.name)) logs.emplace(log->target().inode, entry.name);
    auto catalog = repository.open_catalog();
    auto contents = repository.open_catalog();
    catalog.each_live_entry([&](LiveEntry&& live) {
        if (!live.entry.content || !logs.contains(live.entry.mirror_inode)) return;
        const auto hash = contents.content(*live.entry.content).hash;
        const auto slash = live.mirror_path.rfind('/');
        const auto name = live.mirror_path.substr(slash + 1);
        const auto folder = repository.mirror().find_below(std::string_view(live.mirror_path).substr(0, slash));
        const auto status = folder ? folder->find_status(name) : std::nullopt;
        if (!status || status->inode != live.entry.mirror_inode) return;
        const auto [begin, end] = logs.equal_range(status->inode);
        std::for_each(begin, end, [&](const auto& found) {
            const RedoLog log(redo->open_file(found.second), found.second);
            if (log.target().content == hash) carry_out_patch(log, *folder, name);
        });
    });
}

// Names in latest/ that the catalog does not know.
class StrangerFinder {
  public:
    explicit StrangerFinder(const Repository& repository) : repository_(repository) {
        auto catalog = repository.open_catalog();
        catalog.each_live_entry([&](LiveEntry&& live) { known_.insert(std::move(live.mirror_path)); });
        for (const auto& source : catalog.sources()) {
            const auto root = mirror_root(source);
            for (auto slash = root.find('/'); slash != std::string::npos; slash = root.find('/', slash + 1))
                known_.insert(root.substr(0, slash));
        }
    }

    // visit(folder, name, path in latest/), which may move it away.
    template <typename Visit>
    void each(Visit visit) {
        each_below(repository_.mirror(), "", visit);
    }

  private:
    template <typename Visit>
    void each_below(const os::Directory& folder, const std::string& path, Visit& visit) {
        for (const auto& entry : folder.entries()) {
            const auto below = path + entry.name;
            if (!known_.contains(below))
                visit(folder, entry.name, below);
            else if (folder.status(entry.name).type == os::FileType::directory)
                each_below(folder.open_directory(entry.name), below + "/", visit);
        }
    }

    const Repository& repository_;
    std::unordered_set<std::string> known_{"files", "mail"};  // which may be empty
};

// Whether people or a lost record have made it something else. Folders' times are theirs to change.
bool is_as_backed_up(const std::optional<os::FileStatus>& status, const Metadata& metadata) {
    if (metadata.type == os::FileType::regular) return status && is_as_left(*status, metadata);
    if (metadata.type == os::FileType::directory || metadata.type == os::FileType::symlink)
        return status && status->type == metadata.type;
    return true;  // needs rights that a mirror may lack
}

}  // namespace

void bring_latest_in_line(const Repository& repository) {
    finish_keeping(repository);
    finish_patching(repository);
    StrangerFinder(repository).each([&](const os::Directory& folder, const std::string& name, const std::string& path) {
        move_to_found(repository.control(), folder, name, "no backup's: latest/" + path);
    });
}

void write_all_metadata_steps(const Repository& repository) {
    auto reading = repository.open_catalog();
    auto catalog = open_catalog_for_writing(repository.catalog_path());
    sqlite::Transaction transaction(catalog);
    auto insert = catalog.prepare("INSERT INTO step (phase, depth, kind, path, entry) VALUES (4, ?, ?, ?, ?)");
    reading.each_live_entry([&](LiveEntry&& live) {
        insert.bind(1, std::int64_t{std::ranges::count(live.mirror_path, '/')});
        insert.bind(2, static_cast<std::int64_t>(StepKind::metadata)).bind_blob(3, live.mirror_path);
        insert.bind(4, live.entry.id).run();
    });
    transaction.commit();
}

Differing names_that_differ(const Repository& repository) {
    Differing differing;
    const auto note = [&](const std::string& path) {
        if (differing.count++ < kNamed) differing.paths.push_back(path);
    };
    std::optional<std::string> folder_path;
    std::optional<os::Directory> folder;
    auto catalog = repository.open_catalog();
    catalog.each_live_entry([&](LiveEntry&& live) {
        const auto slash = live.mirror_path.rfind('/');
        if (auto path = live.mirror_path.substr(0, slash); path != folder_path) {
            folder = repository.mirror().find_below(path);
            folder_path = std::move(path);
        }
        const auto status = folder ? folder->find_status(live.mirror_path.substr(slash + 1)) : std::nullopt;
        if (!is_as_backed_up(status, live.entry.metadata)) note(live.mirror_path);
    });
    StrangerFinder(repository).each([&](const auto&, const auto&, const std::string& path) { note(path); });
    return differing;
}

}  // namespace kist::repository
