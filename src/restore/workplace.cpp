#include "restore/workplace.hpp"

#include "kist/base/error.hpp"
#include "kist/base/uuid.hpp"

#include <algorithm>
#include <atomic>
#include <string_view>

#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace kist::restore {
namespace {

constexpr std::string_view kPrefix = ".kist-restore-";
constexpr std::size_t kRandomDigits = 8;

bool is_temporary_name(std::string_view name) {
    const auto is_one_of = [](std::string_view text, std::string_view digits) {
        return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
    };
    if (!name.starts_with(kPrefix)) return false;
    name.remove_prefix(kPrefix.size());
    const auto hyphen = name.find('-');
    return hyphen == kRandomDigits && is_one_of(name.substr(0, hyphen), "0123456789abcdef") &&
           is_one_of(name.substr(hyphen + 1), "0123456789");
}

}  // namespace

ObjectId id_of(const os::FileStatus& status) {
    return {status.device, status.inode, status.birth_time};
}

Destination make_directory(const Destination& parent, const std::string& name) {
    auto directory = parent.directory.create_directory(name, 0700);
    if (parent.is_private) return {std::move(directory), true};
    const auto status = directory.own_status();
    return {std::move(directory), status.uid == geteuid() && (status.mode & 077U) == 0};
}

std::string new_temporary_name() {
    static const auto prefix = fmt::format("{}{}", kPrefix, to_string(random_uuid()).substr(0, kRandomDigits));
    static std::atomic<std::uint64_t> count = 0;
    return fmt::format("{}-{}", prefix, ++count);
}

bool is_only_restore(const os::Directory& target) {
    return flock(target.fd(), LOCK_EX | LOCK_NB) == 0;
}

void remove_leftovers(const os::Directory& directory) {
    for (const auto& entry : directory.entries()) {
        if (!is_temporary_name(entry.name)) continue;
        const auto status = directory.find_status(entry.name);
        if (status && status->uid == geteuid() && !status->is_mount_root) directory.remove_tree(entry.name);
    }
}

Workplace::~Workplace() {
    if (!own_) return;
    try {
        destination_.directory.remove_directory(own_name_);
    } catch (const Error&) {  // what cannot be removed has a name that says where it comes from
    }
}

const os::Directory& Workplace::directory() {
    if (destination_.is_private) return destination_.directory;
    if (!own_) {
        own_name_ = new_temporary_name();
        own_ = make_directory(destination_, own_name_);
    }
    return own_->directory;
}

void Workplace::require_privacy() {
    directory();
    if (!destination_.is_private && !own_->is_private)
        throw Error(ErrorCode::failed, "this filesystem has no place for it that nobody else can write to");
}

}  // namespace kist::restore
