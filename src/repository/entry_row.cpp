#include "repository/entry_row.hpp"

#include "kist/base/error.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr int kEntryColumnCount = 26;
constexpr std::string_view kFlagsName = "kist.flags";  // no name of an extended attribute of Linux begins like this

std::string encode_number(std::uint32_t number) {
    std::string bytes;
    for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xffU);
    return bytes;
}

// Of the first four bytes.
std::uint32_t decode_number(std::string_view bytes) {
    std::uint32_t number = 0;
    if (bytes.size() < 4) throw Error(ErrorCode::damaged, "the catalog holds broken attributes");
    for (unsigned i = 0; i < 4; ++i) number |= std::uint32_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
    return number;
}

void append_sized(std::string& out, std::string_view bytes) {
    out += encode_number(static_cast<std::uint32_t>(bytes.size()));
    out += bytes;
}

std::string_view take_sized(std::string_view& encoded) {
    const std::size_t size = decode_number(encoded);
    if (encoded.size() - 4 < size) throw Error(ErrorCode::damaged, "the catalog holds broken attributes");
    const auto bytes = encoded.substr(4, size);
    encoded.remove_prefix(4 + size);
    return bytes;
}

std::int64_t as_signed(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
           name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

bool is_absolute_path(std::string_view path) {
    if (!path.starts_with('/')) return false;
    if (path == "/") return true;
    for (std::size_t at = 0; at < path.size();) {
        const auto end = std::min(path.find('/', at + 1), path.size());
        if (!is_name(path.substr(at + 1, end - at - 1))) return false;
        at = end;
    }
    return true;
}

void require(bool fine, const Entry& entry, const char* what) {
    if (!fine)
        throw Error(ErrorCode::damaged, fmt::format("the catalog is damaged: {} in entry {} ({})", what, entry.id,
                                                    os::printable(entry.name)));
}

os::FileType type_of(const sqlite::Statement& row, const Entry& entry) {
    const auto type = row.integer(5);
    require(type >= 0 && type <= static_cast<int>(os::FileType::block_device), entry, "an unknown type");
    return static_cast<os::FileType>(type);
}

void require_consistent(const Entry& entry) {
    require_entry_name(entry.directory, entry.name);
    const auto& metadata = entry.metadata;
    const bool is_directory = metadata.type == os::FileType::directory;
    const bool is_file = metadata.type == os::FileType::regular;
    require(!is_directory || (entry.node && *entry.node > 0 && *entry.node != entry.directory), entry, "no valid node");
    require(is_file == entry.content.has_value(), entry, "content and type that do not fit");
    require(static_cast<std::int64_t>(metadata.size) >= 0, entry, "an impossible size");
    require((metadata.mode & ~07777U) == 0, entry, "an impossible mode");
    const bool has_target = !metadata.symlink_target.empty();
    require(has_target == (metadata.type == os::FileType::symlink), entry, "target and type that do not fit");
    require(metadata.symlink_target.find('\0') == std::string::npos, entry, "an impossible target");
}

}  // namespace

void require_entry_name(NodeId directory, std::string_view name) {
    const bool is_possible = directory != 0 && directory != std::numeric_limits<NodeId>::min();  // minus a source's id
    if (is_possible && (directory < 0 ? is_absolute_path(name) : is_name(name))) return;
    throw Error(ErrorCode::damaged, "the catalog is damaged: it holds the impossible name " + os::printable(name));
}

std::string encode_attributes(const Metadata& metadata) {
    auto all = metadata.attributes;
    if (metadata.flags != 0) {
        const auto place = std::ranges::lower_bound(all, kFlagsName, {}, &os::ExtendedAttribute::name);
        all.insert(place, {std::string(kFlagsName), encode_number(metadata.flags)});
    }
    std::string encoded;
    for (const auto& [name, value] : all) {
        append_sized(encoded, name);
        append_sized(encoded, value);
    }
    return encoded;
}

void decode_attributes(std::string_view encoded, Metadata& metadata) {
    while (!encoded.empty()) {
        const auto name = take_sized(encoded);
        const auto value = take_sized(encoded);
        if (name == kFlagsName)
            metadata.flags = decode_number(value) & os::kSettableFlags;
        else
            metadata.attributes.push_back({std::string(name), std::string(value)});
    }
}

Entry read_entry(const sqlite::Statement& row) {
    Entry entry;
    entry.id = row.integer(0);
    entry.directory = row.integer(1);
    entry.name = row.text(2);
    entry.first = row.integer(3);
    entry.last = row.optional_integer(4);
    auto& metadata = entry.metadata;
    metadata.type = type_of(row, entry);
    metadata.mode = static_cast<std::uint32_t>(row.integer(6));
    metadata.uid = static_cast<std::uint32_t>(row.integer(7));
    metadata.gid = static_cast<std::uint32_t>(row.integer(8));
    metadata.size = static_cast<std::uint64_t>(row.integer(9));
    metadata.mtime = timestamp(row.integer(10));
    entry.node = row.optional_integer(11);
    entry.content = row.optional_integer(12);
    auto& identity = entry.identity;
    identity.device = static_cast<std::uint64_t>(row.integer(13));
    identity.inode = static_cast<std::uint64_t>(row.integer(14));
    identity.ctime = timestamp(row.integer(15));
    if (const auto birth = row.optional_integer(16)) identity.birth_time = timestamp(*birth);
    identity.unsettled = row.integer(17) != 0;
    entry.source = row.integer(18);
    metadata.user = row.text(19);
    metadata.group = row.text(20);
    metadata.special_device = static_cast<std::uint64_t>(row.integer(21));
    metadata.has_holes = row.integer(22) != 0;
    metadata.symlink_target = row.text(23);
    decode_attributes(row.text(24), metadata);
    entry.mirror_inode = static_cast<std::uint64_t>(row.integer(25));
    require_consistent(entry);
    return entry;
}

std::string entry_insertion() {
    std::string parameters = "?";
    for (int column = 1; column < kEntryColumnCount; ++column) parameters += ", ?";
    return fmt::format("INSERT OR REPLACE INTO main.entry ({}) VALUES ({})", kEntryColumns, parameters);
}

void bind_entry(sqlite::Statement& statement, const Entry& entry, const std::string& attributes) {
    const auto& metadata = entry.metadata;
    const auto& identity = entry.identity;
    entry.id == 0 ? statement.bind_null(1) : statement.bind(1, entry.id);
    statement.bind(2, entry.directory).bind_blob(3, entry.name).bind(4, entry.first).bind(5, entry.last);
    statement.bind(6, static_cast<std::int64_t>(metadata.type)).bind(7, std::int64_t{metadata.mode});
    statement.bind(8, std::int64_t{metadata.uid}).bind(9, std::int64_t{metadata.gid});
    statement.bind(10, as_signed(metadata.size)).bind(11, nanoseconds(metadata.mtime));
    statement.bind(12, entry.node).bind(13, entry.content);
    statement.bind(14, as_signed(identity.device)).bind(15, as_signed(identity.inode));
    statement.bind(16, nanoseconds(identity.ctime));
    identity.birth_time ? statement.bind(17, nanoseconds(*identity.birth_time)) : statement.bind_null(17);
    statement.bind(18, std::int64_t{identity.unsettled}).bind(19, entry.source);
    statement.bind_text(20, metadata.user).bind_text(21, metadata.group);
    statement.bind(22, as_signed(metadata.special_device)).bind(23, std::int64_t{metadata.has_holes});
    metadata.type == os::FileType::symlink ? statement.bind_blob(24, metadata.symlink_target) : statement.bind_null(24);
    attributes.empty() ? statement.bind_null(25) : statement.bind_blob(25, attributes);
    statement.bind(26, as_signed(entry.mirror_inode));
}

}  // namespace kist::repository
