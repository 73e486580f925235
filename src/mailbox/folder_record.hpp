#pragma once
// What is known of a folder beside its messages, and how the catalog keeps it: as extended attributes of the folder's
// directory. Format: doc/format.md, "Mail".

#include "kist/os/attributes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kist::mailbox {

// Of messages.
inline constexpr const char* kKeywordsAttribute = "user.kist.mail.keywords";
inline constexpr const char* kUniqueIdAttribute = "user.kist.mail.uidl";

// The attribute's text, or an empty one.
std::string attribute_text(const os::ExtendedAttributes& attributes, std::string_view name);

struct FolderRecord {
    std::string name;       // as the server writes it
    std::string delimiter;  // one byte, or none
    bool is_subscribed = false;
    std::uint32_t uid_validity = 0;  // 0: it holds no messages, or numbers that do not last
    // What the server said when the folder was last read as a whole; 0: not known.
    std::uint32_t uid_next = 0;
    std::uint64_t highest_modseq = 0;
    std::uint32_t messages = 0;

    friend bool operator==(const FolderRecord&, const FolderRecord&) = default;
};

os::ExtendedAttributes attributes_of(const FolderRecord& record);  // none for one without a name
// nullopt: these are no folder's. What is missing or impossible is not known.
std::optional<FolderRecord> record_of(const os::ExtendedAttributes& attributes);

}  // namespace kist::mailbox
