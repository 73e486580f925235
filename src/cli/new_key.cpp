#include "cli/new_key.hpp"

#include "kist/base/error.hpp"

#include <fmt/format.h>

namespace kist::cli {

void require_one_from_standard_input(const KeyOptions& now, const std::string& other_file,
                                     std::string_view other_option) {
    if (now.file != "-" || other_file != "-") return;
    throw Error(ErrorCode::usage, fmt::format("--key-file - and {} - both ask for standard input", other_option),
                "Give one of the two keys in a file or by a command.");
}

void NewKey::declare(Options& options) {
    options.text("--new-key-file", "FILE", source_.file, "The new key: all bytes of FILE; - is standard input");
    options.text("--new-passphrase-command", "COMMAND", source_.command,
                 "The new passphrase: what COMMAND prints, up to the first newline");
    kdf_.declare(options);
}

void NewKey::require_sensible(const KeyOptions& now) const {
    kdf_.cost();
    require_one_from_standard_input(now, source_.file, "--new-key-file");
}

Secret NewKey::read(std::string_view volume) const {
    return read_key(source_, KeyPurpose::protect, volume);
}

}  // namespace kist::cli
