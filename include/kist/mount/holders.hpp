#pragma once
// Which processes keep a mount or a file busy, as far as the caller may see: their working and root folder, program,
// open files and mapped files (/proc/PID/{cwd,root,exe,fd,map_files}).

#include <cstdint>
#include <string>
#include <vector>

namespace kist::mount {

struct Holder {
    int pid = 0;
    std::string name;  // of the program, raw bytes
};

// Everything but the caller itself, by process id. Never waits for the filesystem in question.
std::vector<Holder> holders_of_mount(const std::string& mount_point);
std::vector<Holder> holders_of_file(std::uint64_t device, std::uint64_t inode);

// "bash (process 812) and vim (process 900)"; at most a handful, then "and 12 more". "" for none.
std::string describe(const std::vector<Holder>& holders);

}  // namespace kist::mount
