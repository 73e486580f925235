#pragma once
// The copies of a content, open for reading at any offset: for readers that cannot take a whole content at once, as
// ContentReader gives it. Nothing is verified here: whoever reads compares with the content's hash.

#include "kist/delta/range_reader.hpp"
#include "kist/repository/catalog.hpp"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace kist::repository {

class PlainFile;
class Repository;

// One copy: a plain file, records in a pack, or a chain of deltas over one of these, composed into one. What it has
// open stays open; a run that is applied meanwhile may write into the plain file, and a pack may lose its records.
// Threads: any; a plain file is read by several at once, also below deltas.
class ContentCopy {
  public:
    // read: for any threads. file: the plain file that it gets its bytes from, whole or as what deltas apply to; null
    // where there is none.
    ContentCopy(delta::RangeReader read, std::shared_ptr<const PlainFile> file);

    // Much of a plain file goes past the page cache, where that holds none of it. Errors: damaged where the copy does
    // not hold so much; what the system says.
    void read(std::uint64_t offset, std::span<std::byte> buffer) const;
    // Whether a reading of so much goes past the page cache: then who wants to have it early asks early.
    bool is_past_cache(std::size_t size) const noexcept;
    // That this will be read soon. Only a plain file, whole or below deltas, is read ahead.
    void expect(std::uint64_t offset, std::uint64_t size) const;
    // false: its plain file was renamed or written to since this copy was opened, so that what was read may be another
    // content's.
    bool is_unchanged() const;

  private:
    delta::RangeReader read_;
    std::shared_ptr<const PlainFile> file_;
};

// Opens a content's copies one after the other: plain files of latest/ first, then what history has. Both must outlive
// it; the catalog is used by it alone.
class ContentCopies {
  public:
    ContentCopies(const Repository& repository, Catalog& catalog, const Content& content);

    // nullptr: there are no more. A copy that cannot be opened because it is damaged or gone is passed over.
    std::shared_ptr<ContentCopy> next();

  private:
    using Opener = std::function<std::shared_ptr<ContentCopy>()>;
    void add_plain_files(const Content& content);
    void add_history(const Content& content);
    void add_deltas(const Content& content);

    const Repository& repository_;
    Catalog& catalog_;
    std::vector<Opener> openers_;
    std::size_t next_ = 0;
};

}  // namespace kist::repository
