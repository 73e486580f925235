#pragma once
// Makes the catalog's rows out of run records, one after the other: doc/format.md, "Run records".

#include "kist/sqlite/database.hpp"

#include "repository/pack.hpp"

#include <memory>
#include <span>
#include <vector>

namespace kist::repository {

class Replay {
  public:
    // catalog: empty, with an empty plan attached and a transaction begun.
    explicit Replay(sqlite::Database& catalog);
    ~Replay();

    // A part of a run record. damaged: it says what no program writes.
    void add_rows(const RecordPlace& place, std::span<const std::byte> items);
    // Its end. false: the parts before it are not all that belong to it; they never happened.
    bool end(const RecordPlace& place, std::span<const std::byte> bytes);
    // Parts without an end never happened.
    void drop_unfinished();
    // Takes the last record back that ended. Once.
    void take_back();
    // When all is replayed: what no record says, but all of them together.
    void finish();

    bool is_within() const { return chunks_ > 0; }  // a record that has not ended
    bool was_checkpoint() const { return was_checkpoint_; }

  private:
    struct Parts;

    void begin();
    void replay(std::span<const std::byte> bytes, std::int64_t& count);
    void settle();
    void drop_unneeded_contents();

    sqlite::Database& catalog_;
    std::unique_ptr<Parts> parts_;
    bool has_savepoint_ = false;
    std::uint64_t chunks_ = 0;
    bool is_checkpoint_ = false;
    bool was_checkpoint_ = false;
    std::int64_t highest_ = 0;
};

}  // namespace kist::repository
