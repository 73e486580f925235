#include "cli/hook_environment.hpp"

#include "kist/base/error.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

namespace kist::cli {

HookEnvironment::HookEnvironment(Variables variables) : variables_(std::move(variables)) {
    std::string text;
    for (const auto& [name, value] : variables_) text += fmt::format("export {}={}\n", name, shell_quoted(value));
    auto path = (std::filesystem::temp_directory_path() / "kist-hook.XXXXXX").string();
    const os::Fd file(mkostemp(path.data(), O_CLOEXEC));
    if (!file) throw Error::from_errno(errno, "cannot make a file for hooks to read, " + path);
    path_ = path;
    try {
        os::write_all(file.get(), os::as_bytes(text), path_);
    } catch (const Error&) {
        unlink(path_.c_str());
        throw;
    }
    variables_.emplace_back("KIST_ENV", path_);
}

HookEnvironment::~HookEnvironment() {
    unlink(path_.c_str());
}

std::vector<std::string> HookEnvironment::list() const {
    std::vector<std::string> list;
    for (const auto& [name, value] : variables_) list.push_back(name + "=" + value);
    return list;
}

std::string shell_quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) c == '\'' ? quoted += "'\\''" : quoted += c;
    return quoted + "'";
}

}  // namespace kist::cli
