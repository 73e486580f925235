#include "cli/passphrase_command.hpp"

#include "kist/base/error.hpp"
#include "kist/os/child.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "cli/key_input.hpp"

#include <optional>

#include <fmt/format.h>

namespace kist::cli {
namespace {

// So that a program that says more than one line is not killed by a closed pipe.
void drain(int fd) {
    Secret rest(4096);
    while (os::read_some(fd, rest.expose(), "the passphrase command") > 0) continue;
}

}  // namespace

Secret read_from_command(const std::vector<std::string>& argv) {
    std::optional<os::Child> child;  // waited for after the pipe is closed, however it is left
    auto pipe = os::make_pipe();
    child.emplace(argv, os::ChildDescriptors{-1, pipe.write_end.get()});
    pipe.write_end.reset();
    auto secret = read_secret(pipe.read_end.get(), Until::newline, "the passphrase command");
    drain(pipe.read_end.get());
    if (const int status = child->wait(); status != 0)
        throw Error(ErrorCode::failed,
                    fmt::format("the passphrase command {} ended with status {}", os::printable(argv.front()), status));
    return secret;
}

}  // namespace kist::cli
