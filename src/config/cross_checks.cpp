#include "config/cross_checks.hpp"

#include "kist/base/nearest_name.hpp"
#include "kist/os/directory.hpp"

#include <string>

#include <fmt/format.h>

namespace kist::config {
namespace {

struct Place {
    const Source& source;
    const std::string& path;
};

bool overlap(const std::string& a, const std::string& b) {
    const auto& shorter = a.size() < b.size() ? a : b;
    const auto& longer = a.size() < b.size() ? b : a;
    return longer == shorter || longer.starts_with(shorter == "/" ? shorter : shorter + "/");
}

}  // namespace

void check_volume_name(const std::optional<Text>& name, const Configuration& configuration,
                       std::vector<Problem>& problems) {
    if (!name || configuration.find_volume(name->text) != nullptr) return;
    std::vector<std::string> known;
    for (const auto& volume : configuration.volumes) known.push_back(volume.name);
    const auto nearest = nearest_name(name->text, known);
    problems.push_back({name->origin, fmt::format("there is no [volume.{}]", os::printable(name->text)),
                        nearest ? fmt::format("Did you mean {}?", os::printable(*nearest)) : ""});
}

void check_overlaps(const Configuration& configuration, std::vector<Problem>& problems) {
    std::vector<Place> places;
    for (const auto& source : configuration.sources)
        for (const auto& path : source.paths) {
            for (const auto& earlier : places)
                if (earlier.source.volume == source.volume && overlap(earlier.path, path))
                    problems.push_back(
                        {source.origin,
                         fmt::format("{} overlaps {} of [source.{}] on the same volume", os::printable(path),
                                     os::printable(earlier.path), os::printable(earlier.source.name)),
                         ""});
            places.push_back({source, path});
        }
}

}  // namespace kist::config
