#include "cli/source_renaming.hpp"

#include "kist/base/error.hpp"
#include "kist/base/nearest_name.hpp"
#include "kist/config/configuration.hpp"
#include "kist/os/directory.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {
namespace {

using repository::Source;

void require_possible(const std::string& name) {
    if (name.empty() || config::is_name(name)) return;
    throw Error(ErrorCode::usage, fmt::format("{} cannot be the name of a source", os::printable(name)),
                "A name begins with a letter and has letters, digits, '-', '_' and '.' in it; it may not be one that "
                "snapshots have, such as today.");
}

bool is_called(const Source& source, const std::string& name) {
    return !name.empty() && (source.name == name || source.path == name);
}

Error nothing_called(const SourceRenaming& renaming, const std::vector<Source>& sources) {
    std::vector<std::string> names;
    for (const auto& source : sources)
        if (!source.name.empty()) names.push_back(source.name);
    const auto nearest = nearest_name(renaming.old_name, names);
    return {ErrorCode::not_found,
            fmt::format("no source{} is called {}",
                        renaming.host.empty() ? "" : " of the host " + os::printable(renaming.host),
                        os::printable(renaming.old_name)),
            nearest ? fmt::format("Did you mean {}?", os::printable(*nearest))
                    : "`kist source list` shows names and paths."};
}

Error ambiguous(const SourceRenaming& renaming, const std::vector<Source>& choices) {
    std::vector<std::string> shown;
    for (const auto& source : choices)
        shown.push_back(fmt::format("{}:{}", os::printable(source.host), os::printable(source.path)));
    return {ErrorCode::usage,
            fmt::format("{} could be of several hosts: {}", os::printable(renaming.old_name), fmt::join(shown, ", ")),
            "Say which one with --host."};
}

void require_free(const SourceRenaming& renaming, const std::vector<Source>& chosen,
                  const std::vector<Source>& sources) {
    if (renaming.new_name.empty() || renaming.joining == Joining::allow) return;
    for (const auto& source : sources) {
        const bool is_chosen = std::ranges::find(chosen, source.id, &Source::id) != chosen.end();
        if (is_chosen || source.host != chosen.front().host || source.name != renaming.new_name) continue;
        throw Error(ErrorCode::usage,
                    fmt::format("{} is the name of {}", os::printable(renaming.new_name), os::printable(source.path)),
                    "Choose another one, or put both under one name with --join.");
    }
}

}  // namespace

std::vector<Source> sources_to_rename(const SourceRenaming& renaming, const std::vector<Source>& sources) {
    require_possible(renaming.new_name);
    std::vector<Source> chosen;
    for (const auto& source : sources)
        if (is_called(source, renaming.old_name) && (renaming.host.empty() || source.host == renaming.host))
            chosen.push_back(source);
    const auto is_elsewhere = [&](const Source& source) { return source.host != renaming.this_host; };
    if (!std::ranges::all_of(chosen, is_elsewhere) && renaming.host.empty()) std::erase_if(chosen, is_elsewhere);
    if (chosen.empty()) throw nothing_called(renaming, sources);
    const auto& host = chosen.front().host;
    if (!std::ranges::all_of(chosen, [&](const Source& source) { return source.host == host; }))
        throw ambiguous(renaming, chosen);
    require_free(renaming, chosen, sources);
    return chosen;
}

}  // namespace kist::cli
