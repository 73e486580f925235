#pragma once
// What a message says of itself, as people search for it.

#include <string>

namespace kist::repository {

// UTF-8 without control characters; empty where the message says nothing.
struct MailHeader {
    std::string from;
    std::string recipients;  // To, Cc and Bcc, with ", " between
    std::string subject;
    std::string message_id;  // with its angle brackets

    friend bool operator==(const MailHeader&, const MailHeader&) = default;
};

}  // namespace kist::repository
