#include "cli/expected_sources.hpp"

#include "kist/base/error.hpp"
#include "kist/repository/mailbox_source.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

namespace kist::cli {
namespace {

std::string real_path(const std::string& path) {
    std::error_code missing;
    auto real = std::filesystem::canonical(path, missing).string();
    return missing ? path : real;
}

bool is_same(const Place& a, const Place& b) {
    if (a.open.has_value() != b.open.has_value()) return false;
    if (a.open) return a.open->mount_point == b.open->mount_point;
    if (!a.directory.empty()) return real_path(a.directory) == real_path(b.directory);
    return b.directory.empty() && real_path(a.container) == real_path(b.container);
}

// As `kist backup` finds it without --volume.
bool leads_to(const std::string& volume, const Place& place, const GlobalOptions& options) {
    try {
        GlobalOptions alone = options;
        alone.volume.clear();
        return is_same(find_place(alone, volume), place);
    } catch (const Error&) {  // not plugged in, or not the only one that is open
        return false;
    }
}

}  // namespace

std::vector<ExpectedSource> sources_expected_at(const Place& place, const GlobalOptions& options) {
    std::vector<ExpectedSource> expected;
    std::map<std::string, bool> known;
    for (const auto& source : options.configured.get().sources) {
        const auto [volume, is_new] = known.try_emplace(source.volume, false);
        if (is_new) volume->second = leads_to(source.volume, place, options);
        if (!volume->second) continue;
        for (const auto& path : source.paths) expected.push_back({source.name, path});
        if (source.mailbox) expected.push_back({source.name, repository::mailbox_path(source.name), true});
    }
    return expected;
}

std::vector<ExpectedSource> never_backed_up(std::vector<ExpectedSource> expected,
                                            const std::vector<repository::Source>& sources, const std::string& host) {
    std::erase_if(expected, [&](const ExpectedSource& wanted) {
        const auto path = wanted.is_mailbox ? wanted.path : real_path(wanted.path);
        const auto& owner = wanted.is_mailbox ? repository::kMailHost : host;
        return std::ranges::any_of(
            sources, [&](const repository::Source& source) { return source.host == owner && source.path == path; });
    });
    return expected;
}

}  // namespace kist::cli
