#include "kist/repository/coverage.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include "repository/entry_row.hpp"
#include "repository/layout.hpp"

#include <algorithm>
#include <cerrno>
#include <sstream>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr std::size_t kLongest = 4096;
constexpr const char* kFirstLine = "kist-coverage 1";

std::string path_of(const Repository& repository) {
    return fmt::format("{}/{}/{}", repository.path(), kControl, kCoverageFile);
}

std::string text_of(const Coverage& coverage) {
    auto text = fmt::format("{}\nnext {}\n", kFirstLine, coverage.next);
    if (coverage.begun) text += fmt::format("begun {}\n", nanoseconds(*coverage.begun));
    if (coverage.completed) text += fmt::format("completed {}\n", nanoseconds(*coverage.completed));
    if (coverage.damaged > 0 && coverage.found)
        text += fmt::format("damaged {}\nfound {}\n", coverage.damaged, nanoseconds(*coverage.found));
    return text;
}

void write(const Repository& repository, const Coverage& coverage) {
    try {
        os::replace_small_file(path_of(repository), text_of(coverage), 0600);
    } catch (const Error& error) {
        if (error.error_number() != EROFS) throw;
    }
}

}  // namespace

bool HashRange::contains(const Digest& hash) const {
    const auto number =
        std::to_integer<std::uint32_t>(hash.bytes[0]) << 8U | std::to_integer<std::uint32_t>(hash.bytes[1]);
    return number >= begin && number < end;
}

Coverage read_coverage(const Repository& repository) {
    Coverage coverage;
    if (!repository.control().find_status(kCoverageFile)) return coverage;
    std::istringstream lines(os::read_small_file(path_of(repository), kLongest));
    std::string line;
    if (!std::getline(lines, line) || line != kFirstLine) return coverage;
    std::int64_t value = 0;
    for (std::string key; lines >> key >> value;) {
        if (key == "next" && value >= 0 && value < HashRange::kAll) coverage.next = static_cast<std::uint32_t>(value);
        if (key == "begun") coverage.begun = timestamp(value);
        if (key == "completed") coverage.completed = timestamp(value);
        if (key == "damaged" && value > 0) coverage.damaged = static_cast<std::uint64_t>(value);
        if (key == "found") coverage.found = timestamp(value);
    }
    return coverage;
}

unsigned Coverage::percent() const {
    return next == 0 ? 100 : next * 100 / HashRange::kAll;
}

HashRange next_sample(const Coverage& coverage, unsigned percent) {
    const auto size = (HashRange::kAll * percent + 99) / 100;
    return {coverage.next, std::min(HashRange::kAll, coverage.next + size)};
}

void record_coverage(const Repository& repository, const HashRange& range, Timestamp began) {
    auto coverage = read_coverage(repository);
    if (range.begin == 0 || !coverage.begun) coverage.begun = began;
    const bool goes_on = range.begin == 0 || range.begin == coverage.next;
    coverage.next = range.end % HashRange::kAll;
    if (coverage.next == 0 && goes_on) coverage.completed = coverage.begun;
    write(repository, coverage);
}

void record_damage(const Repository& repository, std::uint64_t damaged, Timestamp found) {
    auto coverage = read_coverage(repository);
    if (damaged == 0 && coverage.damaged == 0) return;
    coverage.damaged = damaged;
    coverage.found = found;
    write(repository, coverage);
}

}  // namespace kist::repository
