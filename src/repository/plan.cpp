#include "repository/plan.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/policy.hpp"
#include "kist/repository/mailbox_source.hpp"

#include "repository/entry_row.hpp"
#include "repository/schema.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr int kBatchSize = 64;
constexpr std::uint64_t kBatchBytes = 32U
                                      << 20U;  // a batch ends after so much content, so that all threads end together
constexpr std::size_t kRememberedPaths = 4096;

constexpr const char* kChangeColumns =
    "id, action, known, origin, directory, name, node, type, links, mode, uid, gid, size, mtime, device, inode, ctime, "
    "birth, "
    "special";

std::int64_t as_signed(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

std::optional<std::int64_t> unless_zero(std::int64_t id) {
    return id == 0 ? std::nullopt : std::optional(id);
}

void bind_status(sqlite::Statement& statement, int first, const os::FileStatus& status) {
    statement.bind(first, static_cast<std::int64_t>(status.type)).bind(first + 1, std::int64_t{status.link_count});
    statement.bind(first + 2, std::int64_t{status.mode}).bind(first + 3, std::int64_t{status.uid});
    statement.bind(first + 4, std::int64_t{status.gid}).bind(first + 5, as_signed(status.size));
    statement.bind(first + 6, nanoseconds(status.mtime)).bind(first + 7, as_signed(status.device));
    statement.bind(first + 8, as_signed(status.inode)).bind(first + 9, nanoseconds(status.ctime));
    status.birth_time ? statement.bind(first + 10, nanoseconds(*status.birth_time)) : statement.bind_null(first + 10);
    statement.bind(first + 11, as_signed(status.special_device));
}

os::FileStatus read_status(const sqlite::Statement& row, int first) {
    os::FileStatus status;
    status.type = static_cast<os::FileType>(row.integer(first));
    status.link_count = static_cast<std::uint32_t>(row.integer(first + 1));
    status.mode = static_cast<std::uint32_t>(row.integer(first + 2));
    status.uid = static_cast<std::uint32_t>(row.integer(first + 3));
    status.gid = static_cast<std::uint32_t>(row.integer(first + 4));
    status.size = static_cast<std::uint64_t>(row.integer(first + 5));
    status.mtime = timestamp(row.integer(first + 6));
    status.device = static_cast<std::uint64_t>(row.integer(first + 7));
    status.inode = static_cast<std::uint64_t>(row.integer(first + 8));
    status.ctime = timestamp(row.integer(first + 9));
    if (const auto birth = row.optional_integer(first + 10)) status.birth_time = timestamp(*birth);
    status.special_device = static_cast<std::uint64_t>(row.integer(first + 11));
    return status;
}

std::string child_path(const std::string& directory, const std::string& name) {
    return directory.empty() ? name : directory + "/" + name;
}

std::vector<std::pair<std::int64_t, std::int64_t>> read_pairs(sqlite::Statement& statement) {
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
    while (statement.step()) pairs.emplace_back(statement.integer(0), statement.integer(1));
    statement.reset();
    return pairs;
}

}  // namespace

sqlite::Database attach_plan(sqlite::Database catalog, const std::string& path) {
    // The plan is worth nothing after a crash: it is never synced.
    auto attach = catalog.prepare("ATTACH ? AS plan");
    attach.bind_text(1, path).run();
    catalog.execute(
        "PRAGMA plan.journal_mode = MEMORY; PRAGMA plan.synchronous = OFF; PRAGMA plan.cache_size = -16384");
    catalog.execute("BEGIN");
    catalog.execute(kPlanSchema);
    return catalog;
}

std::optional<delta::Script> find_reverse(sqlite::Database& plan, std::int64_t change) {
    auto rows = plan.prepare("SELECT basis, target, copies FROM plan.reverse WHERE change = ?");
    if (!rows.bind(1, change).step()) return std::nullopt;
    delta::Script script{static_cast<std::uint64_t>(rows.integer(0)), static_cast<std::uint64_t>(rows.integer(1)), {}};
    const auto copies = rows.blob(2);
    script.copies.resize(copies.size() / sizeof(delta::Copy));
    std::ranges::copy(copies, std::as_writable_bytes(std::span(script.copies)).begin());
    return script;
}

Plan::Plan(sqlite::Database catalog, const std::string& path, const Source& source, std::int64_t first_change)
    : database_(attach_plan(std::move(catalog), path)),
      source_(source),
      first_change_(first_change),
      live_paths_(database_),
      staged_paths_(database_),
      chain_length_(database_),
      insert_directory_(database_.prepare("INSERT OR IGNORE INTO plan.directory VALUES (?, ?, ?, ?, ?)")),
      insert_change_(database_.prepare(
          "INSERT INTO plan.change (action, known, origin, directory, name, node, type, links, mode, uid, gid, size, "
          "mtime, "
          "device, inode, ctime, birth, special, outcome, id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")),
      insert_skipped_(database_.prepare("INSERT OR IGNORE INTO plan.skipped VALUES (?, ?)")),
      next_files_(database_.prepare(fmt::format("SELECT {} FROM plan.change WHERE id > ? AND type <> 1 AND action <> 4 "
                                                "AND leader IS NULL ORDER BY id LIMIT ?",
                                                kChangeColumns))),
      next_directories_(
          database_.prepare(fmt::format("SELECT {} FROM plan.change WHERE id > ? AND type = 1 AND action <> 4 "
                                        "ORDER BY id LIMIT ?",
                                        kChangeColumns))),
      select_directory_(database_.prepare("SELECT path FROM plan.directory WHERE node = ?")),
      select_known_(database_.prepare(fmt::format("SELECT {} FROM main.entry WHERE id = ?", kEntryColumns))),
      select_hash_(database_.prepare("SELECT hash, place FROM main.content WHERE id = ?")),
      update_change_(
          database_.prepare("UPDATE plan.change SET outcome = ?2, hash = ?3, user = ?4, grp = ?5, has_holes "
                            "= ?6, unsettled = ?7, target = ?8, "
                            "attributes = ?9, mirror_inode = ?10, mode = ?11, uid = ?12, gid = ?13, size = "
                            "?14, mtime = ?15, ctime = ?16, "
                            "inode = ?17, device = ?18, birth = ?19, origin = ?20, patched = ?21 WHERE id = ?1")),
      insert_reverse_(database_.prepare("INSERT INTO plan.reverse VALUES (?, ?, ?, ?)")) {}

void Plan::add(const ScannedDirectory& directory, const std::vector<Change>& changes) {
    if (directory.is_new || !changes.empty()) {
        insert_directory_.bind(1, directory.node).bind_blob(2, directory.path).bind(3, directory.parent);
        insert_directory_.bind_blob(4, directory.name).bind(5, std::int64_t{directory.is_new}).run();
    }
    for (const auto& change : changes) {
        insert_change_.bind(1, static_cast<std::int64_t>(change.action)).bind(2, unless_zero(change.known));
        insert_change_.bind(3, unless_zero(change.origin)).bind(4, change.directory).bind_blob(5, change.name);
        insert_change_.bind(6, change.node);
        bind_status(insert_change_, 7, change.status);
        const auto outcome = change.action == Action::remove ? Outcome::gone : Outcome::waiting;
        insert_change_.bind(19, static_cast<std::int64_t>(outcome)).bind(20, std::exchange(first_change_, {})).run();
    }
}

void Plan::skip(const std::string& path, const std::string& reason) {
    insert_skipped_.bind_blob(1, path).bind_text(2, reason).run();
}

RunTotals Plan::settle(bool has_previous, const std::function<bool(NodeId)>& moved,
                       const std::function<NodeId()>& new_node) {
    if (has_previous) {
        auto removed = database_.prepare(
            "SELECT e.node, e.id FROM plan.change c JOIN main.entry e ON e.id = c.known "
            "WHERE c.action = 4 AND e.type = 1");
        for (const auto& [node, entry] : read_pairs(removed))
            if (!moved(node)) remove_below(node, moved);
        remove_moved_directories();
        find_origins();
    }
    choose_leaders(new_node);
    auto totals = database_.prepare(
        "SELECT count(*), coalesce(sum(size), 0) FROM plan.change "
        "WHERE type = 0 AND action <> 4 AND leader IS NULL AND origin IS NULL");
    totals.step();
    return {static_cast<std::uint64_t>(totals.integer(0)), ByteCount{static_cast<std::uint64_t>(totals.integer(1))}};
}

void Plan::remove_below(NodeId directory, const std::function<bool(NodeId)>& moved) {
    auto insert = database_.prepare(
        "INSERT INTO plan.change (action, outcome, known, covered, directory, name, type, links, mode, uid, gid, size, "
        "mtime, "
        "device, inode, ctime, birth, special) SELECT 4, 4, id, 1, directory, name, type, 1, mode, uid, gid, size, "
        "mtime, "
        "device, inode, ctime, birth, special FROM main.entry WHERE directory = ? AND last IS NULL");
    auto children =
        database_.prepare("SELECT node, id FROM main.entry WHERE directory = ? AND last IS NULL AND type = 1");
    std::vector<NodeId> waiting{directory};
    while (!waiting.empty()) {
        const auto node = waiting.back();
        waiting.pop_back();
        insert.bind(1, node).run();
        children.bind(1, node);
        for (const auto& [child, entry] : read_pairs(children))
            if (!moved(child)) waiting.push_back(child);
    }
}

// A directory stands in one place only. Where it stood before it was not missed if the folder there could not be read,
// or vanished, or was read before it moved.
void Plan::remove_moved_directories() {
    database_.execute(
        "INSERT INTO plan.change (action, outcome, known, directory, name, type, links, mode, uid, gid, size, mtime, "
        "device, inode, ctime, birth, special) SELECT 4, 4, e.id, e.directory, e.name, e.type, 1, e.mode, e.uid, "
        "e.gid, "
        "e.size, e.mtime, e.device, e.inode, e.ctime, e.birth, e.special "
        "FROM plan.change c JOIN main.entry e ON e.id = c.origin WHERE c.type = 1 "
        "AND NOT EXISTS (SELECT 1 FROM plan.change d WHERE d.known = e.id AND d.action = 4)");
}

// A file is renamed when the inode that stood under a name that leaves (or got another inode) now stands under this
// one, unchanged. Where such a name got another inode, its change is split: the old file leaves, another one comes.
void Plan::find_origins() {
    auto matches = database_.prepare(
        "SELECT c.id, e.id FROM plan.change c JOIN main.entry e ON e.inode = c.inode AND e.last IS NULL "
        "WHERE c.action IN (1, 2) AND c.type = 0 AND e.type = 0 AND e.source = ?1 AND e.device = c.device AND e.birth "
        "= c.birth "
        "AND e.size = c.size AND e.mtime = c.mtime AND NOT e.unsettled AND e.id IS NOT c.known "
        "AND (c.action = 1 OR EXISTS (SELECT 1 FROM main.entry k WHERE k.id = c.known AND "
        "     (k.inode <> c.inode OR k.device <> c.device))) "
        "AND EXISTS (SELECT 1 FROM plan.change d WHERE d.known = e.id AND "
        "     (d.action = 4 OR d.inode <> e.inode OR d.device <> e.device)) ORDER BY c.id, e.id");
    matches.bind(1, source_.id);
    auto copy_as_removal = database_.prepare(
        "INSERT INTO plan.change (action, outcome, known, directory, name, type, links, mode, uid, gid, size, mtime, "
        "device, "
        "inode, ctime, special) SELECT 4, 4, known, directory, name, type, 1, mode, uid, gid, size, mtime, device, "
        "inode, "
        "ctime, special FROM plan.change WHERE action = 2 AND (id = ?1 OR known = ?2)");
    auto make_creation = database_.prepare(
        "UPDATE plan.change SET action = 1, known = NULL WHERE action = 2 AND (id = ?1 OR known = ?2)");
    auto set_origin = database_.prepare("UPDATE plan.change SET origin = ?2 WHERE id = ?1");
    std::unordered_set<std::int64_t> changes;
    std::unordered_set<EntryId> origins;
    for (const auto& [change, entry] : read_pairs(matches)) {
        if (changes.contains(change) || origins.contains(entry)) continue;
        changes.insert(change);
        origins.insert(entry);
        copy_as_removal.bind(1, change).bind(2, entry).run();
        make_creation.bind(1, change).bind(2, entry).run();
        set_origin.bind(1, change).bind(2, entry).run();
    }
}

// One change of each group of hard links stages the file: the one that stands where it stood, else a renamed one, else
// the first. All names of a group get one node.
void Plan::choose_leaders(const std::function<NodeId()>& new_node) {
    auto members = database_.prepare(
        "SELECT c.id, c.inode, c.device, coalesce(k.node, o.node) FROM plan.change c "
        "LEFT JOIN main.entry k ON k.id = c.known AND k.inode = c.inode AND k.device = c.device "
        "LEFT JOIN main.entry o ON o.id = c.origin WHERE c.links > 1 AND c.type <> 1 AND c.action <> 4 "
        "ORDER BY c.inode, c.device, k.id IS NULL, o.id IS NULL, c.id");
    auto lead = database_.prepare("UPDATE plan.change SET node = ?2 WHERE id = ?1");
    auto follow = database_.prepare("UPDATE plan.change SET node = ?2, leader = ?3, origin = NULL WHERE id = ?1");
    std::int64_t leader = 0;
    std::int64_t inode = 0;
    std::int64_t device = 0;
    NodeId node = 0;
    while (members.step()) {
        const auto id = members.integer(0);
        if (leader != 0 && members.integer(1) == inode && members.integer(2) == device) {
            follow.bind(1, id).bind(2, node).bind(3, leader).run();
            continue;
        }
        leader = id;
        inode = members.integer(1);
        device = members.integer(2);
        const auto old_node = members.optional_integer(3);
        node = old_node ? *old_node : new_node();
        lead.bind(1, id).bind(2, node).run();
    }
}

const std::string& Plan::source_directory(NodeId node) {
    const auto found = source_directories_.find(node);
    if (found != source_directories_.end()) return found->second;
    if (source_directories_.size() >= kRememberedPaths) source_directories_.clear();
    std::string path;
    select_directory_.bind(1, node);
    if (select_directory_.step()) path = select_directory_.text(0);
    select_directory_.reset();
    return source_directories_.emplace(node, std::move(path)).first->second;
}

StagedChange Plan::read_change(const sqlite::Statement& row) {
    StagedChange staged;
    auto& change = staged.change;
    change.id = row.integer(0);
    change.action = static_cast<Action>(row.integer(1));
    change.known = row.integer(2);
    change.origin = row.integer(3);
    change.directory = row.integer(4);
    change.name = row.text(5);
    change.node = row.optional_integer(6);
    change.status = read_status(row, 7);
    return staged;
}

void Plan::fill_in_known(StagedChange& staged) {
    const auto& change = staged.change;
    const auto id = change.origin != 0 ? change.origin : change.known;
    if (id == 0) return;
    select_known_.bind(1, id);
    if (!select_known_.step()) throw Error(ErrorCode::damaged, "the catalog lost an entry during the run");
    staged.known = read_entry(select_known_);
    select_known_.reset();
    if (staged.known->content) {
        select_hash_.bind(1, *staged.known->content);
        if (!select_hash_.step()) throw Error(ErrorCode::damaged, "the catalog has an entry without its content");
        const bool is_lost = select_hash_.integer(1) == static_cast<std::int64_t>(ContentPlace::lost);
        Digest hash;
        const auto bytes = select_hash_.blob(0);
        if (bytes.size() != hash.bytes.size()) throw Error(ErrorCode::damaged, "the catalog has a broken content hash");
        std::ranges::copy(bytes, hash.bytes.begin());
        if (!is_lost) staged.known_content = hash;
        select_hash_.reset();
    }
    staged.may_stage_difference = may_stage_difference(staged);
    if (change.origin != 0 || staged.may_stage_difference || is_mailbox(source_))
        staged.known_mirror_path = live_paths_.path(staged.known->directory, staged.known->name);
}

bool Plan::may_stage_difference(const StagedChange& staged) {
    const auto& change = staged.change;
    return change.action == Action::modify && change.origin == 0 && !change.node && !staged.known->node &&
           staged.known_content && delta::signature_shape({staged.known->metadata.size}) &&
           chain_length_.has_room_below(*staged.known->content);
}

std::vector<StagedChange> Plan::take_batch(Pass pass) {
    auto& next = pass == Pass::files ? next_files_ : next_directories_;
    auto& last = last_taken_[static_cast<std::size_t>(pass)];
    std::vector<StagedChange> batch;
    std::uint64_t bytes = 0;
    next.bind(1, last).bind(2, std::int64_t{kBatchSize});
    while (bytes < kBatchBytes && next.step()) {
        batch.push_back(read_change(next));
        if (pass == Pass::files) bytes += batch.back().change.status.size;
    }
    next.reset();
    if (!batch.empty()) last = batch.back().change.id;
    for (auto& staged : batch) {
        const auto& change = staged.change;
        fill_in_known(staged);
        staged.directory_path = source_directory(change.directory);
        if (pass != Pass::files) {
            if (change.origin == 0 && change.action == Action::create)
                staged.staged = staged_paths_.directory(*change.node);
        } else {
            staged.staged = staged_paths_.object(change.id, change.directory, change.name);
            staged.own_object = !staged_paths_.directory(change.directory).has_value();
        }
    }
    return batch;
}

void Plan::finish(const std::vector<StagedChange>& batch) {
    for (const auto& staged : batch) {
        const auto& metadata = staged.metadata;
        const auto& identity = staged.identity;
        const auto attributes = encode_attributes(metadata);
        auto& update = update_change_;
        update.bind(1, staged.change.id).bind(2, static_cast<std::int64_t>(staged.outcome));
        metadata.type == os::FileType::regular ? update.bind_blob(3, staged.content.bytes) : update.bind_null(3);
        update.bind_text(4, metadata.user).bind_text(5, metadata.group).bind(6, std::int64_t{metadata.has_holes});
        update.bind(7, std::int64_t{identity.unsettled});
        metadata.type == os::FileType::symlink ? update.bind_blob(8, metadata.symlink_target) : update.bind_null(8);
        attributes.empty() ? update.bind_null(9) : update.bind_blob(9, attributes);
        update.bind(10, as_signed(staged.mirror_inode)).bind(11, std::int64_t{metadata.mode});
        update.bind(12, std::int64_t{metadata.uid}).bind(13, std::int64_t{metadata.gid});
        update.bind(14, as_signed(metadata.size)).bind(15, nanoseconds(metadata.mtime));
        update.bind(16, nanoseconds(identity.ctime)).bind(17, as_signed(identity.inode));
        update.bind(18, as_signed(identity.device));
        identity.birth_time ? update.bind(19, nanoseconds(*identity.birth_time)) : update.bind_null(19);
        update.bind(20, unless_zero(staged.change.origin)).bind(21, std::int64_t{staged.patched}).run();
        if (staged.reverse) {
            insert_reverse_.bind(1, staged.change.id).bind(2, as_signed(staged.reverse->basis_size));
            insert_reverse_.bind(3, as_signed(staged.reverse->target_size));
            insert_reverse_.bind_blob(4, std::as_bytes(std::span(staged.reverse->copies))).run();
        }
        if (staged.outcome == Outcome::skipped)
            skip(child_path(staged.directory_path, staged.change.name), staged.reason);
    }
}

void Plan::conclude_links() {
    database_.execute(
        "UPDATE plan.change AS f SET "
        "outcome = CASE WHEN l.outcome IN (4, 5) THEN l.outcome "
        "  WHEN f.known IS NULL OR l.outcome = 1 THEN 1 "
        "  WHEN (SELECT mirror_inode FROM main.entry WHERE id = f.known) <> l.mirror_inode THEN 1 "
        "  WHEN l.outcome = 3 AND (SELECT node FROM main.entry WHERE id = f.known) = f.node THEN 3 ELSE 2 END, "
        "hash = l.hash, user = l.user, grp = l.grp, has_holes = l.has_holes, unsettled = l.unsettled, target = "
        "l.target, "
        "attributes = l.attributes, mirror_inode = l.mirror_inode, mode = l.mode, uid = l.uid, gid = l.gid, size = "
        "l.size, "
        "mtime = l.mtime, ctime = l.ctime, special = l.special FROM plan.change AS l WHERE f.leader = l.id");
}

void Plan::close_transaction() {
    if (database_.in_transaction()) database_.execute("COMMIT");
}

}  // namespace kist::repository
