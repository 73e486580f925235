#pragma once
// Under which paths a source's names stood, and in which snapshots: a folder above them may have been renamed
// meanwhile. What was found is remembered, in bounded memory. As Timeline: one thread, one state of the catalog.
// Errors: damaged, where a folder has no way up to its source.

#include "kist/repository/timeline.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kist::repository {

// A path, in an unbroken range of snapshots.
struct Place {
    std::string path;  // absolute
    Span span;
};

class FolderPaths {
  public:
    FolderPaths(Catalog& catalog, const Timeline& timeline);  // which must outlive it
    FolderPaths(FolderPaths&&) noexcept;
    ~FolderPaths();

    // Of a row that stood in all of `span`: the places that make it up, oldest first.
    std::vector<Place> places(const Entry& entry, Span span);

  private:
    class Climb;
    std::unique_ptr<Climb> climb_;
};

}  // namespace kist::repository
