#include "kist/base/error.hpp"
#include "kist/luks/recovery_key.hpp"
#include "kist/luks/tokens.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"
#include "kist/volume/local_state.hpp"

#include "cli/commands.hpp"
#include "cli/prompt.hpp"
#include "cli/qr_code.hpp"
#include "cli/unlock.hpp"
#include "cli/volume_header.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {
namespace {

constexpr int kTries = 3;
constexpr luks::KdfCost kMinimal{.kind = luks::KdfKind::minimal};  // nobody guesses 224 random bits

// What is shown between these is not in the scrollback afterwards, where the terminal knows them.
constexpr const char* kOtherScreen = "\x1b[?1049h\x1b[H";
constexpr const char* kFirstScreen = "\x1b[?1049l";

// The terminal itself, wherever standard output and error lead: what is shown here ends up in no file.
class Screen {
  public:
    Screen() : fd_(open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        if (!fd_) throw Error::from_errno(errno, "cannot open the terminal to show the recovery key");
        write(kOtherScreen);
    }
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;
    ~Screen() {
        try {
            write(kFirstScreen);
        } catch (const Error&) {  // the terminal has gone, and the key with it
        }
    }
    void write(std::string_view text) const { os::write_all(fd_.get(), os::as_bytes(text), "the terminal"); }
    void write(const Secret& text) const { os::write_all(fd_.get(), text.expose(), "the terminal"); }

  private:
    os::Fd fd_;
};

bool same(const Secret& a, const Secret& b) {
    return std::ranges::equal(a.expose(), b.expose());
}

class KeyRecovery : public Command {
  public:
    void declare(Options& options) override {
        options.flag("--qr", qr_, "Show it as a QR code, too");
        options.flag("--no-confirm", no_confirm_, "For scripts: print it on standard output and ask nothing");
        options.footer(
            "A recovery key is 64 letters that open the volume when the passphrase is lost. Write it down and keep it\n"
            "apart from the disk. It is shown once, and is only added to the volume once you have typed it back.");
    }

    ExitCode run(Context& context) override {
        if (!no_confirm_ && !can_ask())
            throw Error(ErrorCode::usage, "a recovery key is shown on a terminal and typed back, and there is none",
                        "Scripts take it from standard output: --no-confirm.");
        const auto volume = load_header(context.options);
        const auto unlocked = unlock(context, volume.header);
        const auto key = luks::random_recovery_key();
        if (!no_confirm_) {
            show(key, volume.name);
            require_typed_back(context, key);
        }
        const int slot = luks::add_key(volume.header, unlocked.volume_key, key, kMinimal);
        if (no_confirm_) print_or_take_back(context, volume.header, slot, key);
        luks::mark_as_recovery(volume.header, slot);
        remember(context, volume.header, slot);
        if (!no_confirm_) report(context, volume, slot);
        return ExitCode::done;
    }

  private:
    void show(const Secret& key, const std::string& name) const {
        const Screen screen;
        screen.write(fmt::format("The recovery key of {}:\n\n    ", name));
        screen.write(key);
        screen.write("\n\nWrite it down. The last letter of each group is a check: slips are noticed.\n\n");
        if (qr_) screen.write(qr_code(key));
        screen.write("Press Enter when you have it; it is not shown again. ");
        read_secret(STDIN_FILENO, Until::newline, "the terminal");
    }

    static void require_typed_back(Context& context, const Secret& key) {
        for (int left = kTries; left > 0; --left) {
            fmt::print(stderr, "Type it back: ");
            const auto typed = luks::normalize_recovery_key(read_secret(STDIN_FILENO, Until::newline, "the terminal"));
            if (typed && same(*typed, key)) return;
            const auto wrong = typed ? luks::wrong_groups(*typed) : std::vector<int>{};
            context.console.note(!typed          ? "That is no recovery key: it has 8 groups of 8 letters."
                                 : wrong.empty() ? "That is another recovery key."
                                                 : fmt::format("Group {} is wrong.", fmt::join(wrong, ", ")));
        }
        throw Error(ErrorCode::failed, "the recovery key was not typed back, so it was not added to the volume",
                    "Throw away what you wrote down, and try again.");
    }

    // A key that nobody has seen must not stay. Standard output is written to directly: its buffer is no place for
    // keys.
    void print_or_take_back(Context& context, const luks::Header& header, int slot, const Secret& key) const {
        const auto put = [&](std::string_view text) {
            os::write_all(STDOUT_FILENO, os::as_bytes(text), "standard output");
        };
        try {
            context.output.flush();
            if (context.json()) put(fmt::format(R"({{"type":"recovery-key","slot":{},"key":")", slot));
            os::write_all(STDOUT_FILENO, key.expose(), "standard output");
            put(context.json() ? "\"}\n" : "\n");
            if (qr_ && !context.json()) os::write_all(STDOUT_FILENO, qr_code(key).expose(), "standard output");
        } catch (...) {
            luks::remove_keyslot(header, slot);
            throw;
        }
    }

    static void remember(Context& context, const luks::Header& header, int slot) {
        const auto folder = volume::local_state_folder();
        auto state = volume::read_local_state(folder, header.uuid());
        state.recovery_key = volume::RecoveryKey{slot, context.clock.now()};
        volume::write_local_state(folder, header.uuid(), state);
    }

    static void report(Context& context, const VolumeHeader& volume, int slot) {
        if (context.json())
            context.output.json({{"type", "recovery-key"}, {"slot", slot}});
        else
            context.output.line(fmt::format("{} has a recovery key in slot {}.", volume.name, slot));
    }

    bool qr_ = false;
    bool no_confirm_ = false;
};

}  // namespace

std::unique_ptr<Command> make_key_recovery() {
    return std::make_unique<KeyRecovery>();
}

}  // namespace kist::cli
