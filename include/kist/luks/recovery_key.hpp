#pragma once
// A recovery key: 224 random bits for paper, in the form of systemd-cryptenroll's (8 groups of 8 of the letters
// cbdefghijklnrtuv, which lie alike on most keyboards, joined by hyphens). Its text is the passphrase that cryptsetup
// takes. The last letter of each group is a check letter over the group and its place: any one wrong letter, two that
// changed places, and groups in the wrong order are found, and the group is named. Keys that systemd made have no check
// letters: for them only the form can be judged.

#include "kist/base/secret.hpp"

#include <optional>
#include <vector>

namespace kist::luks {

Secret random_recovery_key();

// As somebody typed it: case, blanks, hyphens and letters that look alike (1 for l, 9 and q for g) do not matter.
// nullopt: it has not the form of a recovery key, of whatever origin.
std::optional<Secret> normalize_recovery_key(const Secret& typed);

// The groups, from 1, whose check letter is wrong. key: normalised.
std::vector<int> wrong_groups(const Secret& key);

}  // namespace kist::luks
