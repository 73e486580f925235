#include "mailbox/message_identity.hpp"

#include "kist/crypto/sha256.hpp"

#include <cstring>
#include <string>

#include <unistd.h>

namespace kist::mailbox {
namespace {

os::FileStatus own_status(std::uint64_t device, Timestamp time) {
    os::FileStatus status;
    status.uid = geteuid();
    status.gid = getegid();
    status.device = device;
    status.mtime = status.ctime = time;
    return status;
}

constexpr auto kHighest = std::uint64_t{1} << 63U;

}  // namespace

std::uint64_t hashed_number(std::string_view text) {
    const auto digest = crypto::sha256(std::as_bytes(std::span(text)));
    std::uint64_t number = 0;
    std::memcpy(&number, digest.bytes.data(), sizeof number);
    return number & ~kHighest;
}

std::uint64_t folder_device(std::string_view account, std::string_view raw_folder) {
    std::string text = "kist mail";
    text.append(1, '\0').append(account).append(1, '\0').append(raw_folder);
    return hashed_number(text) | kHighest;
}

os::FileStatus message_status(std::uint64_t device, std::uint32_t uid_validity, std::uint32_t uid) {
    auto status = own_status(device, time_at(uid_validity));
    status.mode = 0600;
    status.link_count = 1;
    status.inode = uid;
    status.birth_time = time_at(uid_validity);
    return status;
}

os::FileStatus maildrop_status(std::uint64_t device, std::string_view unique_id) {
    auto status = message_status(device, kMaildropValidity, 0);
    status.inode = hashed_number(unique_id) | kHighest;
    return status;
}

os::FileStatus directory_status(std::uint64_t device, Timestamp time) {
    auto status = own_status(device, time);
    status.type = os::FileType::directory;
    status.mode = 0700;
    status.link_count = 1;
    return status;
}

}  // namespace kist::mailbox
