#include "repository/steps.hpp"

#include "kist/base/digest.hpp"

#include "repository/departure.hpp"
#include "repository/mirror_path.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::repository {
namespace {

class StepWriter {
  public:
    explicit StepWriter(sqlite::Database& catalog)
        : paths(catalog),
          insert_(catalog.prepare("INSERT INTO main.step (phase, depth, kind, path, object, inode, entry) "
                                  "VALUES (?, ?, ?, ?, ?, ?, ?)")),
          disturb_(catalog.prepare("INSERT OR IGNORE INTO plan.disturbed VALUES (?)")) {}

    void add(int phase, StepKind kind, const std::string& path, const std::string& object, std::int64_t inode = 0,
             std::optional<EntryId> entry = {}) {
        const auto depth = std::ranges::count(path, '/');
        insert_.bind(1, std::int64_t{phase}).bind(2, std::int64_t{depth}).bind(3, static_cast<std::int64_t>(kind));
        insert_.bind_blob(4, path).bind_text(5, object).bind(6, inode).bind(7, entry).run();
    }

    void disturb(NodeId directory) {
        if (directory > 0) disturb_.bind(1, directory).run();
    }

    LivePaths paths;

  private:
    sqlite::Statement insert_;
    sqlite::Statement disturb_;
};

// The inodes of names in latest/ as they are now.
class InodeFinder {
  public:
    explicit InodeFinder(const os::Directory& mirror) : mirror_(mirror) {}

    // 0: nothing stands there.
    std::int64_t find(const std::string& path) {
        const auto slash = path.rfind('/');
        const auto parent = path.substr(0, slash);
        if (parent != parent_path_) {
            parent_ = mirror_.find_below(parent);
            parent_path_ = parent;
        }
        const auto status = parent_ ? parent_->find_status(path.substr(slash + 1)) : std::nullopt;
        return status ? static_cast<std::int64_t>(status->inode) : 0;
    }

  private:
    const os::Directory& mirror_;
    std::string parent_path_;
    std::optional<os::Directory> parent_;
};

void write_ancestors(StepWriter& writer, const Source& source, const std::vector<NewSnapshot::Ancestor>& ancestors) {
    // mirror_root() is files/HOST/a/b/root: the first folder below HOST belongs to the first ancestor.
    const auto root = mirror_root(source);
    auto slash = root.find('/', root.find('/') + 1);
    for (const auto& ancestor : ancestors) {
        slash = root.find('/', slash == std::string::npos ? slash : slash + 1);
        if (slash == std::string::npos) return;
        writer.add(2, StepKind::ancestor, root.substr(0, slash),
                   fmt::format("{:o} {} {}", ancestor.mode, ancestor.uid, ancestor.gid));
    }
}

// Staged objects and renamed ones; what is built inside a new folder comes with it.
void write_places(sqlite::Database& catalog, StepWriter& writer) {
    auto places = catalog.prepare(
        "SELECT c.id, c.directory, c.name, c.origin FROM plan.change c WHERE c.action <> 4 AND c.leader IS NULL AND "
        "((c.outcome = 2 AND c.origin IS NOT NULL) OR (c.outcome = 1 AND NOT EXISTS "
        "(SELECT 1 FROM plan.directory d WHERE d.node = c.directory AND d.is_new)))");
    while (places.step()) {
        const auto directory = places.integer(1);
        const auto object =
            places.is_null(3) ? fmt::format("in/{}", places.integer(0)) : fmt::format("out/{}", places.integer(3));
        writer.add(2, StepKind::place, writer.paths.path(directory, places.text(2)), object);
        writer.disturb(directory);
    }
}

void write_links(sqlite::Database& catalog, StepWriter& writer) {
    auto links = catalog.prepare(
        "SELECT f.directory, f.name, l.directory, l.name FROM plan.change f JOIN plan.change l ON l.id = f.leader "
        "WHERE f.outcome = 1");
    while (links.step()) {
        const auto target = writer.paths.path(links.integer(2), links.text(3));
        writer.add(3, StepKind::link, writer.paths.path(links.integer(0), links.text(1)), target);
        writer.disturb(links.integer(0));
    }
}

void write_patches(sqlite::Database& catalog, StepWriter& writer) {
    auto patches = catalog.prepare("SELECT id, directory, name, mirror_inode FROM plan.change WHERE patched");
    while (patches.step())
        writer.add(3, StepKind::patch, writer.paths.path(patches.integer(1), patches.text(2)),
                   fmt::format("redo/{}", patches.integer(0)), patches.integer(3));
}

void write_metadata(sqlite::Database& catalog, StepWriter& writer) {
    auto changed = catalog.prepare(
        "SELECT e.id, e.directory, e.name FROM plan.change c JOIN main.entry e "
        "ON e.directory = c.directory AND e.name = c.name AND e.last IS NULL WHERE c.action <> 4 AND c.outcome = 2 "
        "UNION SELECT e.id, e.directory, e.name FROM plan.disturbed d JOIN main.entry e "
        "ON e.node = d.node AND e.type = 1 AND e.last IS NULL");
    while (changed.step())
        writer.add(4, StepKind::metadata, writer.paths.path(changed.integer(1), changed.text(2)), "", 0,
                   changed.integer(0));
}

}  // namespace

void write_leaving_steps(sqlite::Database& catalog, const os::Directory& mirror) {
    StepWriter writer(catalog);
    InodeFinder inodes(mirror);
    auto leaving = catalog.prepare(fmt::format(
        "SELECT k.id, k.directory, k.name, c.covered, "
        "EXISTS (SELECT 1 FROM plan.change t WHERE t.origin = k.id), v.place, v.inode, h.hash "
        "FROM plan.change c JOIN main.entry k ON k.id = c.known "
        "LEFT JOIN plan.leaving v ON v.entry = k.id AND v.place = {} LEFT JOIN main.content h ON h.id = v.content "
        "WHERE c.action = 4 OR c.outcome IN (1, 4)",
        static_cast<int>(ContentPlace::kept)));
    while (leaving.step()) {
        const bool covered = leaving.integer(3) != 0;
        const bool renamed = leaving.integer(4) != 0;
        const bool kept = !leaving.is_null(5);
        if (covered && !renamed && !kept) continue;
        const auto path = writer.paths.path(leaving.integer(1), leaving.text(2));
        if (kept)
            writer.add(1, StepKind::keep, path, to_hex(leaving.blob(7)), leaving.integer(6));
        else
            writer.add(1, StepKind::out, path, fmt::format("out/{}", leaving.integer(0)), inodes.find(path));
        if (!covered) writer.disturb(leaving.integer(1));
    }
}

void write_arriving_steps(sqlite::Database& catalog, const Source& source,
                          const std::vector<NewSnapshot::Ancestor>& ancestors) {
    StepWriter writer(catalog);
    write_ancestors(writer, source, ancestors);
    write_places(catalog, writer);
    write_links(catalog, writer);
    write_patches(catalog, writer);
    write_metadata(catalog, writer);
    auto returning = catalog.prepare(
        fmt::format("SELECT hash FROM plan.returned WHERE place = {}", static_cast<int>(ContentPlace::kept)));
    while (returning.step()) writer.add(5, StepKind::forget, to_hex(returning.blob(0)), "");
}

void write_removals_of_kept(sqlite::Database& catalog, const std::string& contents) {
    catalog.execute(
        fmt::format("INSERT INTO main.step (phase, depth, kind, path) SELECT 5, 0, {}, CAST(lower(hex(hash)) AS BLOB) "
                    "FROM main.content WHERE place = {} AND id IN ({})",
                    static_cast<int>(StepKind::forget), static_cast<int>(ContentPlace::kept), contents));
}

}  // namespace kist::repository
