#pragma once
// Rebuilding a target from its basis. The bytes go to the sink in order and are hashed on the way: where the hash is
// not the one that was asked for (another basis, a foreign delta, rot in either), patching ends with a damaged Error,
// and what the sink got is to be thrown away. Memory: some buffers, whatever the sizes.

#include "kist/base/digest.hpp"
#include "kist/delta/delta.hpp"

namespace kist::delta {

void patch(const Delta& delta, const RangeReader& basis, const Digest& target, const Sink& sink);

// From a stream that is read once.
void patch(DeltaReader& delta, const RangeReader& basis, const Digest& target, const Sink& sink);

}  // namespace kist::delta
