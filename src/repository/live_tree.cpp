#include "kist/repository/run.hpp"

#include "repository/catalog_file.hpp"
#include "repository/entry_row.hpp"

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr const char* kSelect =
    "SELECT id, name, type, mode, uid, gid, size, mtime, node, device, inode, ctime, birth, unsettled FROM entry ";
constexpr const char* kChildren = "WHERE directory = ? AND last IS NULL ORDER BY name";
constexpr const char* kDirectory =
    "WHERE inode = ? AND last IS NULL AND type = 1 AND source = ? AND device = ? AND birth = ?";

KnownEntry read_known(const sqlite::Statement& row) {
    KnownEntry known;
    known.id = row.integer(0);
    known.name = row.text(1);
    auto& status = known.status;
    status.type = static_cast<os::FileType>(row.integer(2));
    status.mode = static_cast<std::uint32_t>(row.integer(3));
    status.uid = static_cast<std::uint32_t>(row.integer(4));
    status.gid = static_cast<std::uint32_t>(row.integer(5));
    status.size = static_cast<std::uint64_t>(row.integer(6));
    status.mtime = timestamp(row.integer(7));
    known.node = row.optional_integer(8);
    status.device = static_cast<std::uint64_t>(row.integer(9));
    status.inode = static_cast<std::uint64_t>(row.integer(10));
    status.ctime = timestamp(row.integer(11));
    if (const auto birth = row.optional_integer(12)) status.birth_time = timestamp(*birth);
    known.unsettled = row.integer(13) != 0;
    return known;
}

}  // namespace

struct LiveTree::Statements {
    explicit Statements(const std::string& path, SourceId id)
        : catalog(open_catalog_for_reading(path)),
          children(catalog.prepare(fmt::format("{}{}", kSelect, kChildren))),
          directory(catalog.prepare(fmt::format("{}{}", kSelect, kDirectory))),
          source(id) {}

    sqlite::Database catalog;
    sqlite::Statement children;
    sqlite::Statement directory;
    SourceId source;
};

KnownEntry known_of(const Entry& entry) {
    const auto& metadata = entry.metadata;
    const auto& identity = entry.identity;
    KnownEntry known{entry.id, entry.name, {}, entry.node, identity.unsettled};
    auto& status = known.status;
    status.type = metadata.type;
    status.mode = metadata.mode;
    status.uid = metadata.uid;
    status.gid = metadata.gid;
    status.size = metadata.size;
    status.mtime = metadata.mtime;
    status.device = identity.device;
    status.inode = identity.inode;
    status.ctime = identity.ctime;
    status.birth_time = identity.birth_time;
    return known;
}

bool is_unchanged(const os::FileStatus& found, const KnownEntry& known) {
    const auto& before = known.status;
    const bool is_directory = found.type == os::FileType::directory;
    return !known.unsettled && found.inode == before.inode && found.device == before.device &&
           found.ctime == before.ctime && found.mtime == before.mtime && found.mode == before.mode &&
           found.uid == before.uid && found.gid == before.gid && (is_directory || found.size == before.size);
}

LiveTree::LiveTree(const Repository& repository, SourceId source)
    : statements_(std::make_unique<Statements>(repository.catalog_path(), source)) {}
LiveTree::LiveTree(LiveTree&&) noexcept = default;
LiveTree::~LiveTree() = default;

std::vector<KnownEntry> LiveTree::list(NodeId directory) {
    std::vector<KnownEntry> known;
    auto& children = statements_->children;
    children.bind(1, directory);
    while (children.step()) known.push_back(read_known(children));
    children.reset();
    return known;
}

std::optional<KnownEntry> LiveTree::root() {
    auto roots = list(-statements_->source);
    if (roots.empty()) return std::nullopt;
    return std::move(roots.front());
}

std::optional<KnownEntry> LiveTree::find_directory(const os::FileStatus& status) {
    if (!status.birth_time) return std::nullopt;
    auto& directory = statements_->directory;
    directory.bind(1, static_cast<std::int64_t>(status.inode)).bind(2, statements_->source);
    directory.bind(3, static_cast<std::int64_t>(status.device)).bind(4, nanoseconds(*status.birth_time));
    std::optional<KnownEntry> known;
    if (directory.step()) known = read_known(directory);
    directory.reset();
    return known;
}

}  // namespace kist::repository
