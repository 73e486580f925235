#pragma once
// Reads the configuration: TOML (https://toml.io), one file and those that it includes. Everything that is wrong is
// returned, not only the first of it; what was understood is in the value all the same.

#include "kist/config/configuration.hpp"

#include <string>
#include <vector>

namespace kist::config {

struct Problem {
    Origin origin;
    std::string message;  // printable
    std::string hint;     // what to do; may be empty
};

// A file that was read, byte by byte. Key files are none of them.
struct File {
    std::string path;
    std::string content;
};

struct Reading {
    Configuration configuration;
    std::vector<Problem> problems;  // in the order in which they were met
    std::vector<File> files;        // the first is the main one; empty: there is none
};

enum class Presence { required, optional };

// Of whose files may be read.
enum class Trust {
    anybody,
    root,  // os::require_guarded() for each
};

struct Request {
    std::string path;  // of the main file
    Presence presence = Presence::optional;
    Trust trust = Trust::anybody;
    std::string home;  // what `~` means
};

// Errors: not_found for a required file that is not there, usage for one that others could have changed, else whatever
// keeps the main file from being read. Trouble with included files is among the problems.
Reading read(const Request& request);

}  // namespace kist::config
