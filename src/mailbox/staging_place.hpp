#pragma once
// Where messages and directories are staged, and how what is staged is concluded. All trouble here is the volume's.

#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"
#include "kist/repository/run.hpp"
#include "kist/repository/volume_trouble.hpp"

#include <optional>
#include <string>

namespace kist::mailbox {

class StagingPlace {
  public:
    // incoming: what a message is called in staging/in until it has its place; of several places each has its own.
    explicit StagingPlace(repository::Run& run, const std::string& incoming = "incoming");

    repository::Run& run() { return run_; }
    bool has_failed() const { return has_failed_; }  // an error came from the volume

    // What `call` does on the volume; its errors have no errno then, and has_failed() tells whose they were.
    template <typename Call>
    auto on_volume(Call call) {
        try {
            return repository::on_volume(call);
        } catch (...) {
            has_failed_ = true;
            throw;
        }
    }

    os::Fd begin_message();  // an empty file that has no place yet
    // The file of begin_message(), complete: gets its metadata and its place. One that this run has put already, with
    // the same date and without keywords, gets one more name instead.
    void put_message(const os::Fd& file, repository::StagedChange& staged);
    // The file of a message with this content, date and no attributes that the run has put already gets one more name.
    // False: there is none.
    bool put_twin(repository::StagedChange& staged);
    void drop_incoming();  // after the last one
    // When no place receives any more: only what gets a place is left in staging.
    void end_messages();
    // One that an interrupted run has staged. False: there is none.
    bool take_over(repository::StagedChange& staged);
    void make_directory(const repository::StagedChange& staged);
    void finish_directory(repository::StagedChange& staged);

    // What the Run needs to know of it beside content and attributes: from the status that the scan made up.
    void describe(repository::StagedChange& staged) const;
    // With the content known to be what it was, or with none, only metadata can differ.
    static void conclude(repository::StagedChange& staged, bool same_content);

  private:
    const os::Directory& parent_of(const std::string& path);
    static std::string twin_name(const repository::StagedChange& staged);  // empty: it shares no file
    void offer_twin(const std::string& twin, const os::Directory& parent, const std::string& name) const;
    bool link_twin(const std::string& twin, const os::Directory& parent, const std::string& name) const;

    repository::Run& run_;
    std::string incoming_;
    os::Directory twins_;
    bool has_failed_ = false;
    bool has_incoming_ = false;
    std::string user_;
    std::string group_;
    std::string parent_path_;
    std::optional<os::Directory> parent_;
};

}  // namespace kist::mailbox
