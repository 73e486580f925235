#include "cli/source_choice.hpp"

#include "kist/base/error.hpp"
#include "kist/base/nearest_name.hpp"
#include "kist/os/directory.hpp"

#include "cli/mail_account.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

namespace kist::cli {
namespace {

std::vector<ChosenSource> all_of(const config::Source& source) {
    std::vector<ChosenSource> chosen;
    for (const auto& path : source.paths) chosen.push_back({path, &source});
    if (source.mailbox) chosen.push_back({source.mailbox->url, &source});
    return chosen;
}

// A mistyped name is no missing folder.
void refuse_unknown_name(const std::string& word, const config::Configuration& configuration) {
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(word, ignored))) return;
    std::vector<std::string> names;
    for (const auto& source : configuration.sources) names.push_back(source.name);
    const auto nearest = nearest_name(word, names);
    if (nearest)
        throw Error(ErrorCode::not_found,
                    fmt::format("there is no folder or file and no configured source {}", os::printable(word)),
                    fmt::format("Did you mean {}?", os::printable(*nearest)));
}

std::vector<ChosenSource> meaning_of(const std::string& word, const Configured& configured) {
    const auto& configuration = configured.get();
    if (word.find('/') == std::string::npos) {
        if (const auto* source = configuration.find_source(word)) return all_of(*source);
        refuse_unknown_name(word, configuration);
    }
    if (mailproto::is_mail_url(word)) return {{word, find_mail_account(configured, word).configured}};
    std::error_code missing;  // the backup itself will say so
    const auto path = std::filesystem::canonical(word, missing).string();
    return {{word, missing ? nullptr : configuration.find_source_of(path)}};
}

}  // namespace

std::vector<ChosenSources> choose_sources(const GlobalOptions& options, const std::vector<std::string>& words) {
    const auto& configuration = options.configured.get();
    std::vector<ChosenSource> chosen;
    const auto add = [&](std::vector<ChosenSource> more) { chosen.insert(chosen.end(), more.begin(), more.end()); };
    for (const auto& word : words) add(meaning_of(word, options.configured));
    if (words.empty())
        for (const auto& source : configuration.sources) add(all_of(source));
    if (chosen.empty())
        throw Error(
            ErrorCode::usage, "no source was named, and none is configured",
            "Name folders or files: kist backup FOLDER. `man kist`, CONFIGURATION, tells how to give them names.");
    std::vector<ChosenSources> by_volume;
    for (auto& source : chosen) {
        const auto volume =
            !options.volume.empty() || source.configured == nullptr ? options.volume : source.configured->volume;
        auto group = std::ranges::find(by_volume, volume, &ChosenSources::volume);
        if (group == by_volume.end()) group = by_volume.insert(by_volume.end(), {volume, {}});
        group->sources.push_back(std::move(source));
    }
    return by_volume;
}

}  // namespace kist::cli
