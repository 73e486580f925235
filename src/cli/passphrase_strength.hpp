#pragma once
// An honest guess at how hard a passphrase is to guess. It knows no dictionary and therefore promises nothing: it can
// only say that one is too short or too regular.

#include "kist/base/secret.hpp"

#include <string>

namespace kist::cli {

// In bits, after the rule of thumb of NIST SP 800-63-1 for passphrases that people choose: the first character 4, the
// next seven 2 each, up to the twentieth 1.5, then 1; 6 more where capitals and other signs are mixed in. Characters
// that repeat or continue their neighbour (aaa, 1234) count a tenth.
double estimated_bits(const Secret& passphrase);

// A printable sentence for a passphrase that is weak; "" for the others, and for an empty one.
std::string remark_on_strength(const Secret& passphrase);

}  // namespace kist::cli
