#pragma once
// Copies of databases that other programs are writing to, by SQLite's online backup API (sqlite.org/backup.html).

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace kist::sqlite {

// The beginning of a file that holds a database (sqlite.org/fileformat.html).
inline constexpr std::string_view kHeader{"SQLite format 3\0", 16};

struct OnlineCopy {
    int folder = -1;     // descriptor of the folder in which the database lies; it must be readable
    std::string name;    // of the database there: neither it nor its -wal and -shm may be links
    std::string target;  // a path at which nothing stands yet
    std::chrono::milliseconds patience{5000};   // with other programs' locks
    std::function<void()> on_progress = [] {};  // may throw
};

// Makes target the database as it is after some whole transaction. The database is opened for reading only and not
// changed; its -shm file may be made and locked, as by every reader. As POSIX has it, the caller's process must not
// open and close that -shm file meanwhile. Errors: busy when a program keeps it locked, damaged, no_space and failed;
// target may be there then.
void copy_online(const OnlineCopy& copy);

}  // namespace kist::sqlite
