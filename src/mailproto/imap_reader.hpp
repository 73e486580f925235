#pragma once
// Reads one answer of an IMAP server after the other.

#include "kist/mailproto/imap_response.hpp"

#include "mailproto/imap_input.hpp"

#include <string>

namespace kist::mailproto {

struct ImapAnswer {
    enum class Kind : std::uint8_t {
        untagged,      // it went to the sink
        continuation,  // "+": the server waits for the rest of a command; the text is in status
        tagged,        // a command has ended
    };
    Kind kind = Kind::untagged;
    std::string tag;
    ImapStatus status;
};

// Errors: as of ImapInput, and failed for messages that are given twice in one answer.
ImapAnswer read_answer(ImapInput& input, ImapSink& sink);

// From behind "* n FETCH " to the end of its list.
void read_fetched(ImapInput& input, std::uint32_t sequence, ImapSink& sink);

}  // namespace kist::mailproto
