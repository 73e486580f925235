#pragma once
// Reads contents back, from plain files of latest/, from packs (by the chain of reverse deltas, where it is one) or
// from history/kept, and compares every byte with the hash taken when it was backed up. One thread uses a ContentReader
// at a time.
//
// While another process applies a run, plain files move: what does not stand where the catalog says is looked up again,
// as long as steps are pending, before it is called damaged.

#include "kist/delta/range_reader.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/catalog.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kist::repository {

class Repository;
struct DeltaChain;

class ContentReader {
  public:
    // Both must outlive the reader. The catalog is used by it alone while it works, and no Reading may be held on it:
    // the reader holds its own for each copy, and needs to see what others commit.
    ContentReader(const Repository& repository, Catalog& catalog);

    // Hands a content's data to `take` in order, in pieces of at most 1 MiB; holes are left out. Returns what was read,
    // its size for one, after the hash was found right. When the copy that was read turns out wrong, other copies are
    // tried and `restart` is called first: whatever was taken before is void. No good copy: a damaged Error that names
    // where it was looked for. What `take` and `restart` throw comes through.
    using Take = std::function<void(std::uint64_t offset, std::span<const std::byte> data)>;
    Content read(ContentId id, const Take& take, const std::function<void()>& restart);
    void read(const Content& content, const Take& take, const std::function<void()>& restart) {
        read(content.id, take, restart);
    }

    // For `check`: what is wrong with one copy, nullopt when it is right. Does not wait for a run that is being
    // applied.
    std::optional<std::string> trouble_in_history(const Content& content);  // its place is a pack or history/kept
    std::optional<std::string> trouble_in_mirror(const Content& content, const std::string& mirror_path);

    // After trouble in a state of the catalog (version() at its begin): whether it is worth looking again, because
    // others have committed since or are applying. Waits a moment in the latter case, ten seconds in all.
    bool is_worth_another_look(std::int64_t version);

  private:
    using Trouble = std::optional<std::string>;
    struct Attempt;

    bool read_some_copy(const Content& content, Attempt& attempt);
    bool read_some_plain_file(const Content& content, Attempt& attempt);
    using CopyReader = std::function<Trouble(const Take& take)>;
    std::vector<CopyReader> history_copies(const Content& content);
    Trouble read_pack(const Content& content, const Take& take);
    Trouble read_delta(const DeltaChain& chain, const std::function<std::optional<delta::RangeReader>()>& open_bottom,
                       const Take& take);
    Trouble read_opened(const Content& content, const std::string& name,
                        const std::function<delta::RangeReader()>& open, const Take& take);
    Trouble read_kept(const Content& content, const Take& take);
    Trouble read_mirror(const Content& content, const std::string& path, const Take& take);
    Trouble read_plain_file(const Content& content, const os::Fd& file, const std::string& name, const Take& take);
    std::optional<os::Fd> find_mirror_file(const std::string& path);

    const Repository& repository_;
    Catalog& catalog_;
    std::vector<std::byte> buffer_;
    // Files of one folder come one after the other.
    std::string folder_path_;
    std::optional<os::Directory> folder_;
    std::chrono::milliseconds patience_;
};

}  // namespace kist::repository
