#pragma once
// Makes a script smaller by comparing byte by byte: blocks are matched whole, so a literal may begin and end with bytes
// that the neighbouring copies could go on with. Both versions are read, but only around the literals' ends and as far
// as they agree. For reverse scripts: what is read of the older version is what has to be kept anyway.

#include "kist/delta/range_reader.hpp"
#include "kist/delta/script.hpp"

namespace kist::delta {

Script trim(const Script& script, const RangeReader& target, const RangeReader& basis);

}  // namespace kist::delta
