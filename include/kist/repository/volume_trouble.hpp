#pragma once
// Telling trouble with the volume from trouble with a source: what goes wrong with one of the source's files is that
// file's, what goes wrong with the volume is the run's.

#include "kist/base/error.hpp"

namespace kist::repository {

// An Error of the call comes out without its errno, saying that it was the volume.
template <typename Call>
auto on_volume(Call call) {
    try {
        return call();
    } catch (const Error& error) {
        if (error.error_number() == 0) throw;
        throw Error(error.code(), "writing to the volume: " + error.message(), error.hint());
    }
}

}  // namespace kist::repository
