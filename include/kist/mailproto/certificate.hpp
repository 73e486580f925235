#pragma once
// What a server has shown of itself when encryption began.

#include "kist/base/digest.hpp"
#include "kist/base/timestamp.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailproto {

// Texts come from the network: printable already, and bounded.
struct Certificate {
    std::string subject;  // "CN=mail.example.org,O=Example", RFC 2253
    std::string issuer;
    std::vector<std::string> names;  // the host names and addresses that it is for
    Timestamp not_before;
    Timestamp not_after;
    Digest fingerprint;  // SHA-256 of its DER form
};

struct TlsDetails {
    std::string version;             // "TLSv1.3"; empty where the server was refused
    std::string cipher;              // as version
    std::vector<Certificate> chain;  // as the server sent it, its own certificate first; the first 10
    std::string refusal;             // why the certificate does not count; empty: it does
    bool is_pinned = false;          // judged by its fingerprint alone
};

// The forms in which programs show SHA-256 fingerprints: 64 hexadecimal digits, colons between them, "SHA256:" before
// them. nullopt: none of these.
std::optional<Digest> parse_fingerprint(std::string_view text);

// "SHA256:" and pairs of hexadecimal digits with colons.
std::string fingerprint_text(const Digest& fingerprint);

}  // namespace kist::mailproto
