// Saving, restoring and showing LUKS headers.

#include "kist/base/error.hpp"
#include "kist/luks/header_backup.hpp"
#include "kist/luks/header_pin.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/header_restore.hpp"
#include "kist/volume/local_state.hpp"

#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/prompt.hpp"
#include "cli/unlock.hpp"
#include "cli/volume_header.hpp"

#include <filesystem>

#include <fmt/format.h>

namespace kist::cli {
namespace {

// Remembers that `file` holds the header as it is now.
void remember_backup(Context& context, const luks::Header& header, const std::string& file) {
    const auto folder = volume::local_state_folder();
    auto state = volume::read_local_state(folder, header.uuid());
    state.header_backup = volume::HeaderBackup{std::filesystem::absolute(file).string(), context.clock.now(),
                                               luks::metadata_fingerprint(header)};
    volume::write_local_state(folder, header.uuid(), state);
}

class HeaderSave : public Command {
  public:
    void declare(Options& options) override {
        options.argument("FILE", file_, "The file to make; not on the volume itself", Presence::required);
        options.footer(
            "The copy is read again and opened with a key of the volume, which is asked for. Keep it apart from the\n"
            "disk: with it, a damaged header can be replaced. It opens with the keys of today, also after they "
            "changed.");
    }
    ExitCode run(Context& context) override {
        const auto volume = load_header(context.options);
        require_elsewhere(volume.place);
        luks::save_header(volume.header, file_, [&](const luks::Header& copy) {
            return unlock(context, copy, {.name = volume.name}).volume_key;
        });
        remember_backup(context, volume.header, file_);
        if (context.json())
            context.output.json({{"type", "header-saved"}, {"uuid", to_string(volume.header.uuid())}});
        else
            context.output.line(fmt::format("The header of {} is saved in {}; the copy opens with the key.",
                                            volume.name, os::printable(file_)));
        return ExitCode::done;
    }

  private:
    void require_elsewhere(const Place& place) const {
        if (!place.open || place.open->state != volume::VolumeState::open) return;
        const auto folder = std::filesystem::absolute(file_).parent_path().string();
        const auto filesystem = os::Directory::open(folder).own_status().device;
        if (filesystem == os::Directory::open(place.open->mount_point).own_status().device)
            throw Error(ErrorCode::usage,
                        os::printable(file_) + " would lie on the volume itself, which needs its header to be read",
                        "Save it to another disk.");
    }

    std::string file_;
};

class HeaderRestore : public Command {
  public:
    void declare(Options& options) override {
        options.argument("FILE", file_, "What kist header save or cryptsetup luksHeaderBackup made",
                         Presence::required);
        options.flag("--yes", yes_, "Do not ask, where the volume's header has the same UUID or cannot be read");
        options.text("--yes-replace", "UUID", replaced_, "Do not ask, where the volume's header has this other UUID");
        options.footer("The volume must be closed. What stood in the header's place is saved first.");
    }

    ExitCode run(Context& context) override {
        const auto place = find_place(context.options);
        const auto container = container_of(place);
        if (place.open && place.open->state == volume::VolumeState::open)
            throw Error(ErrorCode::busy, os::printable(container) + " is open", "Close it first: kist close");
        const auto copy = luks::load_saved_header(file_, container);
        const auto present = find_header(container);
        show(context, container, present, copy);
        require_wanted(present, copy);
        const auto undo = undo_file(context, copy);
        volume::restore_header(container, file_, undo);
        report(context, luks::Header::load(container), undo);
        return ExitCode::done;
    }

  private:
    static std::optional<luks::Header> find_header(const std::string& container) {
        try {
            return luks::Header::load(container);
        } catch (const Error& error) {
            if (error.error_number() != 0) throw;  // the disk, not the header
            return std::nullopt;
        }
    }

    static std::string describe(const luks::Header& header) {
        return fmt::format("UUID {}, label \"{}\", {} keys", to_string(header.uuid()), os::printable(header.label()),
                           luks::keyslots(header).size());
    }

    void show(Context& context, const std::string& container, const std::optional<luks::Header>& present,
              const luks::Header& copy) const {
        const auto written = os::Directory::open(std::filesystem::absolute(file_).parent_path().string())
                                 .status(std::filesystem::path(file_).filename().string())
                                 .mtime;
        context.console.note(fmt::format("On {}: {}", os::printable(container),
                                         present ? describe(*present) : "no header that can be read"));
        context.console.note(
            fmt::format("In {}, of {}: {}", os::printable(file_), local_time(written), describe(copy)));
    }

    void require_wanted(const std::optional<luks::Header>& present, const luks::Header& copy) const {
        const bool same = !present || present->uuid() == copy.uuid();
        if (same ? yes_ : parse_uuid(replaced_) == present->uuid()) return;
        if (!can_ask())
            throw Error(ErrorCode::usage,
                        same ? "there is no terminal to ask whether the header is to be replaced"
                             : "the header to be replaced is another volume's, by its UUID",
                        same ? "Say --yes beforehand." : "If it is to go: --yes-replace " + to_string(present->uuid()));
        const bool wanted = same ? confirm("Replace the first by the second?")
                                 : type_back(
                                       "These are two volumes. What the first one's header opens will be lost. Type "
                                       "its UUID to replace it",
                                       to_string(present->uuid()));
        if (!wanted) throw Error(ErrorCode::interrupted, "not confirmed", "Nothing was changed.");
    }

    static std::string undo_file(Context& context, const luks::Header& copy) {
        const auto folder = volume::local_state_folder();
        volume::write_local_state(folder, copy.uuid(), volume::read_local_state(folder, copy.uuid()));
        const auto now = context.clock.now().time_since_epoch().count();
        return fmt::format("{}/{}.header-before-{}", folder, to_string(copy.uuid()), now);
    }

    void report(Context& context, const luks::Header& header, const std::string& undo) const {
        remember_backup(context, header, file_);
        if (context.json())
            context.output.json({{"type", "header-restored"}, {"uuid", to_string(header.uuid())}, {"undo", undo}});
        else
            context.output.line(fmt::format("Restored. What stood there before is in {}, to be restored likewise.",
                                            os::printable(undo)));
    }

    std::string file_;
    std::string replaced_;
    bool yes_ = false;
};

class HeaderDump : public Command {
  public:
    void declare(Options& options) override {
        options.footer("Never asks for a key. With --json the key slots follow, one a line.");
    }
    ExitCode run(Context& context) override {
        const auto volume = load_header(context.options);
        const auto state = volume::read_local_state(volume::local_state_folder(), volume.header.uuid());
        const auto pin = luks::pin_of(volume.header);
        context.json() ? print_json(context, volume.header, state, pin)
                       : print_text(context, volume.header, state, pin);
        print_keyslots(context, volume.header);
        return state.pin && *state.pin != pin ? ExitCode::damaged : ExitCode::done;
    }

  private:
    static std::string judgement(const volume::LocalState& state, const luks::HeaderPin& pin) {
        if (!state.pin) return "not known to this machine yet";
        const auto changed = luks::difference(*state.pin, pin);
        return changed.empty() ? "the one that this machine knows" : "CHANGED: " + changed;
    }

    static void print_text(Context& context, const luks::Header& header, const volume::LocalState& state,
                           const luks::HeaderPin& pin) {
        const auto line = [&](const char* name, const std::string& value) {
            context.output.line(fmt::format("{:<14}{}", name, value));
        };
        line("UUID", to_string(header.uuid()));
        line("Label", os::printable(header.label()));
        line("Cipher", os::printable(pin.cipher));
        line("Key", fmt::format("{} bits", pin.key_size * 8));
        line("Sectors", fmt::format("{} bytes", pin.sector_size));
        line("Data begin at", fmt::format("{} bytes", pin.data_offset));
        line("Header", judgement(state, pin));
        line("Saved", !state.header_backup ? "never"
                                           : fmt::format("{} to {}", local_time(state.header_backup->time),
                                                         os::printable(state.header_backup->path)));
    }

    static void print_json(Context& context, const luks::Header& header, const volume::LocalState& state,
                           const luks::HeaderPin& pin) {
        Json line{{"type", "header"},
                  {"uuid", to_string(header.uuid())},
                  {"cipher", pin.cipher},
                  {"key_size", pin.key_size},
                  {"sector_size", pin.sector_size},
                  {"data_offset", pin.data_offset},
                  {"known", state.pin.has_value()},
                  {"changed", state.pin && *state.pin != pin}};
        put_path(line, "label", header.label());
        if (state.header_backup) {
            put_path(line, "saved_to", state.header_backup->path);
            line["saved"] = to_rfc3339(state.header_backup->time);
        }
        context.output.json(line);
    }
};

}  // namespace

std::unique_ptr<Command> make_header_save() {
    return std::make_unique<HeaderSave>();
}

std::unique_ptr<Command> make_header_restore() {
    return std::make_unique<HeaderRestore>();
}

std::unique_ptr<Command> make_header_dump() {
    return std::make_unique<HeaderDump>();
}

}  // namespace kist::cli
