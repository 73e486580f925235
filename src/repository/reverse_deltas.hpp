#pragma once
// Reverse deltas of old contents that still lie in latest/, against the newer versions that are staged.

#include "kist/delta/delta.hpp"
#include "kist/repository/repository.hpp"

#include "repository/pack.hpp"
#include "repository/signature_cache.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kist::repository {

// The newer version, in a file of its own below staging/in.
struct Successor {
    std::string staged;
    Digest hash;
    std::uint64_t size = 0;
};

// The old version's open plain file; name: its path in latest/.
struct OldFile {
    int fd;
    std::string name;
    Digest hash;
    std::uint64_t size;
};

// One thread at a time.
class ReverseDeltas {
  public:
    explicit ReverseDeltas(const Repository& repository);

    // By the table in delta/policy.hpp. nullopt: the newer version is too large for that, or is not what was staged.
    std::optional<EncodedRecord> against(const Successor& newer, const Digest& hash,
                                         std::span<const std::byte> content) const;
    std::optional<EncodedRecord> against(const Successor& newer, const OldFile& old) const;  // damaged

    // For large files. nullopt: not worth it, or the newer version is not what was staged. damaged, also while the
    // delta's literals are read: the old file is not what its hash says where the delta needs it. The delta is to be
    // used before the next one is asked for, as long as the old file is open.
    std::optional<delta::Delta> in_blocks(const Successor& newer, const OldFile& old);

  private:
    const Repository& repository_;
    SignatureCache signatures_;
};

}  // namespace kist::repository
