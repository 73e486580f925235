#pragma once
// Reads a pack from its beginning to its end, without a catalog that says where the records lie. Nothing is trusted:
// where no record is, the next one is looked for.

#include "kist/os/fd.hpp"

#include "repository/pack.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kist::repository {

struct WalkedRecord {
    std::uint64_t offset = 0;
    RecordHead head;

    std::uint64_t end() const { return offset + head.stored(); }
};

class PackWalk {
  public:
    // damaged: it is no pack of this repository.
    PackWalk(const os::Directory& history, std::int64_t number, const Uuid& repository);

    // nullopt: there are no more whole heads with as many bytes behind them as they say.
    std::optional<WalkedRecord> next();
    std::vector<std::byte> plain(const WalkedRecord& record) const;  // damaged

    std::uint64_t size() const { return size_; }  // of the pack
    // Where bytes were no record; when next() has given nullopt, those at the pack's end too.
    const std::vector<std::uint64_t>& broken() const { return broken_; }

  private:
    std::optional<WalkedRecord> record_at(std::uint64_t offset) const;
    std::optional<WalkedRecord> search();

    std::string name_;
    os::Fd file_;
    std::uint64_t size_;
    std::uint64_t position_ = kPackHeaderSize;
    std::vector<std::uint64_t> broken_;
};

// The numbers of the packs that are there, in their order.
std::vector<std::int64_t> list_packs(const os::Directory& history);

}  // namespace kist::repository
