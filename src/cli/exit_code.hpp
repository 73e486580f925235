#pragma once
// Exit codes in the user's terms. This table is the only one: commands return an ExitCode, and main maps every Error.

#include "kist/base/error.hpp"

namespace kist::cli {

enum class ExitCode : int {
    done = 0,
    failed = 1,      // anything without a code of its own, and a source that failed altogether
    usage = 2,       // unknown commands and options, requests that make no sense
    incomplete = 3,  // done, but some entries were skipped or damaged; status: overdue or incomplete
    damaged = 4,     // the repository or the volume is damaged
    no_key = 5,      // no key fits
    busy = 6,        // locked by another run, mounted elsewhere
    not_found = 7,   // no such volume, snapshot or path
    no_space = 8,    // the volume is full
    interrupted = 130,
};

constexpr ExitCode exit_code(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::failed:
            return ExitCode::failed;
        case ErrorCode::usage:
            return ExitCode::usage;
        case ErrorCode::damaged:
            return ExitCode::damaged;
        case ErrorCode::no_key:
            return ExitCode::no_key;
        case ErrorCode::busy:
            return ExitCode::busy;
        case ErrorCode::not_found:
            return ExitCode::not_found;
        case ErrorCode::no_space:
            return ExitCode::no_space;
        case ErrorCode::interrupted:
            return ExitCode::interrupted;
    }
    return ExitCode::failed;
}

}  // namespace kist::cli
