#include "repository/pack_space.hpp"

#include "kist/base/error.hpp"

#include "repository/pack.hpp"

#include <fmt/format.h>

namespace kist::repository {

std::vector<NeededRecord> needed_records(sqlite::Database& catalog, std::int64_t pack, std::uint64_t size) {
    auto rows = catalog.prepare(
        "SELECT offset AS at, stored, id FROM main.content WHERE place = 1 AND pack = ?1 AND offset < ?2 "
        "UNION ALL SELECT offset, stored, 0 FROM main.record WHERE pack = ?1 AND offset < ?2 ORDER BY at");
    rows.bind(1, pack).bind(2, static_cast<std::int64_t>(size));
    std::vector<NeededRecord> records;
    std::uint64_t end = kPackHeaderSize;
    while (rows.step()) {
        const auto begin = static_cast<std::uint64_t>(rows.integer(0));
        const auto stored = static_cast<std::uint64_t>(rows.integer(1));
        if (begin < end || stored < kRecordHeaderSize || stored > size - begin)
            throw Error(ErrorCode::damaged,
                        fmt::format("the catalog is damaged: records overlap in {} at {}", pack_name(pack), begin));
        end = begin + stored;
        records.push_back({{begin, end}, rows.integer(2)});
    }
    return records;
}

std::vector<PackRange> gaps_between(const std::vector<NeededRecord>& records, std::uint64_t size) {
    std::vector<PackRange> gaps;
    std::uint64_t end = kPackHeaderSize;
    for (const auto& record : records) {
        if (record.range.begin > end) gaps.push_back({end, record.range.begin});
        end = record.range.end;
    }
    if (size > end) gaps.push_back({end, size});
    return gaps;
}

PackRange blocks_in(PackRange gap, std::uint64_t block_size) {
    const auto begin = (gap.begin + kRecordHeaderSize + block_size - 1) / block_size * block_size;
    const auto end = gap.end / block_size * block_size;
    return begin < end ? PackRange{begin, end} : PackRange{gap.end, gap.end};
}

std::vector<NeededRun> runs_of(const std::vector<NeededRecord>& records, std::uint64_t size, std::uint64_t block_size) {
    std::vector<NeededRun> runs;
    std::vector<PackRange> ranges;
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (runs.empty() || ranges.back().end != records[i].range.begin) {
            runs.push_back({.first = i});
            ranges.push_back({records[i].range.begin, records[i].range.begin});
        }
        ++runs.back().count;
        ranges.back().end = records[i].range.end;
        runs.back().size = ranges.back().size();
        runs.back().is_fixed |= records[i].content == 0;
    }
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const PackRange before{i == 0 ? kPackHeaderSize : ranges[i - 1].end, ranges[i].begin};
        const PackRange after{ranges[i].end, i + 1 == runs.size() ? size : ranges[i + 1].begin};
        const auto waste = [&](PackRange gap) { return gap.size() == 0 ? 0 : waste_of(gap, block_size); };
        const auto now = waste(before) + waste(after);
        const auto then = waste({before.begin, after.end});
        runs[i].gain = now > then ? now - then : 0;
    }
    return runs;
}

}  // namespace kist::repository
