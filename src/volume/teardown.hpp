#pragma once
#include "volume/registry.hpp"

namespace kist::volume {

// Unmounts, takes the decrypted device away, and forgets the record. The caller holds the record's lock. What is gone
// already is passed over; where something is in use, a busy Error leaves the rest as it is.
void take_down(const Record& record, const Judgement& judgement);

// The mount point and the record go at once, the decrypted device with its last user. Returns who that is, "" for
// nobody.
std::string let_go(const Record& record, const Judgement& judgement);

}  // namespace kist::volume
