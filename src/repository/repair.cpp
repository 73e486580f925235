#include "kist/repository/repair.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/content_hash.hpp"
#include "kist/delta/range_reader.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/content_reader.hpp"

#include "repository/content_records.hpp"
#include "repository/found.hpp"
#include "repository/layout.hpp"
#include "repository/object_stager.hpp"
#include "repository/pack_rows.hpp"
#include "repository/run_record.hpp"
#include "repository/steps.hpp"
#include "repository/writing_session.hpp"

#include <algorithm>
#include <cerrno>
#include <set>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::size_t kTriedPaths = 100;
constexpr std::size_t kPiece = 1U << 20U;

// Contents as the source's files have them now.
class LiveSource {
  public:
    LiveSource(const Repository& repository, const SourceOpener& open)
        : catalog_(repository.open_catalog()), open_(open), buffer_(kPiece) {}

    // A file of the source with these very bytes.
    std::optional<os::Fd> find(const Content& content) {
        if (!open_) return std::nullopt;
        for (const auto& [path, first, last] : catalog_.occurrences(content.id, kTriedPaths)) {
            auto file = open_(catalog_.source(catalog_.snapshot(last).source), path);
            if (file && has(*file, content)) return file;
        }
        return std::nullopt;
    }

    Content content(ContentId id) { return catalog_.content(id); }
    std::optional<Content> find_content(ContentId id) { return catalog_.find_content(id); }

  private:
    bool has(const os::Fd& file, const Content& content) {
        const auto status = os::status_of(file.get());
        if (status.type != os::FileType::regular || status.size != content.size) return false;
        delta::ContentHasher hasher;
        for (std::uint64_t at = 0; at < content.size;) {
            const auto got = os::read_at(file.get(), at, buffer_, "a file of the source");
            if (got == 0) return false;
            hasher.update(std::span(buffer_).first(got));
            at += got;
        }
        return hasher.finish() == content.hash;
    }

    Catalog catalog_;
    const SourceOpener& open_;
    std::vector<std::byte> buffer_;
};

// Copies [0, size) and compares it once more: the source's file may be changing. Zeros become holes.
bool copy_right(const os::Fd& from, int to, const Content& content) {
    delta::ContentHasher hasher;
    std::uint64_t at = 0;
    const auto read = delta::read_file(from.get(), "a file of the source");
    delta::send_range(read, 0, content.size, [&](std::span<const std::byte> piece) {
        hasher.update(piece);
        if (std::ranges::any_of(piece, [](std::byte byte) { return byte != std::byte{0}; }))
            os::write_at(to, at, piece, "a file in staging");
        at += piece.size();
    });
    return hasher.finish() == content.hash;
}

class Repairer {
  public:
    Repairer(const Repository& repository, const RepairOptions& options)
        : session_(repository), source_(repository, options.open_source) {}

    void repair(std::vector<Repaired>& repaired) {
        heal_latest(repaired);
        heal_history(repaired);
    }

  private:
    sqlite::Database& catalog() { return session_.catalog(); }
    const Repository& repository() const { return session_.repository(); }

    void heal_latest(std::vector<Repaired>& repaired) {
        auto reopen = catalog().prepare(
            "INSERT OR IGNORE INTO plan.reopened SELECT id FROM main.entry WHERE id = ? AND last IS NULL");
        for (const auto& [damage, healing] : repaired)
            if (damage.entry) reopen.bind(1, *damage.entry).run();
        plan_objects(catalog());
        plan_links(catalog());
        std::set<EntryId> from_source;
        stage_objects(session_, [&](const Entry& entry, int file) {
            const auto content = source_.content(*entry.content);
            const auto found = source_.find(content);
            if (!found || !copy_right(*found, file, content)) return false;
            from_source.insert(entry.id);
            return true;
        });
        set_down_lost();
        commit();
        auto outcome = catalog().prepare("SELECT outcome FROM plan.change WHERE entry = ?");
        for (auto& [damage, healing] : repaired) {
            if (!damage.entry) continue;
            const bool is_planned = outcome.bind(1, *damage.entry).step();
            const bool is_lost = is_planned && outcome.integer(0) == static_cast<std::int64_t>(Outcome::skipped);
            healing = is_lost                               ? Healing::lost
                      : from_source.contains(*damage.entry) ? Healing::from_source
                                                            : Healing::healed;
            outcome.reset();
        }
        clear_plan();
    }

    // Contents of the changes that were given up, and their names, which the next run has to read again.
    void set_down_lost() {
        catalog().execute(
            "INSERT OR IGNORE INTO plan.moved SELECT e.content FROM plan.change c JOIN main.entry e ON e.id = c.entry "
            "JOIN main.content k ON k.id = e.content WHERE c.outcome = 5 AND k.place = 0");
        catalog().execute(
            "INSERT INTO plan.change (action, outcome, known, directory, name, type, links, mode, uid, gid, size, "
            "mtime, device, inode, ctime, birth, special, unsettled) SELECT 3, 3, id, directory, name, type, 1, mode, "
            "uid, gid, size, mtime, device, inode, ctime, birth, special, 1 FROM main.entry "
            "WHERE last IS NULL AND content IN (SELECT content FROM plan.moved)");
    }

    void commit() {
        auto pack = continue_packs(repository(), catalog());
        write_pending_notice(repository());
        sqlite::Transaction transaction(catalog());
        set_mirror_inodes(catalog());
        catalog().execute(
            "UPDATE main.content SET place = 3 WHERE place = 0 AND id IN (SELECT content FROM plan.moved);"
            "UPDATE main.entry SET unsettled = 1 WHERE id IN (SELECT known FROM plan.change WHERE outcome = 3)");
        write_arriving_steps(catalog(), Source{}, {});
        write_repair_record(catalog(), pack);
        record_packs(catalog(), pack);
        session_.commit(transaction, pack);
        session_.carry_out();
    }

    void clear_plan() {
        catalog().execute("DELETE FROM plan.change; DELETE FROM plan.moved; DELETE FROM plan.reopened");
    }

    // When latest/ is healed, deltas of its files may be good again.
    void heal_history(std::vector<Repaired>& repaired) {
        auto pack = continue_packs(repository(), catalog());
        auto healed_catalog = repository().open_catalog();
        ContentReader reader(repository(), healed_catalog);
        std::vector<Digest> bad_files;
        {
            sqlite::Transaction transaction(catalog());
            for (auto& [damage, healing] : repaired)
                if (damage.content) healing = heal_content(*damage.content, reader, pack, bad_files);
            write_repair_record(catalog(), pack);
            record_packs(catalog(), pack);
            session_.commit(transaction, pack);
        }
        for (const auto& hash : bad_files) set_aside(to_hex(hash));
        session_.carry_out();
    }

    Healing heal_content(ContentId id, ContentReader& reader, PackWriter& pack, std::vector<Digest>& bad_files) {
        const auto content = source_.find_content(id);
        if (!content || content->place == ContentPlace::mirror) return Healing::healed;  // it has left history
        if (content->place != ContentPlace::lost && !reader.trouble_in_history(*content)) return Healing::healed;
        if (const auto place = write_from_source(*content, pack)) {
            move(*content, ContentPlace::pack, *place);
            if (content->place == ContentPlace::kept) bad_files.push_back(content->hash);
            return Healing::from_source;
        }
        if (content->base && are_records_sound(*content)) return Healing::waiting;
        if (content->place == ContentPlace::lost) return Healing::lost;
        if (!can_be_set_aside(*content)) return Healing::none;
        if (content->place == ContentPlace::kept) bad_files.push_back(content->hash);
        move(*content, ContentPlace::lost, {});
        return Healing::lost;
    }

    std::optional<RecordPlace> write_from_source(const Content& content, PackWriter& pack) {
        const auto file = source_.find(content);
        if (!file) return std::nullopt;
        try {
            return write_whole(pack, content.hash, content.size, delta::read_file(file->get(), "a file of the source"));
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged) throw;
            return std::nullopt;  // it has changed since
        }
    }

    bool are_records_sound(const Content& content) const {
        try {
            ContentRecords records(repository(), content);
            std::vector<std::byte> buffer(kPiece);
            if (records.is_prefixed()) return true;  // the head is; the rest is compared when its base is back
            for (std::uint64_t at = 0; at < records.size(); at += buffer.size())
                records.read(at, std::span(buffer).first(std::min<std::uint64_t>(kPiece, records.size() - at)));
            return true;
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged) throw;
            return false;
        }
    }

    void move(const Content& content, ContentPlace place, const RecordPlace& record) {
        mark_packs_of_contents(catalog(), std::to_string(content.id));
        auto update = catalog().prepare(
            "UPDATE main.content SET place = ?2, pack = ?3, offset = ?4, stored = ?5, base = NULL WHERE id = ?1");
        const bool in_pack = place == ContentPlace::pack;
        const auto unless_lost = [&](std::uint64_t value) {
            return in_pack ? std::optional(static_cast<std::int64_t>(value)) : std::nullopt;
        };
        update.bind(1, content.id).bind(2, static_cast<std::int64_t>(place));
        update.bind(3, unless_lost(static_cast<std::uint64_t>(record.pack))).bind(4, unless_lost(record.offset));
        update.bind(5, unless_lost(record.stored)).run();
        catalog().execute(fmt::format("INSERT OR IGNORE INTO plan.moved VALUES ({})", content.id));
    }

    // What cannot even be read now may be readable another time: then it is not given up. Records are copied to found/
    // before their space is given back.
    bool can_be_set_aside(const Content& content) const {
        const auto history = repository().control().open_directory(kHistory);
        try {
            if (content.place == ContentPlace::kept) {
                const auto file = history.open_directory(kKept).find_file(to_hex(content.hash));
                if (file) each_piece(file->get(), 0, os::status_of(file->get()).size, [](auto) {});
                return true;
            }
            const auto name = pack_name(content.pack);
            const auto pack = history.find_file(name);
            if (!pack) return true;
            const auto copy =
                create_in_found(repository().control(), fmt::format("damaged records of content {} in history/{} at {}",
                                                                    to_hex(content.hash), name, content.offset));
            each_piece(pack->get(), content.offset, content.stored,
                       [&](std::span<const std::byte> piece) { os::write_all(copy.get(), piece, "found"); });
            return true;
        } catch (const Error& error) {
            if (error.error_number() != EIO) throw;
            return false;
        }
    }

    template <typename Take>
    static void each_piece(int file, std::uint64_t offset, std::uint64_t size, Take take) {
        std::vector<std::byte> buffer(kPiece);
        for (const auto end = offset + size; offset < end;) {
            const auto wanted = std::span(buffer).first(std::min<std::uint64_t>(kPiece, end - offset));
            const auto got = os::read_at(file, offset, wanted, "what is damaged");
            if (got == 0) return;
            take(wanted.first(got));
            offset += got;
        }
    }

    void set_aside(const std::string& name) const {
        const auto kept = repository().control().open_directory(kHistory).open_directory(kKept);
        if (kept.find_status(name))
            move_to_found(repository().control(), kept, name, "damaged in history/kept/" + name);
    }

    WritingSession session_;
    LiveSource source_;
};

}  // namespace

std::uint64_t RepairResult::left() const {
    const auto healed = std::ranges::count_if(repaired, [](const Repaired& one) {
        return one.healing == Healing::healed || one.healing == Healing::from_source;
    });
    return check.inconsistencies.size() + check.damage_count - static_cast<std::uint64_t>(healed);
}

RepairResult repair(const Repository& repository, const RepairOptions& options) {
    RepairResult result;
    result.check = check(repository, {CheckDepth::contents, {}, 0, options.progress, options.interrupt});
    for (const auto& damage : result.check.damage) result.repaired.push_back({damage, Healing::none});
    if (!result.repaired.empty() && options.rehearsal == Rehearsal::no)
        Repairer(repository, options).repair(result.repaired);
    return result;
}

}  // namespace kist::repository
