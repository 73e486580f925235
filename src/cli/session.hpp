#pragma once
// The volume a command works on: an open one, or a closed one that is opened for the command and closed again, or a
// mounted folder that holds a repository.

#include "kist/repository/repository.hpp"
#include "kist/volume/open_volume.hpp"

#include "cli/command.hpp"

#include <functional>
#include <optional>
#include <string>

namespace kist::cli {

// Where --volume leads.
struct Place {
    std::optional<volume::OpenVolume> open;  // an open volume; or one that does not work and has to be opened again
    std::string container;                   // a closed one: file or device
    std::string directory;                   // a folder that Kist neither opens nor closes
};

// The configuration's names and default volume come before disks' labels and what is open. Errors: not_found for a name
// that leads nowhere; usage without a name and a default unless exactly one volume is open.
Place find_place(const GlobalOptions& options);
// The same where a command names the volume itself: `target` instead of --volume unless it is empty.
Place find_place(const GlobalOptions& options, const std::string& target);

// What people call the volume that find_place() finds: as it was named, or the configuration's default. "": whichever
// is open.
std::string volume_name(const GlobalOptions& options, const std::string& target);
// Its label, or else where it is.
std::string place_name(const Place& place);

// Where an open volume that does not work any more can be opened again: a disk may have come back under another name.
// One that is not plugged in: not_found.
std::string container_of(const volume::OpenVolume& volume);

// Runs `work` on the repository there. Asks for a key only where the volume is closed, and closes it again however
// `work` ends; where closing fails too, `work`'s own error is thrown and the other one shown.
ExitCode with_repository(Context& context, const std::function<ExitCode(repository::Repository&)>& work);
// With a place that is known already.
ExitCode with_repository(Context& context, const Place& place,
                         const std::function<ExitCode(repository::Repository&)>& work);

// Where the catalog may be lost or damaged, for making it anew.
ExitCode with_repository_without_catalog(Context& context,
                                         const std::function<ExitCode(repository::Repository&)>& work);

// "disk.kist (label, open at /run/kist/label)", one a line; "" for none.
std::string describe_open(const std::vector<volume::OpenVolume>& volumes);

inline repository::Binding binding_of(const volume::Identity& identity) {
    return {identity.luks, identity.filesystem};
}

// Of a folder that something else has mounted: its filesystem's UUID, zero where that has none. nullopt: nothing is
// mounted just there.
std::optional<repository::Binding> binding_of_folder(const std::string& path);

}  // namespace kist::cli
