#include "kist/base/error.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/coverage.hpp"
#include "kist/repository/drill.hpp"

#include "repository/entry_row.hpp"
#include "repository/layout.hpp"

#include <algorithm>
#include <cerrno>
#include <sstream>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::size_t kLongest = 4096;
constexpr const char* kFirstLine = "kist-drill 1";

std::string path_of(const Repository& repository) {
    return fmt::format("{}/{}/{}", repository.path(), kControl, kDrillFile);
}

bool lacks_a_place(const Error& error) {
    return error.error_number() == EROFS || error.code() == ErrorCode::no_space;
}

void remember_damage(const Repository& repository, std::uint64_t failures, Timestamp time) {
    const auto known = read_coverage(repository).damaged;
    record_damage(repository, std::max(known, failures), time);
}

}  // namespace

std::optional<DrillRecord> read_last_drill(const Repository& repository) {
    if (!repository.control().find_status(kDrillFile)) return std::nullopt;
    std::istringstream lines(os::read_small_file(path_of(repository), kLongest));
    std::string line;
    if (!std::getline(lines, line) || line != kFirstLine) return std::nullopt;
    DrillRecord record;
    std::int64_t value = 0;
    for (std::string key; lines >> key >> value;) {
        const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
        if (key == "time") record.time = timestamp(value);
        if (key == "files") record.files = count;
        if (key == "bytes") record.bytes = {count};
        if (key == "failures") record.failures = count;
    }
    if (record.files == 0) return std::nullopt;
    return record;
}

void record_drill(const Repository& repository, const DrillResult& result, Timestamp time) {
    if (result.files == 0) return;
    try {
        os::replace_small_file(path_of(repository),
                               fmt::format("{}\ntime {}\nfiles {}\nbytes {}\nfailures {}\n", kFirstLine,
                                           nanoseconds(time), result.files, result.bytes.value, result.failure_count),
                               0600);
        if (result.failure_count > 0) remember_damage(repository, result.failure_count, time);
    } catch (const Error& error) {
        if (!lacks_a_place(error)) throw;
    }
}

}  // namespace kist::repository
