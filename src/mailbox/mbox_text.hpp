#pragma once
// A message as a part of an mbox file, in the form mboxrd: its bytes are as they were, but for one more ">" before each
// line that begins with "From ", also behind other ">". A line "From SENDER DATE" precedes it, an empty line follows
// it. A message that does not end with a line's end gets one, and " unterminated" behind the date: programs that read
// mbox files pass over what follows it, and without it the original could not be told from a message that has one.

#include "kist/base/timestamp.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailbox {

inline constexpr std::string_view kUnterminated = " unterminated";

// "Thu Nov 26 15:28:45 2026", in UTC.
std::string mbox_date(Timestamp time);
std::vector<std::byte> to_mbox(std::span<const std::byte> message, Timestamp date);

}  // namespace kist::mailbox
