#include "cli/rescue_configuration.hpp"

#include "kist/config/confirmation.hpp"
#include "kist/os/attributes.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "cli/configured.hpp"
#include "cli/json_names.hpp"
#include "cli/prompt.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>

#include <fmt/format.h>

namespace kist::cli {
namespace {

constexpr int kMostBeside = 10;
constexpr const char* kMainFile = "kist.toml";
constexpr std::uint32_t kFolderMode = 0755;
constexpr std::uint32_t kMostRights = 0755;

std::string name_beside(const std::string& name, int number) {
    if (number == 0) return name;
    return number == 1 ? name + ".rescued" : fmt::format("{}.rescued-{}", name, number);
}

bool holds(const os::Directory& directory, const std::string& name, const std::string& content) {
    const auto file = directory.find_file(name);
    if (!file) return false;
    const auto status = os::status_of(file->get());
    if (status.type != os::FileType::regular || status.size != content.size()) return false;
    std::string present(content.size(), '\0');
    present.resize(os::read_at(file->get(), 0, std::as_writable_bytes(std::span(present)), name));
    return present == content;
}

void make(const os::Directory& directory, const std::string& name, const repository::KeptFile& file) {
    const auto made = directory.open_file_for_writing(name, os::Create::exclusive);
    os::write_all(made.get(), os::as_bytes(file.content), name);
    os::set_mode(made.get(), file.mode & kMostRights);
    os::sync_file(made.get(), name);
}

std::string text_of(const repository::KeptFile& file, const Placed& placed, const std::string& root) {
    const auto path = os::printable(root + file.path);
    switch (placed.placing) {
        case Placing::made:
            return path + " is there again";
        case Placing::beside:
            return fmt::format("{} differs from what was kept, which is now {}", path, os::printable(placed.path));
        case Placing::is_there:
            return path + " was there already";
        case Placing::refused:
            return fmt::format("{} does not belong into {}: it stays in the volume, in .kist/config", path,
                               configuration_folder());
    }
    return path;
}

void report(Context& context, const repository::KeptFile& file, const Placed& placed, const std::string& root) {
    if (!context.json()) return context.output.line(text_of(file, placed, root));
    Json line{{"type", "configuration"}};
    put_path(line, "path", file.path);
    if (!placed.path.empty()) put_path(line, "now", placed.path);
    context.output.json(line);
}

// The folder itself, whose own path may hold links in this system, but not in another one.
os::Directory ensure_folder(const std::string& root, const std::string& folder) {
    if (!root.empty()) return os::Directory::open(root).ensure_below(folder.substr(1), kFolderMode);
    std::filesystem::create_directories(std::filesystem::path(folder));
    return os::Directory::open(folder);
}

}  // namespace

Placed place_file(const std::string& root, const std::string& folder, const repository::KeptFile& file,
                  const std::function<void()>& before_making) {
    if (folder.empty() || !file.path.starts_with(folder + "/")) return {};
    const auto below = file.path.substr(folder.size() + 1);
    const auto slash = below.rfind('/');
    const auto name = slash == std::string::npos ? below : below.substr(slash + 1);
    const auto directory =
        ensure_folder(root, folder).ensure_below(slash == std::string::npos ? "" : below.substr(0, slash), kFolderMode);
    for (int number = 0; number < kMostBeside; ++number) {
        const auto candidate = name_beside(name, number);
        const auto path = root + file.path.substr(0, file.path.size() - name.size()) + candidate;
        if (holds(directory, candidate, file.content)) return {Placing::is_there, path};
        if (directory.find_status(candidate)) continue;
        before_making();
        make(directory, candidate, file);
        return {number == 0 ? Placing::made : Placing::beside, path};
    }
    return {};
}

void RescueConfiguration::declare(Options& options) {
    options.flag("--own-config", wanted_, "Put Kist's own configuration back, beside what is there already");
}

void RescueConfiguration::put_back(Context& context, const repository::KeptConfiguration& kept,
                                   const std::string& root) {
    if (kept.files.empty()) return;
    if (!wanted_ && !can_ask()) return;
    if (!wanted_ && !confirm(fmt::format("Put the {} files of Kist's own configuration back?", kept.files.size())))
        return;
    const auto folder = configuration_folder();
    // Whatever name a file gets, an `include` may be waiting for it.
    const auto hold_back = [&] {
        if (!holds_back_) config::hold_back_programs(root + folder + "/" + kMainFile);
        holds_back_ = true;
    };
    for (const auto& file : kept.files) report(context, file, place_file(root, folder, file, hold_back), root);
    is_done_ = true;
}

std::vector<std::string> RescueConfiguration::next_steps(const repository::KeptConfiguration& kept) const {
    std::vector<std::string> steps;
    if (!kept.files.empty() && !is_done_)
        steps.emplace_back("The volume has kept Kist's own configuration: kist rescue --own-config");
    if (holds_back_) steps.emplace_back("Programs that the configuration names do not run yet: kist config confirm");
    std::istringstream lines(kept.left_out);
    for (std::string line; std::getline(lines, line);)
        steps.push_back("Not in the backup, because it is secret: " + os::printable(line));
    return steps;
}

}  // namespace kist::cli
