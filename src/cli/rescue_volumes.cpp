#include "cli/rescue_volumes.hpp"

#include "kist/base/error.hpp"
#include "kist/block/luks_devices.hpp"
#include "kist/luks/preparation.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/open_volume.hpp"

#include "cli/prompt.hpp"
#include "cli/rescue_choice.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace kist::cli {
namespace {

struct Candidate {
    Place place;
    std::string text;  // printable
};

std::vector<Candidate> open_ones(const std::vector<volume::OpenVolume>& open) {
    std::vector<Candidate> found;
    for (const auto& volume : open) found.push_back({{volume, {}, {}}, describe_open({volume})});
    return found;
}

bool is_among(const std::vector<volume::OpenVolume>& open, const block::LuksDevice& device) {
    const auto uuid = parse_uuid(device.uuid);
    return std::ranges::any_of(open, [&](const auto& volume) { return uuid && volume.identity.luks == *uuid; });
}

bool says_kist(const block::LuksDevice& device) {
    try {
        return luks::is_made_by_kist(device.path);
    } catch (const Error&) {  // it cannot be read, so it says nothing
        return false;
    }
}

std::vector<Candidate> plugged_in(const std::vector<volume::OpenVolume>& open, bool made_by_kist) {
    std::vector<Candidate> found;
    for (const auto& device : block::luks_devices())
        if (!is_among(open, device) && says_kist(device) == made_by_kist)
            found.push_back({{{}, device.path, {}},
                             fmt::format("{}  {}  {}", device.path, os::printable(device.label), device.uuid)});
    return found;
}

std::vector<Candidate> candidates() {
    const auto open = volume::list_open();
    auto found = open_ones(open);
    const auto closed = plugged_in(open, true);
    found.insert(found.end(), closed.begin(), closed.end());
    return found.empty() ? plugged_in(open, false) : found;
}

std::string list_of(const std::vector<Candidate>& found) {
    std::string list;
    for (std::size_t i = 0; i < found.size(); ++i)
        list += fmt::format("{}  {}  {}", i > 0 ? "\n" : "", i + 1, found[i].text);
    return list;
}

}  // namespace

Place find_rescue_place(Context& context) {
    if (!context.options.volume.empty()) return find_place(context.options);
    const auto found = candidates();
    if (found.empty())
        throw Error(ErrorCode::not_found, "no volume was found",
                    "Plug the disk in, or name a container file: kist --volume FILE rescue");
    if (found.size() == 1) {
        context.console.note("Found " + found.front().text);
        return found.front().place;
    }
    if (!can_ask())
        throw Error(ErrorCode::usage, "there are several volumes:\n" + list_of(found), "Say which one with --volume.");
    context.console.note(list_of(found));
    const auto positions = parse_positions(ask_line("Which volume? Its number"), found.size());
    if (!positions || positions->size() != 1) throw Error(ErrorCode::usage, "that is none of the numbers");
    return found[positions->front()].place;
}

}  // namespace kist::cli
