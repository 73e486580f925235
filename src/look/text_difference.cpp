#include "kist/look/text_difference.hpp"

#include "kist/base/error.hpp"
#include "kist/os/child.hpp"
#include "kist/os/file.hpp"

#include <array>
#include <cerrno>

#include <sys/mman.h>

namespace kist::look {
namespace {

constexpr std::size_t kLargestOutput = 4 * kLargestText;

// Nothing of the contents of a backup is written to another disk.
os::Fd file_in_memory(std::string_view bytes) {
    os::Fd file(memfd_create("kist-diff", MFD_CLOEXEC));
    if (!file) throw Error::from_errno(errno, "cannot make a file in memory");
    os::write_at(file.get(), 0, os::as_bytes(bytes), "a file in memory");
    return file;
}

}  // namespace

bool is_text(std::string_view bytes) {
    return bytes.find('\0') == std::string_view::npos;
}

std::string unified_difference(const Text& before, const Text& after) {
    const auto first = file_in_memory(before.bytes);
    const auto second = file_in_memory(after.bytes);
    auto pipe = os::make_pipe();
    os::Child diff({"diff", "-u", "-a", "--label=" + before.label, "--label=" + after.label, "/dev/fd/3", "/dev/fd/4"},
                   {-1, pipe.write_end.get(), {first.get(), second.get()}});
    pipe.write_end.reset();
    std::string output;
    std::array<std::byte, 65536> buffer{};
    while (const auto got = os::read_some(pipe.read_end.get(), buffer, "diff"))
        if (output.size() < kLargestOutput) output.append(reinterpret_cast<const char*>(buffer.data()), got);
    if (const auto status = diff.wait(); status > 1)
        throw Error(ErrorCode::failed, "diff failed with exit status " + std::to_string(status));
    return output;
}

}  // namespace kist::look
