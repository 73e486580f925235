#pragma once
// A machine's own settings of Kist, kept in the volume beside its backups as plain files, so that a rescue has them:
// see doc/format.md, ".kist/config". They are replaced as a whole: whoever looks finds those of one backup or of
// another, never a mixture. No secret is among them; what names one is listed instead.

#include "kist/repository/repository.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kist::repository {

struct KeptFile {
    std::string path;  // absolute
    std::string content;
    std::uint32_t mode = 0600;

    friend bool operator==(const KeptFile&, const KeptFile&) = default;
};

struct KeptConfiguration {
    std::vector<KeptFile> files;  // by path
    std::string boot;             // how the disk is opened at boot, lines of text; "": it is not
    std::string left_out;         // one line for each secret that is named and not kept

    bool is_empty() const { return files.empty() && boot.empty() && left_out.empty(); }
    friend bool operator==(const KeptConfiguration&, const KeptConfiguration&) = default;
};

// Writes only what has changed, under the writer's lock. Errors: busy, no_space, and what the system says; then what
// was kept before stays.
void keep_configuration(const Repository& repository, std::string_view host, KeptConfiguration configuration);

// What was kept last; empty where nothing was. Of what a hostile volume may hold there only plain files count, at most
// 256, of at most 1 MiB each.
KeptConfiguration kept_configuration(const Repository& repository, std::string_view host);

}  // namespace kist::repository
