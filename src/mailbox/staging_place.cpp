#include "mailbox/staging_place.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/plain_metadata.hpp"

#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace kist::mailbox {
namespace {

using repository::Outcome;
using repository::StagedChange;

constexpr const char* kTwins = "twins";  // messages of this run, by what makes them one file; other names are numbers
constexpr std::size_t kLongestRecord = 4096;  // a longer one has no name here

std::string own_user() {
    std::array<char, kLongestRecord> room{};
    passwd record{};
    passwd* found = nullptr;
    return getpwuid_r(geteuid(), &record, room.data(), room.size(), &found) == 0 && found != nullptr ? found->pw_name
                                                                                                     : "";
}

std::string own_group() {
    std::array<char, kLongestRecord> room{};
    group record{};
    group* found = nullptr;
    return getgrgid_r(getegid(), &record, room.data(), room.size(), &found) == 0 && found != nullptr ? found->gr_name
                                                                                                     : "";
}

std::string file_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

}  // namespace

StagingPlace::StagingPlace(repository::Run& run, const std::string& incoming)
    : run_(run),
      incoming_(run.own_name(incoming)),
      twins_(run.staging().ensure_below(run.own_name(kTwins))),
      user_(own_user()),
      group_(own_group()) {}

void StagingPlace::describe(StagedChange& staged) const {
    const auto& status = staged.change.status;
    auto& metadata = staged.metadata;
    metadata.type = status.type;
    metadata.mode = status.mode;
    metadata.uid = status.uid;
    metadata.gid = status.gid;
    metadata.user = user_;
    metadata.group = group_;
    metadata.size = status.type == os::FileType::directory ? 0 : status.size;
    metadata.mtime = status.mtime;
    staged.identity = {status.device, status.inode, status.ctime, status.birth_time, false};
    if (!staged.known) return;
    // Who runs this makes no difference to what is there already.
    const auto size = metadata.size;
    metadata = staged.known->metadata;
    metadata.size = size;
    if (status.type == os::FileType::directory) metadata.mtime = status.mtime;
}

void StagingPlace::conclude(StagedChange& staged, bool same_content) {
    if (!staged.known || !same_content) {
        staged.outcome = Outcome::stored;
        return;
    }
    staged.mirror_inode = staged.known->mirror_inode;
    const bool is_same = staged.change.origin == 0 && staged.known->metadata == staged.metadata;
    staged.outcome = is_same ? Outcome::unchanged : Outcome::metadata;
}

os::Fd StagingPlace::begin_message() {
    return on_volume([&] {
        if (std::exchange(has_incoming_, true)) run_.staging().remove_file(incoming_);
        return run_.staging().open_file_for_writing(incoming_, os::Create::exclusive);
    });
}

void StagingPlace::put_message(const os::Fd& file, StagedChange& staged) {
    conclude(staged, staged.known && staged.known_content == staged.content);
    has_incoming_ = false;
    on_volume([&] {
        if (staged.outcome != Outcome::stored) return run_.staging().remove_file(incoming_);
        const auto name = file_name(*staged.staged);
        const auto& parent = parent_of(*staged.staged);
        const auto twin = twin_name(staged);
        if (!twin.empty() && link_twin(twin, parent, name)) {
            run_.staging().remove_file(incoming_);
            staged.mirror_inode = parent.status(name).inode;
            return;
        }
        repository::set_fresh_metadata(file.get(), staged.metadata);
        if (run_.syncs_each_file()) os::sync_file(file.get(), incoming_);
        staged.mirror_inode = os::status_of(file.get()).inode;
        run_.staging().rename(incoming_, parent, name);
        if (!twin.empty()) offer_twin(twin, parent, name);
    });
}

bool StagingPlace::put_twin(StagedChange& staged) {
    const auto twin = twin_name(staged);
    const bool is_there = on_volume([&] {
        const auto name = file_name(*staged.staged);
        const auto& parent = parent_of(*staged.staged);
        if (twin.empty() || !link_twin(twin, parent, name)) return false;
        staged.mirror_inode = parent.status(name).inode;
        return true;
    });
    if (is_there) conclude(staged, false);
    return is_there;
}

void StagingPlace::drop_incoming() {
    has_incoming_ = false;
    on_volume([&] { run_.staging().remove_tree(incoming_); });
}

void StagingPlace::end_messages() {
    on_volume([&] { run_.staging().remove_tree(run_.own_name(kTwins)); });
}

// What makes messages one file: bytes and date. Keywords are each name's own.
std::string StagingPlace::twin_name(const StagedChange& staged) {
    const auto& metadata = staged.metadata;
    if (!metadata.attributes.empty()) return {};
    return fmt::format("{}.{}", to_hex(staged.content), metadata.mtime.time_since_epoch().count());
}

// False: there is none, or it cannot have more names. The next one takes its place then.
bool StagingPlace::link_twin(const std::string& twin, const os::Directory& parent, const std::string& name) const {
    if (!twins_.find_status(twin)) return false;
    try {
        parent.create_link(name, twins_, twin);
        return true;
    } catch (const Error& error) {
        if (error.error_number() != EMLINK) throw;
        twins_.remove_file(twin);
        return false;
    }
}

// Another place may have received the same message meanwhile.
void StagingPlace::offer_twin(const std::string& twin, const os::Directory& parent, const std::string& name) const {
    try {
        twins_.create_link(twin, parent, name);
    } catch (const Error& error) {
        if (error.error_number() != EEXIST) throw;
    }
}

bool StagingPlace::take_over(StagedChange& staged) {
    const auto name = file_name(*staged.staged);
    const auto* parent = on_volume([&] { return &parent_of(*staged.staged); });
    const auto taken = run_.take_over_unchanging(staged.change.status, *parent, name);
    if (!taken) return false;
    staged.content = taken->content;
    staged.metadata.size = taken->size;
    staged.metadata.mtime = taken->mtime;
    const auto file = on_volume([&] { return parent->open_file_for_writing(name, os::Create::no); });
    staged.metadata.attributes = on_volume([&] { return os::extended_attributes(file.get()); });
    staged.mirror_inode = os::status_of(file.get()).inode;
    staged.outcome = Outcome::stored;
    return true;
}

void StagingPlace::make_directory(const StagedChange& staged) {
    if (staged.staged) on_volume([&] { run_.staging().ensure_below(*staged.staged); });
}

void StagingPlace::finish_directory(StagedChange& staged) {
    if (!staged.staged) return conclude(staged, true);
    on_volume([&] {
        const auto& parent = parent_of(*staged.staged);
        const auto name = file_name(*staged.staged);
        repository::set_plain_metadata(parent, name, staged.metadata);
        staged.mirror_inode = parent.status(name).inode;
    });
    staged.outcome = Outcome::stored;
}

const os::Directory& StagingPlace::parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return run_.staging();
    auto parent = path.substr(0, slash);
    if (parent_path_ != parent) {
        parent_ = run_.staging().ensure_below(parent);
        parent_path_ = std::move(parent);
    }
    return *parent_;
}

}  // namespace kist::mailbox
