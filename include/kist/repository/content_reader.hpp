#pragma once
// Reads contents back, from plain files of latest/, from packs or from history/kept, and compares every byte with the hash
// taken when it was backed up. One thread uses a ContentReader at a time.

#include <functional>
#include <span>
#include <string_view>

#include "kist/os/directory.hpp"
#include "kist/repository/catalog.hpp"

namespace kist::repository {

class Repository;

class ContentReader {
  public:
    // Both must outlive the reader; the catalog is used by it alone while it works.
    ContentReader(const Repository& repository, Catalog& catalog);

    // Hands the content's data to `take` in order, in pieces of at most 1 MiB; holes are left out (a content's size is in
    // Content). Returns after the hash was found right. When the copy that was read turns out wrong, other copies are
    // tried and `restart` is called first: whatever was taken before is void. No good copy: a damaged Error that names
    // where it was looked for.
    using Take = std::function<void(std::uint64_t offset, std::span<const std::byte> data)>;
    void read(const Content& content, const Take& take, const std::function<void()>& restart);

    // Only whether the copy in the content's own place (or any plain file that holds it) is right, for `check`. Each bad
    // copy is named in the result; empty: all good.
    std::vector<std::string> verify_all_copies(const Content& content);

  private:
    const Repository& repository_;
    Catalog& catalog_;
};

}  // namespace kist::repository
