#include "repository/departure.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/content_hash.hpp"
#include "kist/delta/policy.hpp"
#include "kist/os/file.hpp"
#include "kist/os/parallel.hpp"
#include "kist/repository/content_reader.hpp"

#include "repository/chain_length.hpp"
#include "repository/content_records.hpp"
#include "repository/delta_chain.hpp"
#include "repository/entry_row.hpp"
#include "repository/mirror_path.hpp"
#include "repository/plan.hpp"
#include "repository/reverse_deltas.hpp"
#include "repository/staged_paths.hpp"

#include <mutex>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr int kTriedCopies = 8;

struct Copy {
    EntryId entry = 0;
    std::string path;  // in latest/
    std::uint64_t inode = 0;
    Timestamp mtime;
};

struct Departing {
    ContentId content = 0;
    Digest hash;
    std::uint64_t size = 0;
    std::vector<Copy> copies;
    std::optional<Successor> successor;  // nullopt too where the chain of deltas would become too long
};

struct Saved {
    ContentId content = 0;
    EntryId entry = 0;
    std::uint64_t inode = 0;
    ContentPlace place = ContentPlace::lost;
    RecordPlace record;
    std::optional<Digest> base;
};

// false: there are none.
bool find_departing(sqlite::Database& plan) {
    plan.execute(
        fmt::format("INSERT INTO plan.leaving (content, entry, successor) SELECT e.content, min(e.id), "
                    "coalesce(max(CASE WHEN c.patched THEN c.id END), "
                    "max(CASE WHEN EXISTS (SELECT 1 FROM plan.reverse r WHERE r.change = c.id) THEN c.id END), "
                    "max(CASE WHEN c.outcome = 1 AND c.leader IS NULL AND c.hash IS NOT NULL THEN c.id END)) "
                    "FROM plan.change c JOIN main.entry e ON e.id = c.known WHERE e.content IS NOT NULL AND {} "
                    "GROUP BY e.content",
                    kClosesKnown));
    auto any = plan.prepare("SELECT 1 FROM plan.leaving LIMIT 1");
    if (!any.step()) return false;
    any.reset();
    plan.execute("CREATE INDEX plan.change_by_hash ON change (hash) WHERE hash IS NOT NULL");
    plan.execute(
        fmt::format("DELETE FROM plan.leaving AS v WHERE "
                    "EXISTS (SELECT 1 FROM main.entry l WHERE l.content = v.content AND l.last IS NULL "
                    "        AND NOT EXISTS (SELECT 1 FROM plan.change c WHERE c.known = l.id AND {})) "
                    "OR EXISTS (SELECT 1 FROM plan.change c WHERE c.outcome IN (1, 2) AND c.hash = "
                    "           (SELECT k.hash FROM main.content k WHERE k.id = v.content)) "
                    "OR NOT EXISTS (SELECT 1 FROM main.entry r WHERE r.content = v.content "
                    "               AND r.id NOT IN (SELECT entry FROM plan.vanishing))",
                    kClosesKnown));
    return true;
}

// Reads the next departing content with its copies. One thread at a time.
class Cursor {
  public:
    explicit Cursor(sqlite::Database& plan)
        : plan_(plan),
          paths_(plan),
          staged_paths_(plan),
          next_(plan.prepare("SELECT v.content, k.hash, k.size, v.successor FROM plan.leaving v JOIN main.content k "
                             "ON k.id = v.content WHERE v.content > ? ORDER BY v.content LIMIT 1")),
          copies_(plan.prepare("SELECT id, directory, name, mirror_inode, mtime FROM main.entry "
                               "WHERE content = ? AND last IS NULL LIMIT ?")),
          successor_(plan.prepare("SELECT directory, name, hash, size, patched FROM plan.change WHERE id = ?")),
          chain_length_(plan),
          update_(plan.prepare("UPDATE plan.leaving SET entry = ?2, inode = ?3, place = ?4, pack = ?5, offset = ?6, "
                               "stored = ?7, base = ?8 WHERE content = ?1")) {}

    std::optional<Departing> next() {
        next_.bind(1, last_);
        if (!next_.step()) {
            next_.reset();
            return std::nullopt;
        }
        Departing departing;
        departing.content = last_ = next_.integer(0);
        std::ranges::copy(next_.blob(1), departing.hash.bytes.begin());
        departing.size = static_cast<std::uint64_t>(next_.integer(2));
        const auto successor = next_.optional_integer(3);
        next_.reset();
        copies_.bind(1, departing.content).bind(2, std::int64_t{kTriedCopies});
        while (copies_.step())
            departing.copies.push_back({copies_.integer(0), paths_.path(copies_.integer(1), copies_.text(2)),
                                        static_cast<std::uint64_t>(copies_.integer(3)), timestamp(copies_.integer(4))});
        copies_.reset();
        if (successor && chain_length_.has_room_below(departing.content))
            departing.successor = find_successor(*successor);
        return departing;
    }

    void record(const Saved& saved) {
        update_.bind(1, saved.content).bind(2, saved.entry).bind(3, static_cast<std::int64_t>(saved.inode));
        update_.bind(4, static_cast<std::int64_t>(saved.place)).bind(5, saved.record.pack);
        update_.bind(6, static_cast<std::int64_t>(saved.record.offset));
        update_.bind(7, static_cast<std::int64_t>(saved.record.stored));
        saved.base ? update_.bind_blob(8, saved.base->bytes) : update_.bind(8, std::nullopt);
        update_.run();
    }

  private:
    Successor find_successor(std::int64_t change) {
        Successor successor;
        successor_.bind(1, change).step();
        if (successor_.integer(4) != 0)
            successor.patch = change;
        else
            successor.staged = staged_paths_.object(change, successor_.integer(0), std::string(successor_.text(1)));
        std::ranges::copy(successor_.blob(2), successor.hash.bytes.begin());
        successor.size = static_cast<std::uint64_t>(successor_.integer(3));
        successor_.reset();
        successor.reverse = find_reverse(plan_, change);
        return successor;
    }

    sqlite::Database& plan_;
    LivePaths paths_;
    StagedPaths staged_paths_;
    sqlite::Statement next_;
    sqlite::Statement copies_;
    sqlite::Statement successor_;
    ChainLength chain_length_;
    sqlite::Statement update_;
    ContentId last_ = 0;
};

std::optional<os::Fd> open_copy(const os::Directory& mirror, const Copy& copy, std::uint64_t size) {
    const auto slash = copy.path.rfind('/');
    const auto directory = mirror.find_below(std::string_view(copy.path).substr(0, slash));
    if (!directory) return std::nullopt;
    auto file = directory->find_file(copy.path.substr(slash + 1));
    if (!file) return std::nullopt;
    const auto status = os::status_of(file->get());
    if (status.type != os::FileType::regular || status.size != size) return std::nullopt;
    return file;
}

// The content of a small file, or nullopt where it is not the right one.
std::optional<std::vector<std::byte>> read_right(int file, const Departing& departing, const std::string& path) {
    std::vector<std::byte> content(departing.size);
    if (os::read_at(file, 0, content, path) != content.size()) return std::nullopt;
    if (delta::content_hash(content) != departing.hash) return std::nullopt;
    return content;
}

// A large plain file that is still what Kist left is taken as it is; one that somebody touched is read.
bool is_sound(int file, const Copy& copy, const Departing& departing, ContentReader& reader) {
    const auto status = os::status_of(file);
    if (status.inode == copy.inode && status.mtime == copy.mtime) return true;
    Content content;
    content.hash = departing.hash;
    content.size = departing.size;
    return !reader.trouble_in_mirror(content, copy.path);
}

// One thread's part.
class Saver {
  public:
    Saver(const Repository& repository, PackWriter& pack, std::mutex& mutex)
        : repository_(repository),
          pack_(pack),
          mutex_(mutex),
          catalog_(repository.open_catalog()),
          reader_(repository, catalog_),
          deltas_(repository) {}

    Saved save(const Departing& departing) {
        for (const auto& copy : departing.copies) {
            const auto file = open_copy(repository_.mirror(), copy, departing.size);
            if (!file) continue;
            auto saved = departing.size > kLargestCopied ? save_large(departing, copy, *file)
                                                         : save_small(departing, copy, *file);
            if (!saved) continue;
            saved->content = departing.content;
            saved->entry = copy.entry;
            return *saved;
        }
        const auto entry = departing.copies.empty() ? 0 : departing.copies.front().entry;
        return {departing.content, entry, 0, ContentPlace::lost, {}, {}};
    }

  private:
    // nullopt: this copy is not the right one.
    std::optional<Saved> save_small(const Departing& departing, const Copy& copy, const os::Fd& file) {
        const auto content = read_right(file.get(), departing, copy.path);
        if (!content) return std::nullopt;
        const auto whole = encode_record({RecordKind::content, departing.hash, {}, *content});
        if (departing.successor) {
            const auto delta = deltas_.against(*departing.successor, departing.hash, *content);
            if (delta && delta::is_worth_keeping({delta->bytes.size()}, {whole.bytes.size()}))
                return append(*delta, departing.successor->hash);
        }
        return append(whole, std::nullopt);
    }

    std::optional<Saved> save_large(const Departing& departing, const Copy& copy, const os::Fd& file) {
        const OldFile old{file.get(), copy.path, departing.hash, departing.size};
        try {
            if (auto delta = departing.successor ? save_as_delta(*departing.successor, old) : std::nullopt)
                return delta;
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged) throw;
            return std::nullopt;
        }
        // What is patched cannot be moved away.
        if (departing.successor && departing.successor->patch) return std::nullopt;
        if (!is_sound(file.get(), copy, departing, reader_)) return std::nullopt;
        Saved kept;
        kept.inode = os::status_of(file.get()).inode;
        kept.place = ContentPlace::kept;
        return kept;
    }

    // nullopt: it is to be kept whole.
    std::optional<Saved> save_as_delta(const Successor& successor, const OldFile& old) {
        const auto method = delta::rule_for({old.size}, {successor.size}).method;
        if (method == delta::Method::prefix) {
            const auto delta = deltas_.against(successor, old);
            if (!delta || !delta::is_worth_keeping({delta->bytes.size()}, {old.size})) return std::nullopt;
            return append(*delta, successor.hash);
        }
        if (method != delta::Method::blocks) return std::nullopt;
        const auto delta = deltas_.in_blocks(successor, old);
        if (!delta) return std::nullopt;
        const std::lock_guard lock(mutex_);
        return in_pack(write_delta(pack_, old.hash, successor.hash, *delta), successor.hash);
    }

    Saved append(const EncodedRecord& record, const std::optional<Digest>& base) {
        const std::lock_guard lock(mutex_);
        return in_pack(pack_.append(record), base);
    }

    static Saved in_pack(const RecordPlace& record, const std::optional<Digest>& base) {
        return {0, 0, 0, ContentPlace::pack, record, base};
    }

    const Repository& repository_;
    PackWriter& pack_;
    std::mutex& mutex_;
    Catalog catalog_;
    ContentReader reader_;
    ReverseDeltas deltas_;
};

}  // namespace

std::vector<std::string> save_departing(const Repository& repository, sqlite::Database& plan, PackWriter& pack) {
    if (!find_departing(plan)) return {};
    Cursor cursor(plan);
    std::mutex mutex;  // guards cursor, pack and lost
    std::vector<std::string> lost;
    os::run_in_parallel(os::core_count(), [&] {
        Saver saver(repository, pack, mutex);
        for (;;) {
            std::unique_lock lock(mutex);
            const auto departing = cursor.next();
            lock.unlock();
            if (!departing) return;
            const auto saved = saver.save(*departing);
            lock.lock();
            cursor.record(saved);
            if (saved.place == ContentPlace::lost)
                lost.push_back(departing->copies.empty() ? to_hex(departing->hash) : departing->copies.front().path);
        }
    });
    return lost;
}

}  // namespace kist::repository
