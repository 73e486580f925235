#pragma once
// Large files of which latest/ has an older version: what differs is found by that version's signature, without reading
// the version itself, and only that is staged.

#include "kist/repository/run.hpp"

#include "repository/redo_log.hpp"
#include "repository/signature_cache.hpp"

#include <functional>

namespace kist::repository {

// Threads: any, for different changes.
class DifferenceStager {
  public:
    // staging: .kist/staging; must outlive it. syncs_each_file: as in Run.
    DifferenceStager(const Repository& repository, const os::Directory& staging, bool syncs_each_file);

    // As Run::stage_difference().
    Difference stage(const delta::InputFile& newer, StagedChange& staged, const OnRead& on_read) const;
    // As Run::drop_difference().
    void drop(StagedChange& staged) const;
    // The redo log of a change.
    static RedoLog open_log(const os::Directory& staging, std::int64_t change);

  private:
    struct Older;
    class Pieces;

    std::optional<Older> find_older(const StagedChange& staged, const OnRead& on_read) const;
    std::optional<Older> open_older(const StagedChange& staged, const OnRead& on_read) const;
    bool clone(const Older& older, const StagedChange& staged, Pieces& pieces) const;
    bool log(const Older& older, const StagedChange& staged, Pieces& pieces) const;
    void set_space_aside(const Older& older, const std::string& name, const Pieces& pieces, bool with_holes) const;

    const Repository& repository_;
    const os::Directory& staging_;
    bool syncs_each_file_;
    SignatureCache signatures_;
};

}  // namespace kist::repository
