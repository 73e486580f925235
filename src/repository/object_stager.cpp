#include "repository/object_stager.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/content_reader.hpp"
#include "kist/repository/plain_metadata.hpp"

#include "repository/entry_row.hpp"
#include "repository/layout.hpp"
#include "repository/staged_paths.hpp"

#include <cerrno>

#include <fmt/format.h>

namespace kist::repository {
namespace {

class ObjectStager {
  public:
    ObjectStager(WritingSession& session, const OtherSource& other_source)
        : repository_(session.repository()),
          other_source_(other_source),
          plan_(session.catalog()),
          staged_(session.staging().ensure_directory(kStagedIn)),
          syncs_each_file_(os::is_on_fuse(session.staging().fd())),
          paths_(plan_),
          catalog_(repository_.open_catalog()),
          reader_(repository_, catalog_),
          set_inode_(plan_.prepare("UPDATE plan.change SET mirror_inode = ?2 WHERE id = ?1")),
          give_up_(plan_.prepare("UPDATE plan.change SET outcome = 5 WHERE id = ?1 OR leader = ?1")) {}

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
                throw Error(ErrorCode::damaged, "the catalog lost an entry meanwhile");
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
            if (!copy(entry, parent, name)) {
                give_up_.bind(1, change).run();
                return;
            }
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

    // false: no copy is good.
    bool copy(const Entry& entry, const os::Directory& parent, const std::string& name) {
        const auto file = parent.open_file_for_writing(name, os::Create::exclusive);
        const auto begin = [&] {
            os::truncate(file.get(), 0, name);
            os::truncate(file.get(), entry.metadata.size, name);
        };
        begin();
        const auto write = [&](std::uint64_t offset, std::span<const std::byte> data) {
            os::write_at(file.get(), offset, data, name);
        };
        try {
            reader_.read(*entry.content, write, begin);
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged || !other_source_) throw;
            begin();
            if (!other_source_(entry, file.get())) {
                parent.remove_file(name);
                return false;
            }
        }
        set_fresh_metadata(file.get(), entry.metadata);
        if (syncs_each_file_) os::sync_file(file.get(), name);
        return true;
    }

    void note_inode(const os::Directory& parent, const std::string& name, std::int64_t change) {
        set_inode_.bind(1, change).bind(2, static_cast<std::int64_t>(parent.status(name).inode)).run();
    }

    const Repository& repository_;
    const OtherSource& other_source_;
    sqlite::Database& plan_;
    os::Directory staged_;
    bool syncs_each_file_;
    StagedPaths paths_;
    Catalog catalog_;
    ContentReader reader_;
    sqlite::Statement set_inode_;
    sqlite::Statement give_up_;
};

}  // namespace

void plan_objects(sqlite::Database& plan) {
    plan.execute(fmt::format("{} SELECT 1, 1, NULL, NULL, {}, 0 FROM {}", kInsertReopening, kReopenedRow, kUnplanned));
    plan.execute(
        "INSERT INTO plan.directory (node, path, parent, name, is_new) "
        "SELECT node, '', directory, name, 1 FROM plan.change WHERE type = 1 AND outcome = 1");
}

void plan_links(sqlite::Database& plan) {
    constexpr const char* kMissing =
        "SELECT DISTINCT m.node FROM plan.change m WHERE m.outcome = 1 AND m.type <> 1 AND m.node IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM plan.change c WHERE c.node = m.node AND c.outcome = 2)";
    plan.execute(fmt::format(
        "INSERT INTO plan.change (action, outcome, known, directory, name, node, type, links, mode, uid, gid, size, "
        "mtime, device, inode, ctime, special, mirror_inode) SELECT 3, 3, min(e.id), e.directory, e.name, e.node, "
        "e.type, 2, e.mode, e.uid, e.gid, e.size, e.mtime, e.device, e.inode, e.ctime, e.special, e.mirror_inode "
        "FROM main.entry e WHERE e.node IN ({}) AND e.last IS NULL AND e.type <> 1 "
        "AND NOT EXISTS (SELECT 1 FROM plan.vanishing v WHERE v.entry = e.id) "
        "AND e.id NOT IN (SELECT entry FROM plan.reopened) GROUP BY e.node",
        kMissing));
    plan.execute(
        "UPDATE plan.change AS m SET leader = (SELECT l.id FROM plan.change l WHERE l.node = m.node AND l.type <> 1 "
        "AND l.action <> 4 ORDER BY l.outcome = 1, l.id LIMIT 1) "
        "WHERE m.outcome = 1 AND m.type <> 1 AND m.node IS NOT NULL;"
        "UPDATE plan.change SET leader = NULL WHERE leader = id");
}

void stage_objects(WritingSession& session, const OtherSource& other_source) {
    ObjectStager(session, other_source).stage();
    session.catalog().execute(
        "UPDATE plan.change AS f SET mirror_inode = l.mirror_inode FROM plan.change AS l WHERE f.leader = l.id");
}

void set_mirror_inodes(sqlite::Database& catalog) {
    catalog.execute(
        "UPDATE main.entry AS e SET mirror_inode = c.mirror_inode FROM plan.change c "
        "WHERE c.entry = e.id AND c.outcome IN (1, 2)");
}

}  // namespace kist::repository
