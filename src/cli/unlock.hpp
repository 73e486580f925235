#pragma once
// The one way from a volume's header to its volume key, for every command: the header must claim what it claimed before
// (volume/local_state.hpp), then its tokens are tried, then a key file, a command, or the terminal, three times.

#include "kist/luks/header.hpp"
#include "kist/luks/keyslots.hpp"

#include "cli/command.hpp"

#include <optional>
#include <string>

namespace kist::cli {

enum class HeaderChange {
    refuse,
    ask,  // show what changed and ask whether that is all right; never without a terminal
};
enum class Tokens { use, ignore };

struct UnlockRequest {
    std::string name = {};  // printable; "": the header's path
    std::string question = "Passphrase for";
    std::optional<int> except_keyslot = std::nullopt;  // the key must fit another slot
    HeaderChange header_change = HeaderChange::refuse;
    Tokens tokens = Tokens::use;
    std::optional<KeyOptions> key = std::nullopt;  // instead of the global options
};

// A header that is seen for the first time is remembered. While nobody watches, no KDF may take more than 1 GiB or half
// of the machine's memory. Errors: damaged for a header that changed, no_key, and those of read_key().
luks::Unlocked unlock(Context& context, const luks::Header& header, const UnlockRequest& request = {});

// The key that is used for the volume that a command was given as `name`: the options', else the configuration's.
KeyOptions key_of_volume(const GlobalOptions& options, const std::string& name);

// The same as volume::open() takes it. context must outlive it.
luks::Unlock unlock_with(Context& context, HeaderChange header_change = HeaderChange::refuse);

// Remembers the header that the volume has now. A folder that cannot be written is only noted.
void remember_header(Context& context, const luks::Header& header);

}  // namespace kist::cli
