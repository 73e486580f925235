#include "volume/boot_judges.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"
#include "kist/os/process.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include <unistd.h>

namespace kist::volume {
namespace {

constexpr const char* kGenerators[] = {"systemd-cryptsetup-generator", "systemd-fstab-generator"};
constexpr const char* kGeneratorFolders[] = {"/usr/lib/systemd/system-generators", "/lib/systemd/system-generators"};

// A folder of its own, gone with all below it.
class ScratchFolder {
  public:
    ScratchFolder() {
        std::string path = std::filesystem::temp_directory_path() / "kist-boot.XXXXXX";
        if (mkdtemp(path.data()) == nullptr) throw Error::from_errno(errno, "cannot create a folder like " + path);
        path_ = path;
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

std::string generator_path(const std::string& name) {
    for (const auto* folder : kGeneratorFolders)
        if (const auto path = std::string(folder) + "/" + name; access(path.c_str(), X_OK) == 0) return path;
    return "";
}

// The device of a disk that is not plugged in cannot be looked at, and that is no fault of the table.
bool is_complaint(const std::string& line) {
    const bool about_text = line.starts_with("findmnt: ") || line.find("parse error at line") != std::string::npos;
    return about_text || (line.find("[E]") != std::string::npos &&
                          line.find("cannot detect on-disk filesystem type") == std::string::npos);
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

// Each with the mount point that it is about.
std::vector<std::string> complaints_of_findmnt(const std::string& fstab) {
    const auto result = os::run({"env", "LC_ALL=C", "findmnt", "--verify", "--tab-file", fstab});
    std::vector<std::string> complaints;
    std::string subject;
    for (const auto& line : lines_of(result.output)) {
        if (is_complaint(line)) complaints.push_back(subject + ":" + line);
        if (!line.starts_with(' ')) subject = line;
    }
    return complaints;
}

std::vector<std::string> complaints_of_generators(const std::string& crypttab, const std::string& fstab,
                                                  const std::string& folder) {
    std::vector<std::string> complaints;
    for (const auto* name : kGenerators) {
        const auto program = generator_path(name);
        if (program.empty()) continue;
        const auto result = os::run({"env", "LC_ALL=C", "SYSTEMD_LOG_TARGET=console", "SYSTEMD_CRYPTTAB=" + crypttab,
                                     "SYSTEMD_FSTAB=" + fstab, program, folder, folder, folder});
        if (result.status != 0) complaints.push_back(std::string(name) + ": " + result.output);
    }
    return complaints;
}

// Always at the same paths in the scratch folder, so that what is said twice is the same text.
std::vector<std::string> complaints(const ScratchFolder& scratch, const TableTexts& tables) {
    const auto crypttab = scratch / "crypttab";
    const auto fstab = scratch / "fstab";
    const auto units = scratch / "units";
    os::replace_small_file(crypttab, tables.crypttab);
    os::replace_small_file(fstab, tables.fstab);
    std::filesystem::remove_all(units);
    std::filesystem::create_directory(units);
    auto found = complaints_of_findmnt(fstab);
    for (auto& complaint : complaints_of_generators(crypttab, fstab, units)) found.push_back(std::move(complaint));
    std::ranges::sort(found);
    return found;
}

}  // namespace

void require_accepted(const TableTexts& before, const TableTexts& after) {
    const ScratchFolder scratch;
    const auto known = complaints(scratch, before);
    const auto now = complaints(scratch, after);
    std::vector<std::string> fresh;
    std::ranges::set_difference(now, known, std::back_inserter(fresh));
    if (fresh.empty()) return;
    throw Error(ErrorCode::failed, "the new crypttab and fstab would not be accepted: " + os::printable(fresh.front()),
                "Nothing was changed.");
}

}  // namespace kist::volume
