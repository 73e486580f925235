#pragma once
// Finds what a newer version has in common with an older one of which there is only the signature.
//
// One parallel read of the newer file gives its own signature and content hash. Blocks that stand where they stood are
// found by that alone; only in the gaps between them a window slides byte by byte, looks first for the block that
// follows the one found last, then for any block of the older version. Equal blocks, as of zeros, make no difference to
// either. A rolling checksum only says where to look: SHA-256 decides that a block is the same.
//
// The file may change while it is read. What the script says holds for the content that the signature names: each byte
// that a copy rests on was hashed as it was compared. Literals, which are read later, are to be read by a
// VerifiedReader over that signature. damaged: the file is shorter than it was, or changed just where two threads read
// it, or the older version's signature has rotted.
//
// Memory: the two signatures, a table of at most 20 bytes for a block of the older, some MiB for each thread.

#include "kist/delta/known_signature.hpp"
#include "kist/delta/script.hpp"

#include <functional>

namespace kist::delta {

struct Match {
    Script script;        // makes the newer version out of the older
    Signature signature;  // of the newer, with the older one's block size
};

// on_read: called in any of the threads for each part that was read; what it throws comes through.
Match match(const InputFile& newer, const KnownSignature& older, unsigned threads,
            const std::function<void(std::uint64_t bytes)>& on_read = {});

}  // namespace kist::delta
