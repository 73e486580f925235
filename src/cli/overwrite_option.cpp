#include "cli/overwrite_option.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

restore::Overwrite parse(const std::string& text) {
    if (text == "always") return restore::Overwrite::always;
    if (text == "if-older") return restore::Overwrite::if_older;
    if (text == "never") return restore::Overwrite::never;
    throw Error(ErrorCode::usage, fmt::format("--overwrite {}: no such policy", os::printable(text)),
                "It is always, if-older or never.");
}

}  // namespace

void OverwriteOption::declare(Options& options) {
    options.text("--overwrite", "WHEN", when_,
                 "Replace files that are there and differ: always (default), if-older, never");
    options.flag("--keep-both", keep_both_, "Put the snapshot's version beside such a file, as NAME.snapshot-NUMBER");
}

restore::Overwrite OverwriteOption::value() const {
    const auto when = parse(when_);
    if (!keep_both_) return when;
    if (when != restore::Overwrite::always)
        throw Error(ErrorCode::usage, "--keep-both and --overwrite exclude each other");
    return restore::Overwrite::keep_both;
}

}  // namespace kist::cli
