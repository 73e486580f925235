#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/boot_entry.hpp"

#include "cli/boot_tables.hpp"
#include "cli/commands.hpp"
#include "cli/json_names.hpp"

#include <filesystem>
#include <optional>

#include <fmt/format.h>

namespace kist::cli {
namespace {

struct EntryState {
    bool plugged_in = false;
    std::optional<std::string> mounted_at;
    std::vector<std::string> warnings;  // printable
};

class BootShow : public Command {
  public:
    void declare(Options& options) override {
        options.text("--root", "DIR", root_, "Show the tables of the system mounted at DIR instead of this one's");
        options.footer("Exit code 3: an entry is incomplete, or its key file does not do.");
    }

    ExitCode run(Context& context) override {
        const auto tables = boot_tables(root_);
        const auto entries = volume::boot_entries(tables);
        if (entries.empty() && !context.json())
            context.output.line("There are no boot entries. `kist boot add DISK` makes one.");
        auto code = ExitCode::done;
        for (const auto& entry : entries) {
            const auto state = look(entry);
            context.json() ? print_json(context, entry, state) : print_text(context, tables, entry, state);
            if (!state.warnings.empty()) code = ExitCode::incomplete;
        }
        return code;
    }

  private:
    EntryState look(const volume::BootLines& entry) const {
        EntryState state;
        std::error_code ignored;
        state.plugged_in = std::filesystem::exists("/dev/disk/by-uuid/" + to_string(entry.luks), ignored);
        state.mounted_at = volume::mount_point_of_volume(entry.luks);
        if (entry.crypttab.empty()) state.warnings.emplace_back("its line in crypttab is missing");
        if (entry.fstab.empty()) state.warnings.emplace_back("its line in fstab is missing");
        if (const auto trouble = trouble_with_key_file(entry.key_file); !trouble.empty())
            state.warnings.push_back(trouble);
        return state;
    }

    std::string trouble_with_key_file(const std::string& path) const {
        if (path.empty()) return "";
        try {
            volume::require_guarded_key_file(root_, path);
            return "";
        } catch (const Error& error) {
            return error.message();
        }
    }

    static void print_json(Context& context, const volume::BootLines& entry, const EntryState& state) {
        Json line{{"type", "boot-entry"}, {"uuid", to_string(entry.luks)}};
        put_path(line, "mount_point", entry.mount_point);
        put_path(line, "key_file", entry.key_file);
        put_path(line, "mount_unit", entry.mount_unit);
        put_path(line, "crypttab", entry.crypttab);
        put_path(line, "fstab", entry.fstab);
        line["plugged_in"] = state.plugged_in;
        line["mounted"] = state.mounted_at.has_value();
        line["warnings"] = state.warnings;
        context.output.json(line);
    }

    static std::string state_text(const EntryState& state) {
        if (state.mounted_at) return "mounted at " + os::printable(*state.mounted_at);
        return state.plugged_in ? "plugged in, not mounted" : "not plugged in";
    }

    static void print_text(Context& context, const volume::BootTables& tables, const volume::BootLines& entry,
                           const EntryState& state) {
        const auto output = [&](const std::string& text) { context.output.line(text); };
        output(fmt::format("{} at {}: {}", to_string(entry.luks), os::printable(entry.mount_point), state_text(state)));
        output(entry.key_file.empty()
                   ? fmt::format("  opened by hand: systemctl start '{}'", os::printable(entry.mount_unit))
                   : fmt::format("  opened whenever it turns up, with {}", os::printable(entry.key_file)));
        if (!entry.crypttab.empty())
            output(fmt::format("  {}: {}", os::printable(tables.crypttab), os::printable(entry.crypttab)));
        if (!entry.fstab.empty())
            output(fmt::format("  {}: {}", os::printable(tables.fstab), os::printable(entry.fstab)));
        for (const auto& warning : state.warnings) output("  Warning: " + warning);
    }

    std::string root_;
};

}  // namespace

std::unique_ptr<Command> make_boot_show() {
    return std::make_unique<BootShow>();
}

}  // namespace kist::cli
