#pragma once
// What this machine remembers of a volume: what its header claimed when it was made or first opened, the newest backup
// of the header, and the recovery key. One small text file per volume, named by its LUKS UUID, with lines `key value`,
// in /var/lib/kist/volumes (root) or $XDG_STATE_HOME/kist/volumes, a folder closed to everybody else. Losing it loses
// no data: the next open is a first one again.

#include "kist/base/digest.hpp"
#include "kist/base/timestamp.hpp"
#include "kist/base/uuid.hpp"
#include "kist/luks/header.hpp"
#include "kist/luks/header_pin.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::volume {

struct HeaderBackup {
    std::string path;    // where it was written; it may have been moved since
    Timestamp time;      // to the second
    Digest fingerprint;  // luks::metadata_fingerprint() at that time

    friend bool operator==(const HeaderBackup&, const HeaderBackup&) = default;
};

struct RecoveryKey {
    int keyslot = 0;
    Timestamp confirmed;  // to the second

    friend bool operator==(const RecoveryKey&, const RecoveryKey&) = default;
};

struct LocalState {
    std::optional<luks::HeaderPin> pin;
    std::optional<HeaderBackup> header_backup;
    std::optional<RecoveryKey> recovery_key;

    friend bool operator==(const LocalState&, const LocalState&) = default;
};

std::string serialize(const LocalState& state);
// Lines with keys that it does not know are passed over. What cannot be understood: nullopt.
std::optional<LocalState> parse_local_state(std::string_view text);

// The folder for whoever runs this.
std::string local_state_folder();

// Nothing is known: an empty one. Errors: failed where the file cannot be read or understood.
LocalState read_local_state(const std::string& folder, const Uuid& luks);
// Makes the folder where it is missing.
void write_local_state(const std::string& folder, const Uuid& luks, const LocalState& state);

// A header that claims something else than it did is a damaged Error that says what.
void require_pinned(const LocalState& state, const luks::Header& header);

// What stands between the user and being locked out, one printable sentence each: no recovery key, no backup of the
// header as it is now. Empty: all is well. name: printable, for the commands that help.
std::vector<std::string> lockout_risks(const LocalState& state, const luks::Header& header, const std::string& name);

}  // namespace kist::volume
