#pragma once
// What the configuration says, as a value: volumes, and sources with the defaults already in them. Texts are what they
// are in the file, with `~` and relative paths resolved; whether a rule is one, or a span of time, is for those who use
// them to judge, so each keeps its origin for their messages.

#include "kist/base/byte_count.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::config {

// Where something stands; lines and columns are counted from 1.
struct Origin {
    std::string file;
    std::uint32_t line = 0;  // 0: the file as a whole
    std::uint32_t column = 0;
};

// "FILE:LINE", raw bytes of the file's name.
std::string to_text(const Origin& origin);

// A volume goes by exactly one of uuid, label and path.
struct Volume {
    std::string name;
    std::string uuid{};   // of its LUKS header
    std::string label{};  // likewise
    std::string path{};   // of its container or device, or of a mounted folder; absolute
    std::string key_file{};
    std::vector<std::string> passphrase_command{};  // program and arguments
    Origin origin;
};

enum class RuleKind : std::uint8_t { filter, include, exclude, include_from, exclude_from };

struct Rule {
    RuleKind kind;
    std::string text;  // the rule, the pattern, or the absolute path of the file with patterns
    Origin origin;
};

// Which snapshots prune keeps; 0 and empty: no such rule.
struct Retention {
    std::int64_t last = 0;
    std::int64_t hourly = 0;
    std::int64_t daily = 0;
    std::int64_t weekly = 0;
    std::int64_t monthly = 0;
    std::int64_t yearly = 0;
    std::string within;
    std::vector<std::string> tags;
    Origin origin;
};

struct Command {
    std::vector<std::string> words;  // program and arguments, at least one
    Origin origin;
};

// Programs that run around a source's backup.
struct Hooks {
    std::vector<Command> before;
    std::vector<Command> after;
    std::vector<Command> on_failure;
    std::chrono::seconds time{3600};  // that each may take

    bool is_empty() const { return before.empty() && after.empty() && on_failure.empty(); }
};

// Whether it is read from a snapshot of what it lies on: where_possible where there can be one.
enum class SourceSnapshot : std::uint8_t { never, where_possible, btrfs, lvm };

// How a mail server is reached. At most one source of a secret is given; without any the terminal is asked.
struct MailServer {
    std::string url;
    std::string password_file{};                  // absolute
    std::vector<std::string> password_command{};  // program and arguments
    std::string password_keyring{};               // a key's description in the kernel's keyring
    std::string password_credential{};            // a name in systemd's folder of credentials
    std::string token_file{};                     // of OAuth2, likewise
    std::vector<std::string> token_command{};
    std::string ca_file{};
    std::string fingerprint{};
    bool is_insecure = false;
};

// A mail account as a source.
struct Mailbox : MailServer {
    std::vector<std::string> folders{};  // patterns of what is backed up; empty: all
    std::vector<std::string> exclude_folders{};
    std::optional<unsigned> connections{};   // at a time; 1 to 4
    std::optional<ByteCount> daily_limit{};  // of messages that are fetched
};

struct Source {
    std::string name;
    std::vector<std::string> paths{};  // absolute; at least one, unless it is a mailbox
    std::optional<Mailbox> mailbox{};
    std::string volume{};       // the name of one; empty: whichever the command finds
    std::vector<Rule> rules{};  // in the order in which they count
    bool default_excludes = true;
    bool one_filesystem = false;
    bool exclude_caches = false;
    bool exclude_nodump = false;
    std::vector<std::string> exclude_if_present{};
    std::optional<ByteCount> smallest{};
    std::optional<ByteCount> largest{};
    std::vector<std::string> tags{};
    std::optional<Retention> retention{};
    Hooks hooks{};
    SourceSnapshot snapshot = SourceSnapshot::never;
    bool sqlite_online = false;
    Origin origin;
};

// Mail to people about backups.
struct Notify {
    MailServer server;            // SMTP
    std::vector<std::string> to;  // at least one
    std::string from{};           // empty: the first of them
    bool on_failure = true;       // a source could not be backed up at all, or damage was found
    bool on_skipped = false;      // some of it could not be
    bool on_success = false;
    std::chrono::days overdue{7};  // for `kist notify overdue`
    Origin origin;
};

struct Configuration {
    std::vector<Volume> volumes;  // in the order of the files
    std::vector<Source> sources;
    std::string default_volume;  // the name of one; empty: there is none
    std::optional<Notify> notify{};

    // nullptr: there is none.
    const Volume* find_volume(std::string_view name) const;
    const Source* find_source(std::string_view name) const;
    const Source* find_source_of(std::string_view path) const;     // that has this very path
    const Source* find_source_above(std::string_view path) const;  // whose path holds this one
};

// Letters of any script, digits, `-`, `_` and `.`, a letter first, at most 64 bytes, and no word that names a snapshot.
bool is_name(std::string_view text) noexcept;

}  // namespace kist::config
