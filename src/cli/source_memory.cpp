#include "cli/source_memory.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/host_folder.hpp"
#include "kist/repository/snapshot_name.hpp"

#include "cli/state_folder.hpp"

#include <cerrno>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace kist::cli {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr std::pair<const char*, std::optional<Timestamp> SourceTimes::*> kKeys[] = {
    {"backed-up", &SourceTimes::backed_up}, {"first-seen", &SourceTimes::first_seen}, {"told", &SourceTimes::told}};

SourceTimes parse(std::string_view text) {
    SourceTimes times;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        for (const auto& [key, member] : kKeys)
            if (const std::string_view word = key; line.starts_with(word) && line.size() > word.size() + 1)
                times.*member = repository::parse_time(line.substr(word.size() + 1), {});
    }
    return times;
}

}  // namespace

SourceMemory::SourceMemory(const std::string& source)
    : folder_(state_folder("sources")), path_(fmt::format("{}/{}", folder_, repository::mirror_host_folder(source))) {}

SourceTimes SourceMemory::read() const {
    try {
        return parse(os::read_small_file(path_));
    } catch (const Error& error) {
        if (error.error_number() != ENOENT && error.error_number() != ENOTDIR) throw;
        return {};
    }
}

void SourceMemory::write(const SourceTimes& times) const {
    std::string text;
    for (const auto& [key, member] : kKeys)
        if (times.*member) text += fmt::format("{} {}\n", key, to_rfc3339(*(times.*member)));
    make_state_folder(folder_);
    os::replace_small_file(path_, text, kFileMode);
}

}  // namespace kist::cli
