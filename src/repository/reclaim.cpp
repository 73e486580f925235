#include "repository/reclaim.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include "repository/apply.hpp"
#include "repository/layout.hpp"
#include "repository/pack_space.hpp"

#include <array>
#include <bit>

#include <fmt/format.h>
#include <sys/statvfs.h>

namespace kist::repository {
namespace {

constexpr std::uint64_t kAllowedWaste = kPackLimit / 20;
constexpr std::uint64_t kUsualBlock = 4096;

struct MarkedPack {
    std::int64_t number = 0;
    std::uint64_t size = 0;
};

std::vector<MarkedPack> marked_packs(sqlite::Database& catalog) {
    std::vector<MarkedPack> packs;
    auto rows = catalog.prepare("SELECT number, size FROM main.pack WHERE reclaim ORDER BY number");
    while (rows.step()) packs.push_back({rows.integer(0), static_cast<std::uint64_t>(rows.integer(1))});
    return packs;
}

std::uint64_t block_size_of(const os::Directory& history) {
    struct statvfs filesystem {};
    return fstatvfs(history.fd(), &filesystem) == 0 && filesystem.f_frsize > 0 ? filesystem.f_frsize : kUsualBlock;
}

// Moves the stretches of needed records that cost least to move.
class Mover {
  public:
    Mover(const Repository& repository, sqlite::Database& catalog, PackWriter& writer)
        : catalog_(catalog),
          writer_(writer),
          history_(repository.control().open_directory(kHistory)),
          block_size_(block_size_of(history_)),
          packs_(marked_packs(catalog)),
          update_(catalog.prepare("UPDATE main.content SET pack = ?2, offset = ?3 WHERE id = ?1")),
          note_(catalog.prepare("INSERT OR IGNORE INTO plan.moved VALUES (?)")) {}

    void run() {
        for (const auto& pack : packs_) weigh(pack);
        if (waste_ <= kAllowedWaste) return;
        std::uint64_t gain = 0;
        std::size_t lengths = 0;
        while (lengths < gains_.size() && waste_ - std::min(waste_, gain) > kAllowedWaste) gain += gains_[lengths++];
        for (const auto& pack : packs_) move_short_runs(pack, lengths);
    }

  private:
    // A power of two for the length, so that memory does not grow with the number of records.
    static std::size_t length_class(const NeededRun& run) { return static_cast<std::size_t>(std::bit_width(run.size)); }

    void weigh(const MarkedPack& pack) {
        const auto records = needed_records(catalog_, pack.number, pack.size);
        if (records.empty()) return;
        for (const auto& gap : gaps_between(records, pack.size)) waste_ += waste_of(gap, block_size_);
        for (const auto& run : runs_of(records, pack.size, block_size_))
            if (!run.is_fixed) gains_[length_class(run)] += run.gain;
    }

    void move_short_runs(const MarkedPack& pack, std::size_t lengths) {
        const auto name = pack_name(pack.number);
        const auto records = needed_records(catalog_, pack.number, pack.size);
        std::optional<os::Fd> file;
        for (const auto& run : runs_of(records, pack.size, block_size_)) {
            if (waste_ <= kAllowedWaste) return;
            if (run.is_fixed || run.gain == 0 || length_class(run) >= lengths) continue;
            if (!file) file = history_.open_file(name);
            try {
                for (std::size_t i = run.first; i < run.first + run.count; ++i) move(*file, pack, records[i]);
                waste_ -= std::min(waste_, run.gain);
            } catch (const Error& error) {
                if (error.code() != ErrorCode::damaged) throw;  // it stays where `check` finds it
            }
        }
    }

    void move(const os::Fd& file, const MarkedPack& pack, const NeededRecord& record) {
        const RecordPlace old{pack.number, record.range.begin, record.range.size()};
        const auto place = writer_.copy(file.get(), old, pack_name(pack.number));
        update_.bind(1, record.content).bind(2, place.pack).bind(3, static_cast<std::int64_t>(place.offset)).run();
        note_.bind(1, record.content).run();
    }

    sqlite::Database& catalog_;
    PackWriter& writer_;
    os::Directory history_;
    std::uint64_t block_size_;
    std::vector<MarkedPack> packs_;
    sqlite::Statement update_;
    sqlite::Statement note_;
    std::uint64_t waste_ = 0;
    std::array<std::uint64_t, 65> gains_{};  // by length_class()
};

void punch(const os::Directory& history, const std::string& name, const std::vector<PackRange>& gaps) {
    const auto file = history.open_file_for_writing(name, os::Create::no);
    for (const auto& gap : gaps) write_gap(file.get(), gap.begin, gap.end, name);
    os::sync_file(file.get(), name);  // who reads the pack from its begin can pass a hole only by its header
    const auto block_size = block_size_of(history);
    for (const auto& gap : gaps) {
        const auto blocks = blocks_in(gap, block_size);
        if (blocks.size() > 0 && !os::punch_hole(file.get(), blocks.begin, blocks.size(), name)) break;
    }
    os::sync_file(file.get(), name);
}

}  // namespace

void move_scattered_records(const Repository& repository, sqlite::Database& catalog, PackWriter& pack) {
    Mover(repository, catalog, pack).run();
}

bool has_marked_packs(sqlite::Database& catalog) {
    return catalog.prepare("SELECT 1 FROM main.pack WHERE reclaim LIMIT 1").step();
}

void reclaim(const Repository& repository, sqlite::Database& catalog) {
    const auto history = repository.control().open_directory(kHistory);
    auto clear = catalog.prepare("UPDATE main.pack SET reclaim = 0 WHERE number = ?");
    auto remove = catalog.prepare("DELETE FROM main.pack WHERE number = ?");
    const auto packs = marked_packs(catalog);
    if (packs.empty()) return;
    sqlite::Transaction transaction(catalog);
    for (const auto& pack : packs) {
        const auto name = pack_name(pack.number);
        const auto records = needed_records(catalog, pack.number, pack.size);
        const bool is_there = history.find_status(name).has_value();
        if (records.empty()) {
            if (is_there) history.remove_file(name);
            remove.bind(1, pack.number).run();
        } else {
            if (is_there) punch(history, name, gaps_between(records, pack.size));
            clear.bind(1, pack.number).run();
        }
    }
    transaction.commit();
}

void finish_interrupted(const Repository& repository, sqlite::Database& catalog) {
    if (has_steps(catalog)) apply(repository, catalog);
    reclaim(repository, catalog);
}

}  // namespace kist::repository
