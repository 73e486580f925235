#pragma once
// The machine's own readers of crypttab and fstab, asked before a new table takes the place of the old one.

#include <string>

namespace kist::volume {

struct TableTexts {
    std::string crypttab;
    std::string fstab;
};

// findmnt --verify and systemd's generators, those of them that are installed, read copies of the tables. Complaints
// that the old tables do not cause are a failed Error that quotes them; what was wrong before may stay so.
void require_accepted(const TableTexts& before, const TableTexts& after);

}  // namespace kist::volume
