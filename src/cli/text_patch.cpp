#include "cli/text_patch.hpp"

#include "kist/base/error.hpp"
#include "kist/look/text_difference.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "cli/colour.hpp"
#include "cli/json_names.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace kist::cli {
namespace {

using os::FileType;
using repository::Entry;

bool is_file(const std::optional<Entry>& entry) {
    return entry && entry->metadata.type == FileType::regular;
}

bool is_small(const std::optional<Entry>& entry) {
    return !entry || entry->metadata.size <= look::kLargestText;
}

// A terminal gets the lines without control characters: what stands in a file is not to move its cursor.
std::string harmless(std::string_view line) {
    const bool is_readable = is_utf8(line);
    std::string text;
    for (std::size_t at = 0; at < line.size(); ++at) {
        const auto byte = static_cast<std::uint8_t>(line[at]);
        // U+0080 to U+009F are control characters too.
        const bool is_c1 = byte == 0xc2 && at + 1 < line.size() && static_cast<std::uint8_t>(line[at + 1]) < 0xa0;
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f || is_c1 || (byte >= 0x80 && !is_readable))
            text += fmt::format("\\x{:02x}", byte);
        else
            text += line[at];
        if (is_c1 && is_readable) text += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(line[++at]));
    }
    return text;
}

Colour colour_of(std::string_view line) {
    if (line.starts_with("@@")) return Colour::cyan;
    if (line.starts_with("--- ") || line.starts_with("+++ ")) return Colour::bold;
    return line.starts_with('-') ? Colour::red : line.starts_with('+') ? Colour::green : Colour::none;
}

void print_patch(Output& output, std::string_view patch) {
    if (!output.is_terminal() && !output.has_colours()) return output.text(patch);
    while (!patch.empty()) {
        const auto end = std::min(patch.find('\n'), patch.size());
        const auto line = patch.substr(0, end);
        output.line(coloured(output, colour_of(line), output.is_terminal() ? harmless(line) : std::string(line)));
        patch.remove_prefix(std::min(end + 1, patch.size()));
    }
}

std::string label(char side, const std::string& path, const std::string& root) {
    if (path.empty()) return "/dev/null";
    const auto below = path == root ? path.substr(path.rfind('/')) : path.substr(root == "/" ? 0 : root.size());
    return side + os::printable(below);
}

}  // namespace

TextPatch::TextPatch(Context& context, const repository::Repository& repository, std::string root_before,
                     std::string root_after, const repository::Source& source)
    : context_(context),
      catalog_(repository.open_catalog()),
      reader_(repository, catalog_),
      root_before_(std::move(root_before)),
      root_after_(std::move(root_after)),
      source_(source) {}

void TextPatch::print(const look::Difference& difference) {
    const auto& before = difference.before;
    const auto& after = difference.after;
    const bool is_new = difference.change == look::Change::added || difference.change == look::Change::removed;
    if ((!is_file(before) && !is_file(after)) || (!is_new && !difference.what.content)) return;
    look::Text first{label('a', difference.path_before, root_before_), {}};
    look::Text second{label('b', difference.path_after, root_after_), {}};
    const bool is_comparable = is_small(before) && is_small(after);
    if (is_comparable) {
        first.bytes = read(before, difference.path_before);
        second.bytes = read(after, difference.path_after);
    }
    if (is_comparable && look::is_text(first.bytes) && look::is_text(second.bytes))
        print_patch(context_.output, look::unified_difference(first, second));
    else
        context_.output.line(fmt::format("{} {} and {} differ", is_comparable ? "Binary files" : "Large files",
                                         first.label, second.label));
}

std::string TextPatch::read(const std::optional<Entry>& entry, const std::string& path) {
    if (!entry) return {};
    return entry->content ? read_content(*entry) : read_live(path);
}

std::string TextPatch::read_content(const Entry& entry) {
    std::string bytes(entry.metadata.size, '\0');
    const auto take = [&](std::uint64_t offset, std::span<const std::byte> data) {
        if (offset > bytes.size() || data.size() > bytes.size() - offset)
            throw Error(ErrorCode::damaged, "a content is larger than the catalog says");
        std::memcpy(bytes.data() + offset, data.data(), data.size());
    };
    reader_.read(*entry.content, take, [&] { std::ranges::fill(bytes, '\0'); });
    return bytes;
}

// Below the source's folder no symlink is followed.
std::string TextPatch::read_live(const std::string& path) {
    const auto slash = path.rfind('/');
    const auto parent = path.substr(0, std::max<std::size_t>(slash, 1));
    const auto& top = source_.path;
    const auto folder =
        path == top || parent == top
            ? os::Directory::open(parent)
            : os::Directory::open(top).open_below(std::string_view(parent).substr(top == "/" ? 1 : top.size() + 1));
    const auto file = folder.open_file(path.substr(slash + 1));
    if (os::status_of(file.get()).type != FileType::regular)
        throw Error(ErrorCode::failed, os::printable(path) + " is no regular file any more");
    std::string bytes(look::kLargestText + 1, '\0');
    bytes.resize(os::read_at(file.get(), 0, std::as_writable_bytes(std::span(bytes)), path));
    return bytes;
}

}  // namespace kist::cli
