#pragma once
// Where a passphrase or key comes from: a key file, a command's output, or the terminal without echo. Never an
// argument, never the environment.

#include "kist/base/secret.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kist::cli {

// Like cryptsetup's: a longer key is an error.
constexpr std::size_t kLargestKey = 8 * 1024 * 1024;

struct KeyOptions {
    std::string file;                          // "-": standard input; empty: none
    std::string command;                       // empty: none
    std::vector<std::string> command_words{};  // the same as program and arguments; empty: none
};

enum class KeyPurpose {
    unlock,   // asked once
    protect,  // a new key: asked twice on a terminal, and never empty
};

// From the file (all its bytes, as cryptsetup --key-file takes them), else from the command (its output up to the first
// newline), else from the terminal that standard input is. `volume` is printable, for the question; a weak new
// passphrase is remarked on there, and taken. Errors: usage without any of the three, interrupted, failed where the
// file or command does.
Secret read_key(const KeyOptions& options, KeyPurpose purpose, std::string_view volume,
                std::string_view unlock_question = "Passphrase for");

// All of it, or up to the first newline. Errors: failed beyond kLargestKey, interrupted.
enum class Until { end, newline };
Secret read_secret(int fd, Until until, std::string_view name);

}  // namespace kist::cli
