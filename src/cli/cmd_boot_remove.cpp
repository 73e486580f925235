#include "kist/base/error.hpp"
#include "kist/luks/header.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/boot_entry.hpp"

#include "cli/boot_tables.hpp"
#include "cli/commands.hpp"
#include "cli/json_names.hpp"
#include "cli/session.hpp"

#include <optional>

#include <fmt/format.h>

namespace kist::cli {
namespace {

class BootRemove : public Command {
  public:
    void declare(Options& options) override {
        options.argument("TARGET", target_,
                         "The disk: UUID, mount point, device or label (default: --volume, or the only entry)");
        options.text("--root", "DIR", root_, kBootRootHelp);
        options.footer(
            "Takes away the lines that kist boot add wrote into /etc/crypttab and /etc/fstab, and nothing else. The\n"
            "disk need not be there: kist boot show lists the UUIDs.");
    }

    ExitCode run(Context& context) override {
        const auto tables = boot_tables(root_);
        const auto luks = choose(context, volume::boot_entries(tables));
        const auto change = luks ? volume::remove_boot_entry(tables, *luks) : volume::BootChange::nothing_to_do;
        report(context, luks, change);
        return ExitCode::done;
    }

  private:
    std::optional<Uuid> choose(Context& context, const std::vector<volume::BootLines>& entries) const {
        const auto& name = target_.empty() ? context.options.volume : target_;
        if (name.empty()) return the_only(entries);
        if (const auto uuid = parse_uuid(name)) return uuid;
        for (const auto& entry : entries)
            if (entry.mount_point == name) return entry.luks;
        const auto place = find_place(context.options, name);
        return place.open ? place.open->identity.luks : luks::Header::load(place.container).uuid();
    }

    static std::optional<Uuid> the_only(const std::vector<volume::BootLines>& entries) {
        if (entries.empty()) return std::nullopt;
        if (entries.size() == 1) return entries.front().luks;
        std::string list;
        for (const auto& entry : entries)
            list += fmt::format("\n  {} at {}", to_string(entry.luks), os::printable(entry.mount_point));
        throw Error(ErrorCode::usage, "there is more than one boot entry:" + list, "Name one of them.");
    }

    static void report(Context& context, const std::optional<Uuid>& luks, volume::BootChange change) {
        const bool changed = change == volume::BootChange::made;
        if (context.json()) {
            Json line{{"type", "boot-entry-removed"}, {"changed", changed}};
            if (luks) line["uuid"] = to_string(*luks);
            return context.output.json(line);
        }
        context.output.line(changed ? fmt::format("The boot entry of the volume {} is gone.", to_string(*luks))
                                    : "There is no such boot entry: nothing was changed.");
    }

    std::string target_;
    std::string root_;
};

}  // namespace

std::unique_ptr<Command> make_boot_remove() {
    return std::make_unique<BootRemove>();
}

}  // namespace kist::cli
