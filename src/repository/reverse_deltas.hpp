#pragma once
// Reverse deltas of old contents that still lie in latest/, against the newer versions that are staged.

#include "kist/delta/delta.hpp"
#include "kist/repository/repository.hpp"

#include "repository/pack.hpp"
#include "repository/signature_cache.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kist::repository {

// The newer version, in a file of its own below staging/in, or as a patch of the old one.
struct Successor {
    std::string staged;
    std::optional<std::int64_t> patch;  // the change whose redo log it is
    Digest hash;
    std::uint64_t size = 0;
    std::optional<delta::Script> reverse;  // of the old one, where staging has found it
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

    // For large files. nullopt: not worth it (of a patch it always is), or the newer version is not what was staged.
    // damaged, also while the delta's literals are read: the old file is not what its hash says where the delta needs
    // it. The delta is to be used before the next one is asked for, as long as the old file is open.
    std::optional<delta::Delta> in_blocks(const Successor& newer, const OldFile& old);

  private:
    class Version;
    struct NewVersion;

    delta::KnownSignature signature_of(const OldFile& old, const Successor& newer);
    std::optional<NewVersion> match(const Successor& newer, Version& old);
    std::optional<NewVersion> recall(const Successor& newer, const std::shared_ptr<Version>& old) const;

    const Repository& repository_;
    SignatureCache signatures_;
};

}  // namespace kist::repository
