#include "cli/entry_text.hpp"

#include "kist/base/byte_count.hpp"
#include "kist/os/directory.hpp"

#include "cli/duration.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace kist::cli {
namespace {

using os::FileType;

bool is_device(FileType type) {
    return type == FileType::character_device || type == FileType::block_device;
}

char type_letter(FileType type) {
    switch (type) {
        case FileType::regular:
            return '-';
        case FileType::directory:
            return 'd';
        case FileType::symlink:
            return 'l';
        case FileType::fifo:
            return 'p';
        case FileType::socket:
            return 's';
        case FileType::character_device:
            return 'c';
        case FileType::block_device:
            return 'b';
    }
    return '?';
}

// rwx of one class; special is setuid, setgid or sticky, shown in place of x.
std::string class_text(std::uint32_t bits, bool special, char letter) {
    const bool executable = (bits & 1) != 0;
    const char last = special ? (executable ? letter : static_cast<char>(letter - 'a' + 'A')) : executable ? 'x' : '-';
    return {(bits & 4) != 0 ? 'r' : '-', (bits & 2) != 0 ? 'w' : '-', last};
}

std::string owner_text(const std::string& name, std::uint32_t number) {
    return name.empty() ? std::to_string(number) : os::printable(name);
}

}  // namespace

const char* kind_text(FileType type) noexcept {
    switch (type) {
        case FileType::regular:
            return "file";
        case FileType::directory:
            return "directory";
        case FileType::symlink:
            return "symlink";
        case FileType::fifo:
            return "fifo";
        case FileType::socket:
            return "socket";
        case FileType::character_device:
            return "character-device";
        case FileType::block_device:
            return "block-device";
    }
    return "unknown";
}

std::string mode_text(FileType type, std::uint32_t mode) {
    return type_letter(type) + class_text(mode >> 6, (mode & S_ISUID) != 0, 's') +
           class_text(mode >> 3, (mode & S_ISGID) != 0, 's') + class_text(mode, (mode & S_ISVTX) != 0, 't');
}

std::string size_text(const repository::Metadata& metadata) {
    if (is_device(metadata.type))
        return fmt::format("{}, {}", major(metadata.special_device), minor(metadata.special_device));
    return metadata.type == FileType::regular ? to_string(ByteCount{metadata.size}) : "";
}

std::string long_line(const repository::Entry& entry, const std::string& shown) {
    const auto& metadata = entry.metadata;
    auto line = fmt::format("{} {:<8} {:<8} {:>9}  {}  {}", mode_text(metadata.type, metadata.mode),
                            owner_text(metadata.user, metadata.uid), owner_text(metadata.group, metadata.gid),
                            size_text(metadata), local_time(metadata.mtime), os::printable(shown));
    if (metadata.type == FileType::symlink) line += " -> " + os::printable(metadata.symlink_target);
    return line;
}

Json entry_json(const repository::Entry& entry, const std::string& path) {
    const auto& metadata = entry.metadata;
    Json object{{"type", "entry"}, {"kind", kind_text(metadata.type)}};
    put_path(object, "path", path);
    object["mode"] = fmt::format("{:04o}", metadata.mode);
    object["uid"] = metadata.uid;
    object["gid"] = metadata.gid;
    if (!metadata.user.empty()) put_path(object, "user", metadata.user);
    if (!metadata.group.empty()) put_path(object, "group", metadata.group);
    if (metadata.type == FileType::regular) object["size"] = metadata.size;
    object["mtime"] = to_rfc3339(metadata.mtime);
    if (entry.identity.birth_time) object["birth"] = to_rfc3339(*entry.identity.birth_time);
    if (metadata.flags != 0) object["flags"] = os::names_of(metadata.flags);
    if (metadata.type == FileType::symlink) put_path(object, "target", metadata.symlink_target);
    if (is_device(metadata.type))
        object["device"] = fmt::format("{}:{}", major(metadata.special_device), minor(metadata.special_device));
    return object;
}

}  // namespace kist::cli
