#include "repository/reversal.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/content_reader.hpp"
#include "kist/repository/plain_metadata.hpp"

#include "repository/entry_row.hpp"
#include "repository/forgotten_rows.hpp"
#include "repository/layout.hpp"
#include "repository/mirror_path.hpp"
#include "repository/staged_paths.hpp"

#include <cerrno>

#include <fmt/format.h>

namespace kist::repository {
namespace {

// A change that makes row `o` stand again.
constexpr const char* kInsert =
    "INSERT INTO plan.change (action, outcome, known, origin, entry, directory, name, node, type, links, mode, uid, "
    "gid, size, mtime, device, inode, ctime, birth, special, hash, mirror_inode) ";
constexpr const char* kRow =
    "o.id, o.directory, o.name, o.node, o.type, 1, o.mode, o.uid, o.gid, o.size, o.mtime, o.device, o.inode, o.ctime, "
    "o.birth, o.special, (SELECT hash FROM main.content WHERE id = o.content)";
// Rows of plan.reopened without a change yet.
constexpr const char* kUnplanned =
    "plan.reopened r JOIN main.entry o ON o.id = r.entry "
    "WHERE NOT EXISTS (SELECT 1 FROM plan.change c WHERE c.entry = o.id)";

void list_rows(sqlite::Database& plan) {
    plan.execute(fmt::format("INSERT INTO plan.vanishing SELECT id FROM main.entry WHERE {}", kHoldsNone));
    plan.execute(
        "INSERT INTO plan.reopened SELECT e.id FROM (SELECT source, older FROM plan.forgotten LIMIT 1) f "
        "CROSS JOIN main.entry e WHERE e.source = f.source AND e.first <= f.older AND e.last >= f.older");
}

// What stands under its name and is the same file or folder: only metadata differ.
void plan_in_place(sqlite::Database& plan) {
    plan.execute(fmt::format(
        "{} SELECT 3, 2, v.id, NULL, {}, v.mirror_inode FROM plan.reopened r JOIN main.entry o ON o.id = r.entry "
        "JOIN main.entry v ON v.directory = o.directory AND v.name = o.name AND v.last IS NULL "
        "WHERE v.type = o.type AND CASE WHEN o.type = 1 THEN v.node = o.node "
        "ELSE v.content IS o.content AND v.target IS o.target AND v.special = o.special "
        "AND v.mirror_inode = o.mirror_inode AND (v.node IS NULL OR o.node IS NULL OR v.node = o.node) END",
        kInsert, kRow));
}

void plan_moved_folders(sqlite::Database& plan) {
    plan.execute(fmt::format(
        "{} SELECT 1, 2, NULL, (SELECT v.id FROM main.entry v WHERE v.node = o.node AND v.type = 1 AND v.last IS "
        "NULL), "
        "{}, (SELECT v.mirror_inode FROM main.entry v WHERE v.node = o.node AND v.type = 1 AND v.last IS NULL) FROM {} "
        "AND o.type = 1 AND EXISTS (SELECT 1 FROM main.entry v WHERE v.node = o.node AND v.type = 1 AND v.last IS "
        "NULL)",
        kInsert, kRow, kUnplanned));
}

// A plain file that would leave its name, with a content that is wanted under another.
void plan_moved_files(sqlite::Database& plan) {
    plan.execute(fmt::format(
        "{} SELECT 1, 2, NULL, v.id, {}, v.mirror_inode FROM "
        "(SELECT o.id AS wanted, o.content, row_number() OVER (PARTITION BY o.content ORDER BY o.id) AS turn FROM {} "
        "  AND o.type = 0 AND o.node IS NULL) w JOIN "
        "(SELECT v.id AS found, v.content, row_number() OVER (PARTITION BY v.content ORDER BY v.id) AS turn "
        "  FROM plan.vanishing x JOIN main.entry v ON v.id = x.entry WHERE v.type = 0 AND v.node IS NULL "
        "  AND v.last IS NULL AND NOT EXISTS (SELECT 1 FROM plan.change c WHERE c.known = v.id)) s "
        "ON s.content = w.content AND s.turn = w.turn "
        "JOIN main.entry o ON o.id = w.wanted JOIN main.entry v ON v.id = s.found",
        kInsert, kRow, kUnplanned));
}

bool is_sound(const os::Directory& mirror, const std::string& path, const Entry& entry) {
    const auto slash = path.rfind('/');
    const auto folder = mirror.find_below(path.substr(0, slash));
    const auto status = folder ? folder->find_status(path.substr(slash + 1)) : std::nullopt;
    return status && status->type == os::FileType::regular && status->size == entry.metadata.size &&
           status->mtime == entry.metadata.mtime && status->inode == entry.mirror_inode;
}

// What somebody touched since is not moved: the content comes from a copy whose hash is compared.
void drop_unsound_moves(const os::Directory& mirror, sqlite::Database& plan) {
    auto moves =
        plan.prepare(fmt::format("SELECT {} FROM main.entry WHERE id IN (SELECT origin FROM plan.change "
                                 "WHERE type = 0 AND origin IS NOT NULL)",
                                 kEntryColumns));
    auto drop = plan.prepare("DELETE FROM plan.change WHERE origin = ?");
    LivePaths paths(plan);
    while (moves.step()) {
        const auto entry = read_entry(moves);
        if (!is_sound(mirror, paths.path(entry.directory, entry.name), entry)) drop.bind(1, entry.id).run();
    }
}

void plan_objects(sqlite::Database& plan) {
    plan.execute(fmt::format("{} SELECT 1, 1, NULL, NULL, {}, 0 FROM {}", kInsert, kRow, kUnplanned));
    plan.execute(
        "INSERT INTO plan.directory (node, path, parent, name, is_new) "
        "SELECT node, '', directory, name, 1 FROM plan.change WHERE type = 1 AND outcome = 1");
}

// Names of one file: all but one become hard links of the one that stands, or of the first that is staged.
void plan_links(sqlite::Database& plan) {
    constexpr const char* kMissing =
        "SELECT DISTINCT m.node FROM plan.change m WHERE m.outcome = 1 AND m.type <> 1 AND m.node IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM plan.change c WHERE c.node = m.node AND c.outcome = 2)";
    plan.execute(fmt::format(
        "INSERT INTO plan.change (action, outcome, known, directory, name, node, type, links, mode, uid, gid, size, "
        "mtime, device, inode, ctime, special, mirror_inode) SELECT 3, 3, min(e.id), e.directory, e.name, e.node, "
        "e.type, 2, e.mode, e.uid, e.gid, e.size, e.mtime, e.device, e.inode, e.ctime, e.special, e.mirror_inode "
        "FROM main.entry e WHERE e.node IN ({}) AND e.last IS NULL AND e.type <> 1 "
        "AND NOT EXISTS (SELECT 1 FROM plan.vanishing v WHERE v.entry = e.id) GROUP BY e.node",
        kMissing));
    plan.execute(
        "UPDATE plan.change AS m SET leader = (SELECT l.id FROM plan.change l WHERE l.node = m.node AND l.type <> 1 "
        "AND l.action <> 4 ORDER BY l.outcome = 1, l.id LIMIT 1) "
        "WHERE m.outcome = 1 AND m.type <> 1 AND m.node IS NOT NULL;"
        "UPDATE plan.change SET leader = NULL WHERE leader = id");
}

// Whatever else stands there leaves; what is in a folder that leaves as a whole goes with it.
void plan_removals(sqlite::Database& plan) {
    plan.execute(
        "INSERT INTO plan.change (action, outcome, known, covered, directory, name, type, links, mode, uid, gid, size, "
        "mtime, device, inode, ctime, special) SELECT 4, 4, v.id, "
        "v.directory > 0 AND NOT EXISTS (SELECT 1 FROM plan.change d WHERE d.node = v.directory AND d.type = 1 AND "
        "d.outcome = 2) AND EXISTS (SELECT 1 FROM main.entry p JOIN plan.vanishing x ON x.entry = p.id "
        "WHERE p.node = v.directory AND p.type = 1 AND p.last IS NULL), "
        "v.directory, v.name, v.type, 1, v.mode, v.uid, v.gid, v.size, v.mtime, v.device, v.inode, v.ctime, v.special "
        "FROM plan.vanishing x JOIN main.entry v ON v.id = x.entry WHERE v.last IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM plan.change c WHERE c.known = v.id)");
}

class ObjectStager {
  public:
    explicit ObjectStager(WritingSession& session)
        : repository_(session.repository()),
          plan_(session.catalog()),
          staged_(session.staging().ensure_directory(kStagedIn)),
          syncs_each_file_(os::is_on_fuse(session.staging().fd())),
          paths_(plan_),
          catalog_(repository_.open_catalog()),
          reader_(repository_, catalog_),
          set_inode_(plan_.prepare("UPDATE plan.change SET mirror_inode = ?2 WHERE id = ?1")) {}

    void stage() {
        each("type = 1", [&](const Entry&, const std::string& path, std::int64_t) { staged_.ensure_below(path); });
        each("type <> 1", [&](const Entry& entry, const std::string& path, std::int64_t change) {
            build(entry, parent_of(path), name_of(path), change);
        });
        each("type = 1", [&](const Entry& entry, const std::string& path, std::int64_t change) {
            const auto parent = parent_of(path);
            set_plain_metadata(parent, name_of(path), entry.metadata);
            note_inode(parent, name_of(path), change);
        });
    }

  private:
    template <typename Visit>
    void each(const char* condition, Visit visit) {
        auto changes = plan_.prepare(fmt::format(
            "SELECT id, entry FROM plan.change WHERE outcome = 1 AND leader IS NULL AND {} ORDER BY id", condition));
        auto entries = plan_.prepare(fmt::format("SELECT {} FROM main.entry WHERE id = ?", kEntryColumns));
        while (changes.step()) {
            if (!entries.bind(1, changes.integer(1)).step())
                throw Error(ErrorCode::damaged, "the catalog lost an entry during the undo");
            const auto entry = read_entry(entries);
            entries.reset();
            visit(entry, paths_.object(changes.integer(0), entry.directory, entry.name), changes.integer(0));
        }
    }

    os::Directory parent_of(const std::string& path) const {
        const auto slash = path.rfind('/');
        return slash == std::string::npos ? staged_.duplicate() : staged_.open_below(path.substr(0, slash));
    }
    static std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

    void build(const Entry& entry, const os::Directory& parent, const std::string& name, std::int64_t change) {
        const auto& metadata = entry.metadata;
        if (metadata.type == os::FileType::regular) {
            copy(entry, parent, name);
        } else if (metadata.type == os::FileType::symlink) {
            parent.create_symlink(name, metadata.symlink_target);
            set_plain_metadata(parent, name, metadata);
        } else {
            try {
                parent.create_node(name, metadata.type, metadata.special_device);
            } catch (const Error& error) {
                if (error.error_number() != EPERM) throw;
                return;  // the catalog has it
            }
            set_plain_metadata(parent, name, metadata);
        }
        note_inode(parent, name, change);
    }

    void copy(const Entry& entry, const os::Directory& parent, const std::string& name) {
        const auto file = parent.open_file_for_writing(name, os::Create::exclusive);
        const auto begin = [&] {
            os::truncate(file.get(), 0, name);
            os::truncate(file.get(), entry.metadata.size, name);
        };
        begin();
        const auto write = [&](std::uint64_t offset, std::span<const std::byte> data) {
            os::write_at(file.get(), offset, data, name);
        };
        reader_.read(*entry.content, write, begin);
        set_fresh_metadata(file.get(), entry.metadata);
        if (syncs_each_file_) os::sync_file(file.get(), name);
    }

    void note_inode(const os::Directory& parent, const std::string& name, std::int64_t change) {
        set_inode_.bind(1, change).bind(2, static_cast<std::int64_t>(parent.status(name).inode)).run();
    }

    const Repository& repository_;
    sqlite::Database& plan_;
    os::Directory staged_;
    bool syncs_each_file_;
    StagedPaths paths_;
    Catalog catalog_;
    ContentReader reader_;
    sqlite::Statement set_inode_;
};

}  // namespace

void plan_reversal(const os::Directory& mirror, sqlite::Database& plan) {
    plan.execute("BEGIN");
    list_rows(plan);
    plan_in_place(plan);
    plan_moved_folders(plan);
    plan_moved_files(plan);
    drop_unsound_moves(mirror, plan);
    plan_objects(plan);
    plan_links(plan);
    plan_removals(plan);
    plan.execute("COMMIT");
}

void stage_reversal(WritingSession& session) {
    ObjectStager(session).stage();
    session.catalog().execute(
        "UPDATE plan.change AS f SET mirror_inode = l.mirror_inode FROM plan.change AS l WHERE f.leader = l.id");
}

}  // namespace kist::repository
