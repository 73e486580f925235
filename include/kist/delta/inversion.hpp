#pragma once
// The way back: from the script that makes the newer version out of the older one, the script that makes the older out
// of the newer. Needs neither file; the literals of the result are what only the older version has. A range of the
// older version that was copied several times is taken back once. Time: n log n in the copies.

#include "kist/delta/script.hpp"

namespace kist::delta {

Script invert(const Script& script);

}  // namespace kist::delta
