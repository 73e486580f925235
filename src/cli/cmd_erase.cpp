#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/erase.hpp"

#include "cli/commands.hpp"
#include "cli/consent.hpp"
#include "cli/json_names.hpp"
#include "cli/session.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class Erase : public Command {
  public:
    void declare(Options& options) override {
        options.argument("TARGET", target_, "The volume: container file, device, label or UUID", Presence::required);
        options.text("--yes-erase", "ID", yes_erase_, "Do not ask; ID is the volume's label or UUID");
        options.footer(
            "Example:\n  kist erase disk.kist\n\n"
            "All keys are destroyed: nobody can read the volume any more, whatever they know. A header that was saved\n"
            "before still opens it: destroy such files, too. The volume must be closed. The file or partition itself\n"
            "stays.");
    }

    ExitCode run(Context& context) override {
        const auto volume = volume::examine_for_erasing(find_closed(context));
        const auto uuid = to_string(volume.uuid);
        const auto path = os::printable(volume.path);
        context.console.note(fmt::format("{}: {}, encrypted volume {}, UUID {}", path, to_string(volume.size),
                                         volume.label.empty() ? "without label" : os::printable(volume.label), uuid));
        std::vector<std::string> identifiers{uuid};
        if (!volume.label.empty()) identifiers.push_back(volume.label);
        require_typed_name(yes_erase_, identifiers, identifiers.back());
        volume::erase(volume);
        report(context, volume);
        return ExitCode::done;
    }

  private:
    std::string find_closed(const Context& context) const {
        const auto place = find_place(context.options, target_);
        if (place.open && place.open->state == volume::VolumeState::open)
            throw Error(ErrorCode::busy,
                        fmt::format("{} is open at {}", os::printable(place.open->container),
                                    os::printable(place.open->mount_point)),
                        fmt::format("Close it first: kist close {}", os::printable(place.open->container)));
        if (!place.directory.empty())
            throw Error(ErrorCode::usage, os::printable(place.directory) + " is a folder, not an encrypted volume");
        return place.open ? container_of(*place.open) : place.container;
    }

    static void report(Context& context, const volume::Erasable& volume) {
        if (context.json()) {
            Json line{{"type", "erased"}};
            put_path(line, "container", volume.path);
            put_path(line, "label", volume.label);
            line["uuid"] = to_string(volume.uuid);
            context.output.json(line);
            return;
        }
        context.output.line(fmt::format("Erased {}: no key slot and no header is left.", os::printable(volume.path)));
        context.output.line("A header that was saved before still opens it: destroy such files, too.");
    }

    std::string target_;
    std::string yes_erase_;
};

}  // namespace

std::unique_ptr<Command> make_erase() {
    return std::make_unique<Erase>();
}

}  // namespace kist::cli
