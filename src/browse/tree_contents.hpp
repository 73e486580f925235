#pragma once
// Contents as files that are open. Remembers which large ones were verified, and their blocks' hashes, in bounded
// memory. Threads: any.

#include "kist/fuse/tree.hpp"

#include "browse/content_source.hpp"
#include "browse/verified_content.hpp"

#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace kist::browse {

class TreeContents {
  public:
    TreeContents(const repository::Repository& repository, TreeCatalogs& catalogs) : source_(repository, catalogs) {}

    // What is opened must not outlive this object.
    std::unique_ptr<fuse::OpenFile> open(const repository::Content& content);

  private:
    using Known = std::shared_ptr<VerifiedContent>;
    using Recent = std::list<std::pair<Digest, Known>>;

    Known find_large(const repository::Content& content);
    void drop(Recent::iterator which);

    ContentSource source_;
    std::mutex mutex_;
    Recent recent_;  // the last one used first
    std::unordered_map<Digest, Recent::iterator, DigestHasher> by_hash_;
    std::uint64_t weight_ = 0;  // blocks of all in recent_
};

}  // namespace kist::browse
