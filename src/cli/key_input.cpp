#include "cli/key_input.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"

#include "cli/interrupt.hpp"
#include "cli/passphrase_command.hpp"
#include "cli/passphrase_strength.hpp"
#include "cli/split_words.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

namespace kist::cli {
namespace {

constexpr std::size_t kFirstPiece = 4096;
constexpr int kPollMilliseconds = 200;  // how late an interruption may be noticed between poll and read

// Waits without being deaf to signals; 0 at the end of the input.
std::size_t read_piece(int fd, std::span<std::byte> buffer, std::string_view name) {
    for (;;) {
        throw_if_interrupted();
        pollfd ready{fd, POLLIN, 0};
        if (poll(&ready, 1, kPollMilliseconds) <= 0) continue;
        const auto got = read(fd, buffer.data(), buffer.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR && errno != EAGAIN)
            throw Error::from_errno(errno, fmt::format("cannot read the key from {}", name));
    }
}

Secret with_room(Secret secret, std::size_t used) {
    if (used < secret.size()) return secret;
    Secret larger(std::max(kFirstPiece, 2 * secret.size()));
    if (used > 0) std::memcpy(larger.expose().data(), secret.expose().data(), used);
    return larger;
}

bool same(const Secret& a, const Secret& b) {
    return a.size() == b.size() && std::ranges::equal(a.expose(), b.expose());
}

Secret read_key_file(const std::string& path) {
    if (path == "-") return read_secret(STDIN_FILENO, Until::end, "standard input");
    const os::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file) throw Error::from_errno(errno, fmt::format("cannot open the key file {}", os::printable(path)));
    return read_secret(file.get(), Until::end, "the key file " + os::printable(path));
}

Secret ask(const std::string& question) {
    const EchoOff silence(STDIN_FILENO);  // before the question: whoever sees it may answer
    fmt::print(stderr, "{}: ", question);
    return read_secret(STDIN_FILENO, Until::newline, "the terminal");
}

Secret ask_new(std::string_view volume) {
    auto passphrase = ask(fmt::format("New passphrase for {}", volume));
    if (const auto remark = remark_on_strength(passphrase); !remark.empty()) fmt::print(stderr, "{}\n", remark);
    if (!same(passphrase, ask("The same again")))
        throw Error(ErrorCode::usage, "the two passphrases differ", "Nothing was changed; try again.");
    return passphrase;
}

Secret ask_terminal(KeyPurpose purpose, std::string_view volume, std::string_view unlock_question) {
    if (isatty(STDIN_FILENO) != 1)
        throw Error(ErrorCode::usage,
                    fmt::format("no key for {}: there is no terminal to ask for the passphrase", volume),
                    "Give --key-file FILE (`-` reads standard input) or --passphrase-command COMMAND.");
    return purpose == KeyPurpose::unlock ? ask(fmt::format("{} {}", unlock_question, volume)) : ask_new(volume);
}

}  // namespace

Secret read_secret(int fd, Until until, std::string_view name) {
    Secret secret;
    std::size_t used = 0;
    for (;;) {
        secret = with_room(std::move(secret), used);
        const auto got = read_piece(fd, secret.expose().subspan(used), name);
        const auto fresh = secret.expose().subspan(used, got);
        const auto newline = until == Until::newline ? std::ranges::find(fresh, std::byte{'\n'}) : fresh.end();
        used += static_cast<std::size_t>(newline - fresh.begin());
        if (used > kLargestKey)
            throw Error(ErrorCode::failed, fmt::format("the key from {} is longer than 8 MiB", name));
        if (got == 0 || newline != fresh.end()) break;
    }
    secret.truncate(used);
    return secret;
}

Secret read_key(const KeyOptions& options, KeyPurpose purpose, std::string_view volume,
                std::string_view unlock_question) {
    auto key = !options.file.empty()            ? read_key_file(options.file)
               : !options.command_words.empty() ? read_from_command(options.command_words)
               : !options.command.empty() ? read_from_command(split_words(options.command, "--passphrase-command"))
                                          : ask_terminal(purpose, volume, unlock_question);
    if (purpose == KeyPurpose::protect && key.empty())
        throw Error(ErrorCode::usage, "the new passphrase or key is empty",
                    "Nothing was changed; choose a longer one.");
    return key;
}

}  // namespace kist::cli
