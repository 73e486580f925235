#pragma once
// Signatures of large files that have changed, .kist/signatures/HASH: with one a newer version is matched against the
// stored one without reading that. A cache: a missing or damaged one is made anew, and trouble with it is no error.

#include "kist/delta/known_signature.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/repository.hpp"
#include "kist/sqlite/database.hpp"

#include <optional>

namespace kist::repository {

// Threads: any, for different contents.
class SignatureCache {
  public:
    explicit SignatureCache(const Repository& repository);

    // Of what is found some nodes may turn out later to have rotted: kist/delta/known_signature.hpp.
    std::optional<delta::KnownSignature> find(const Digest& content, std::uint64_t size) const;
    // In the shape in which the next version will want it, if that can be made of it.
    void store(delta::Signature signature) const;
    void remove(const Digest& content) const;
    // Removes what belongs to no content of latest/.
    void sweep(sqlite::Database& catalog) const;

  private:
    os::Directory folder_;
};

}  // namespace kist::repository
