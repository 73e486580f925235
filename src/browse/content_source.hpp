#pragma once
// Where contents' copies come from, by their hash: numbers of contents may be given out again.

#include "kist/repository/content_copies.hpp"
#include "kist/repository/repository.hpp"

#include "browse/tree_catalogs.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace kist::browse {

class ContentSource {
  public:
    ContentSource(const repository::Repository& repository, TreeCatalogs& catalogs)
        : repository_(repository), catalogs_(catalogs) {}

    // Offers one copy after the other until one is taken. Looks again where others have committed meanwhile or are at
    // work in latest/. false: none was taken. Errors: ESTALE where the catalog has no such content any more.
    using Take = std::function<bool(const std::shared_ptr<repository::ContentCopy>& copy)>;
    bool offer_copies(const repository::Content& content, const Take& take);

    // All of it, compared with its hash. Errors: damaged where no copy is right.
    std::vector<std::byte> read_whole(const repository::Content& content);

  private:
    const repository::Repository& repository_;
    TreeCatalogs& catalogs_;
};

}  // namespace kist::browse
