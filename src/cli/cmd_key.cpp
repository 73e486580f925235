// The verbs that change one key slot each, and the list of the slots.

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/new_key.hpp"
#include "cli/unlock.hpp"
#include "cli/volume_header.hpp"

#include <charconv>

#include <fmt/format.h>

namespace kist::cli {
namespace {

void report(Context& context, const char* type, int slot, const std::string& text) {
    if (context.json())
        context.output.json({{"type", type}, {"slot", slot}});
    else
        context.output.line(text);
}

class KeyList : public Command {
  public:
    void declare(Options& options) override {
        options.footer("Shows the key slots, and what a try of a passphrase costs. Never asks for a key.");
    }
    ExitCode run(Context& context) override {
        print_keyslots(context, load_header(context.options).header);
        return ExitCode::done;
    }
};

class KeyAdd : public Command {
  public:
    void declare(Options& options) override {
        new_key_.declare(options);
        options.footer(
            "Example:\n  kist --volume disk.kist key add --new-key-file /root/backup.key\n\n"
            "A key that opens the volume now is asked for first, or given by --key-file or --passphrase-command.");
    }
    ExitCode run(Context& context) override {
        new_key_.require_sensible(context.options.key);
        const auto volume = load_header(context.options);
        const auto unlocked = unlock(context, volume.header);
        const int slot = luks::add_key(volume.header, unlocked.volume_key, new_key_.read(volume.name), new_key_.cost());
        report(context, "key-added", slot, fmt::format("{} has a new key in slot {}.", volume.name, slot));
        return ExitCode::done;
    }

  private:
    NewKey new_key_;
};

class KeyChange : public Command {
  public:
    void declare(Options& options) override {
        new_key_.declare(options);
        options.footer(
            "The key that is asked for, or given by --key-file or --passphrase-command, is replaced. The new one is\n"
            "stored before the old one goes: interrupted, one of them fits.");
    }
    ExitCode run(Context& context) override {
        new_key_.require_sensible(context.options.key);
        const auto volume = load_header(context.options);
        const auto old =
            unlock(context, volume.header, {.question = "Present passphrase for", .tokens = Tokens::ignore});
        const int slot = luks::replace_key(volume.header, old, new_key_.read(volume.name), new_key_.cost());
        report(context, "key-changed", slot,
               fmt::format("{} has a new key in slot {}; the old one in slot {} is gone.", volume.name, slot,
                           old.keyslot));
        return ExitCode::done;
    }

  private:
    NewKey new_key_;
};

class KeyRemove : public Command {
  public:
    void declare(Options& options) override {
        options.argument("SLOT", slot_, "The slot's number, as key list shows it (default: that of the key given)");
        options.text("--old-key-file", "FILE", old_.file, "The key to remove: all bytes of FILE; - is standard input");
        options.text("--old-passphrase-command", "COMMAND", old_.command,
                     "The passphrase to remove: what COMMAND prints, up to the first newline");
        options.footer(
            "A key that stays is asked for, or given by --key-file or --passphrase-command: so that nobody removes "
            "the\n"
            "last key that they hold. A header saved earlier still opens with the removed key.");
    }
    ExitCode run(Context& context) override {
        require_one_from_standard_input(context.options.key, old_.file, "--old-key-file");
        const auto volume = load_header(context.options);
        const int slot = slot_to_remove(context, volume);
        unlock(context, volume.header,
               {.question = "A passphrase that stays, for", .except_keyslot = slot, .tokens = Tokens::ignore});
        luks::remove_keyslot(volume.header, slot);
        report(context, "key-removed", slot, fmt::format("The key in slot {} of {} is gone.", slot, volume.name));
        return ExitCode::done;
    }

  private:
    int slot_to_remove(Context& context, const VolumeHeader& volume) const {
        if (!slot_.empty()) return luks::require_removable(volume.header, number());
        const UnlockRequest request{.question = "Passphrase to remove from", .tokens = Tokens::ignore, .key = old_};
        return luks::require_removable(volume.header, unlock(context, volume.header, request).keyslot);
    }

    int number() const {
        int number = 0;
        const auto* const end = slot_.data() + slot_.size();
        const auto [stop, error] = std::from_chars(slot_.data(), end, number);
        if (error != std::errc() || stop != end || number < 0)
            throw Error(ErrorCode::usage, fmt::format("{} is no slot number", os::printable(slot_)),
                        "kist key list shows the slots.");
        if (!old_.file.empty() || !old_.command.empty())
            throw Error(ErrorCode::usage, "a slot's number and its key were both given", "Either will do.");
        return number;
    }

    std::string slot_;
    KeyOptions old_;
};

}  // namespace

std::unique_ptr<Command> make_key_list() {
    return std::make_unique<KeyList>();
}

std::unique_ptr<Command> make_key_add() {
    return std::make_unique<KeyAdd>();
}

std::unique_ptr<Command> make_key_change() {
    return std::make_unique<KeyChange>();
}

std::unique_ptr<Command> make_key_remove() {
    return std::make_unique<KeyRemove>();
}

}  // namespace kist::cli
