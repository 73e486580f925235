#include "cli/configured.hpp"

#include "kist/base/error.hpp"
#include "kist/config/confirmation.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/guarded_path.hpp"

#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {
namespace {

constexpr std::size_t kMostShown = 5;

bool is_root() {
    return geteuid() == 0;
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// As the shell and posix_spawnp look for it.
std::string find_program(const std::string& name) {
    if (name.find('/') != std::string::npos) return name;
    const auto all = variable("PATH");
    for (std::size_t at = 0; at <= all.size();) {
        const auto end = std::min(all.find(':', at), all.size());
        auto candidate = all.substr(at, end - at) + "/" + name;
        if (candidate.front() == '/' && access(candidate.c_str(), X_OK) == 0) return candidate;
        at = end + 1;
    }
    throw Error(ErrorCode::not_found, fmt::format("there is no program {}", os::printable(name)),
                "Name it with its whole path.");
}

}  // namespace

std::string configuration_folder() {
    if (is_root()) return "/etc/kist";
    const auto config_home = variable("XDG_CONFIG_HOME");
    if (config_home.starts_with('/')) return config_home + "/kist";
    const auto home = variable("HOME");
    return home.starts_with('/') ? home + "/.config/kist" : "";
}

std::string Configured::path() const {
    if (!file.empty()) return file;
    const auto folder = configuration_folder();
    return folder.empty() ? "" : folder + "/kist.toml";
}

const config::Reading& Configured::reading() const {
    if (reading_) return *reading_;
    const auto at = path();
    if (at.empty() || at == "/dev/null") return reading_.emplace();
    return reading_.emplace(
        config::read({.path = at,
                      .presence = file.empty() ? config::Presence::optional : config::Presence::required,
                      .trust = is_root() ? config::Trust::root : config::Trust::anybody,
                      .home = variable("HOME")}));
}

const config::Configuration& Configured::get() const {
    const auto& problems = reading().problems;
    if (problems.empty()) return reading().configuration;
    std::string list;
    for (std::size_t i = 0; i < problems.size() && i < kMostShown; ++i) {
        list += "\n  " + to_text(problems[i]);
        if (!problems[i].hint.empty()) list += ". " + problems[i].hint;
    }
    if (problems.size() > kMostShown) list += fmt::format("\n  and {} more", problems.size() - kMostShown);
    throw Error(ErrorCode::usage, "the configuration is wrong:" + list,
                "`kist config check` tells whether it is right; --config /dev/null does without it.");
}

bool Configured::are_programs_held_back() const {
    const auto& files = reading().files;
    return !files.empty() && config::are_programs_held_back(files.front().path);
}

const config::Volume* Configured::find_volume(const std::string& name) const {
    if (name.find('/') != std::string::npos) return nullptr;
    const auto& configuration = get();
    return configuration.find_volume(name.empty() ? configuration.default_volume : name);
}

std::string to_text(const config::Problem& problem) {
    const auto& at = problem.origin;
    const auto place =
        at.line == 0 ? os::printable(at.file) : fmt::format("{}:{}:{}", os::printable(at.file), at.line, at.column);
    return fmt::format("{}: {}", place, problem.message);
}

std::string trusted_file(const std::string& path) {
    return is_root() ? os::require_guarded(path) : path;
}

void require_trusted_program(const std::vector<std::string>& command) {
    const auto program = find_program(command.front());
    if (is_root()) os::require_guarded(program);
}

}  // namespace kist::cli
