#pragma once
// What a run writes into a large plain file of latest/ where it lies, set down in staging/redo before the commit: every
// range that differs, with its new bytes. Nothing of the file is read when it is patched, so patching can be begun anew
// after a crash as often as need be. doc/format.md, "Redo logs".

#include "kist/base/digest.hpp"
#include "kist/delta/delta.hpp"
#include "kist/os/directory.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kist::repository {

// Takes the ranges of a file that differ.
class PatchSink {
  public:
    PatchSink() = default;
    PatchSink(const PatchSink&) = delete;
    PatchSink& operator=(const PatchSink&) = delete;
    virtual ~PatchSink() = default;

    virtual void write(std::uint64_t offset, std::span<const std::byte> data) = 0;
    virtual void clear(std::uint64_t offset, std::uint64_t length) = 0;  // zeros
};

// Into an open file. with_holes: zeros become holes where the filesystem has them.
class FilePatcher : public PatchSink {
  public:
    // The file gets its new size at once.
    FilePatcher(int file, std::string name, std::uint64_t size, bool with_holes);

    void write(std::uint64_t offset, std::span<const std::byte> data) override;
    void clear(std::uint64_t offset, std::uint64_t length) override;

  private:
    int file_;
    std::string name_;
    bool with_holes_;
};

// Which file is patched, and what it will be.
struct PatchTarget {
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    bool with_holes = false;
    Digest content;
};

class RedoLogWriter : public PatchSink {
  public:
    // log: an empty file, open for writing.
    RedoLogWriter(os::Fd log, std::string name, const PatchTarget& target);

    void write(std::uint64_t offset, std::span<const std::byte> data) override;
    void clear(std::uint64_t offset, std::uint64_t length) override;
    const os::Fd& finish();  // without it the log is none

  private:
    void add(std::uint8_t kind, std::uint64_t offset, std::uint64_t length);
    void flush();

    os::Fd log_;
    std::string name_;
    std::vector<std::byte> pending_;
    std::uint64_t written_ = 0;
};

class RedoLog {
  public:
    // damaged: no whole redo log, or one whose ranges overlap or lie beyond the size. Memory: 24 bytes for a range.
    RedoLog(os::Fd log, std::string name);

    const PatchTarget& target() const { return target_; }
    void carry_out(PatchSink& sink) const;
    // What makes the new version out of the old one, of `old_size` bytes. The log has to outlive it.
    delta::Delta as_delta(std::uint64_t old_size) const;

  private:
    struct Range {
        std::uint64_t offset;
        std::uint64_t length;
        std::uint64_t position;  // in the log; 0: zeros
    };

    void read_new(std::uint64_t offset, std::span<std::byte> buffer) const;

    os::Fd log_;
    std::string name_;
    PatchTarget target_;
    std::vector<Range> ranges_;  // in the file's order
};

// The log of this name; nullopt where it is missing or damaged: what it was for is `check`'s and `repair`'s then, and
// nothing else has to wait for it.
std::optional<RedoLog> find_redo_log(const os::Directory& redo, const std::string& name);

// Makes the plain file what the log says. On FUSE, where syncfs(2) does not reach the filesystem, it is synced.
void carry_out_patch(const RedoLog& log, const os::Directory& folder, const std::string& name);

}  // namespace kist::repository
