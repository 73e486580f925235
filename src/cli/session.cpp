#include "cli/session.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/diagnosis.hpp"
#include "kist/volume/locate.hpp"
#include "kist/volume/mounted_folder.hpp"
#include "kist/volume/mounted_volume.hpp"
#include "kist/volume/target.hpp"

#include "cli/unlock.hpp"
#include "cli/volume_report.hpp"

#include <filesystem>

#include <fmt/format.h>

namespace kist::cli {
namespace {

using Open = repository::Repository (*)(const std::string& root, const repository::Binding& binding);

// What is done with a repository, and how it is opened.
struct Work {
    std::function<ExitCode(repository::Repository&)> run;
    Open open = repository::Repository::open;
};

volume::OpenVolume the_only_open() {
    auto volumes = volume::list_open();
    if (volumes.empty())
        throw Error(ErrorCode::usage, "no volume is open, and none was named",
                    "Name one with --volume FILE, or open one: kist open FILE");
    if (volumes.size() > 1)
        throw Error(ErrorCode::usage, "more than one volume is open:\n" + describe_open(volumes),
                    "Say which one with --volume.");
    return std::move(volumes.front());
}

Error no_such_volume(const std::string& name) {
    const auto open = describe_open(volume::list_open());
    return Error(
        ErrorCode::not_found,
        fmt::format("no volume {}: it is neither a file or device, nor the label or UUID of a disk that is plugged in",
                    os::printable(name)),
        open.empty() ? "" : "Open are:\n" + open);
}

Place place_called(const std::string& name) {
    if (auto open = volume::find(name)) return {std::move(open), {}, {}};
    std::error_code ignored;
    const auto status = std::filesystem::status(name, ignored);
    if (std::filesystem::is_directory(status)) return {{}, {}, name};
    if (std::filesystem::exists(status)) {
        const auto device = volume::volume_device(name);
        return {device == name ? std::nullopt : volume::find(device), device, {}};
    }
    if (const auto device = volume::locate(name)) return {volume::find(*device), *device, {}};
    throw no_such_volume(name);
}

bool is_called(const volume::OpenVolume& open, const config::Volume& volume) {
    return volume.uuid.empty() ? open.identity.label == volume.label : parse_uuid(volume.uuid) == open.identity.luks;
}

// By what the configuration says: a file that happens to be called like its label is not meant.
Place place_of(const config::Volume& volume) {
    if (!volume.path.empty()) return place_called(volume.path);
    std::vector<volume::OpenVolume> open;
    for (auto& one : volume::list_open())
        if (is_called(one, volume)) open.push_back(std::move(one));
    if (open.size() > 1)
        throw Error(ErrorCode::usage,
                    fmt::format("several open volumes are the configuration's {}:\n{}", os::printable(volume.name),
                                describe_open(open)),
                    "Say which one with --volume.");
    if (!open.empty()) return {std::move(open.front()), {}, {}};
    const auto name = volume.uuid.empty() ? "LABEL=" + volume.label : "UUID=" + volume.uuid;
    if (const auto device = volume::locate(name)) return {volume::find(*device), *device, {}};
    throw Error(ErrorCode::not_found,
                fmt::format("the volume {} ({}) is not plugged in", os::printable(volume.name), os::printable(name)),
                "Plug it in, or name another one with --volume.");
}

// Binding: a copied or swapped disk is refused. Nothing below the volume's root stays open after it.
ExitCode run_in(const volume::MountedVolume& volume, const Work& work) {
    auto repository = work.open(volume.mount_point(), binding_of(volume.identity()));
    return work.run(repository);
}

// An I/O error tells nothing of the disk that was pulled, or of the full filesystem below a container.
ExitCode run_on(const volume::MountedVolume& volume, const Work& work) {
    try {
        return run_in(volume, work);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::interrupted || error.code() == ErrorCode::usage) throw;
        const auto reason = volume::diagnose(volume.description());
        if (!reason) throw;
        throw Error(reason->code(), fmt::format("{} ({})", reason->message(), error.message()), reason->hint());
    }
}

ExitCode run_on_directory(const std::string& path, const Work& work) {
    auto repository = work.open(path, binding_of_folder(path).value_or(repository::Binding{}));
    return work.run(repository);
}

void say_if_engine_died(Context& context, const volume::CloseSummary& summary) {
    if (summary.had_been_unplugged)
        throw Error(ErrorCode::failed,
                    "the volume's disk was unplugged while it was open: what was written last may be missing",
                    "Plug it in and run the command again: the volume recovers when it is opened.");
    if (summary.engine_had_died)
        throw Error(ErrorCode::failed,
                    "the volume's engine died while it was open: what was written last may be missing",
                    "Run the command again: the volume recovers when it is opened.");
    context.console.detail("Closed the volume again.");
}

ExitCode run_on_closed(Context& context, const std::string& container, const Work& work) {
    auto volume = volume::open({container, ""}, unlock_with(context));
    context.console.detail(
        fmt::format("Opened {} at {}.", os::printable(container), os::printable(volume.mount_point())));
    ExitCode code{};
    try {
        code = run_on(volume, work);
    } catch (...) {
        try {
            volume.close();
        } catch (const Error& error) {
            context.console.error(error.message());
        }
        throw;
    }
    say_if_engine_died(context, volume.close());
    return code;
}

ExitCode run_at(Context& context, const Place& place, const Work& work) {
    if (!place.directory.empty()) return run_on_directory(place.directory, work);
    if (!place.open) return run_on_closed(context, place.container, work);
    if (place.open->state == volume::VolumeState::open) return run_on(volume::MountedVolume::attach(*place.open), work);
    return run_on_closed(context, container_of(*place.open), work);
}

}  // namespace

std::string describe_open(const std::vector<volume::OpenVolume>& volumes) {
    std::string text;
    for (const auto& volume : volumes)
        text += fmt::format("{}  {} ({}, {}{} at {})", text.empty() ? "" : "\n", os::printable(volume.container),
                            os::printable(volume.identity.label), to_text(volume.state),
                            volume.state == volume::VolumeState::open ? "" : ", was open",
                            os::printable(volume.mount_point));
    return text;
}

std::string container_of(const volume::OpenVolume& volume) {
    if (volume.state != volume::VolumeState::unplugged) return volume.container;
    if (auto device = volume::locate(to_string(volume.identity.luks))) return std::move(*device);
    std::error_code ignored;
    if (std::filesystem::is_regular_file(volume.container, ignored)) return volume.container;
    throw Error(ErrorCode::not_found, os::printable(volume.container) + " has been unplugged",
                "Plug it in again and try again.");
}

std::optional<repository::Binding> binding_of_folder(const std::string& path) {
    const auto mounted = volume::find_mounted_folder(path);
    if (!mounted) return std::nullopt;
    return repository::Binding{{}, mounted->filesystem.value_or(Uuid{})};
}

Place find_place(const GlobalOptions& options) {
    return find_place(options, "");
}

Place find_place(const GlobalOptions& options, const std::string& target) {
    const auto& name = target.empty() ? options.volume : target;
    if (const auto* volume = options.configured.find_volume(name)) return place_of(*volume);
    if (name.empty()) return {the_only_open(), {}, {}};
    return place_called(name);
}

std::string volume_name(const GlobalOptions& options, const std::string& target) {
    const auto& name = target.empty() ? options.volume : target;
    return name.empty() ? options.configured.get().default_volume : name;
}

std::string place_name(const Place& place) {
    return place.open ? place.open->identity.label : place.container + place.directory;
}

ExitCode with_repository(Context& context, const Place& place,
                         const std::function<ExitCode(repository::Repository&)>& work) {
    return run_at(context, place, {work});
}

ExitCode with_repository(Context& context, const std::function<ExitCode(repository::Repository&)>& work) {
    return with_repository(context, find_place(context.options), work);
}

ExitCode with_repository_without_catalog(Context& context,
                                         const std::function<ExitCode(repository::Repository&)>& work) {
    return run_at(context, find_place(context.options), {work, repository::Repository::open_without_catalog});
}

}  // namespace kist::cli
