#include "kist/volume/local_state.hpp"

#include "kist/base/error.hpp"
#include "kist/luks/keyslots.hpp"
#include "kist/luks/tokens.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <unistd.h>

namespace kist::volume {
namespace {

using Lines = std::map<std::string, std::string, std::less<>>;

constexpr mode_t kFileMode = 0600;

// Each line is `key value`; a value may hold blanks.
Lines lines_of(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto blank = line.find(' ');
        if (blank != std::string_view::npos) lines.emplace(line.substr(0, blank), line.substr(blank + 1));
    }
    return lines;
}

template <typename Number>
bool get(const Lines& lines, std::string_view key, Number& number) {
    const auto found = lines.find(key);
    if (found == lines.end()) return false;
    const auto* const end = found->second.data() + found->second.size();
    const auto [stop, error] = std::from_chars(found->second.data(), end, number);
    return error == std::errc() && stop == end;
}

bool get(const Lines& lines, std::string_view key, Timestamp& time) {
    std::int64_t seconds = 0;
    if (!get(lines, key, seconds)) return false;
    time = Timestamp(std::chrono::seconds(seconds));
    return true;
}

bool get(const Lines& lines, std::string_view key, std::string& text) {
    const auto found = lines.find(key);
    if (found == lines.end() || found->second.empty()) return false;
    text = found->second;
    return true;
}

bool get(const Lines& lines, std::string_view key, Digest& digest) {
    std::string hex;
    if (!get(lines, key, hex) || hex.size() != 2 * digest.bytes.size()) return false;
    for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
        unsigned value = 0;
        const auto* const begin = hex.data() + 2 * i;
        if (std::from_chars(begin, begin + 2, value, 16).ptr != begin + 2) return false;
        digest.bytes[i] = static_cast<std::byte>(value);
    }
    return true;
}

// Paths may hold newlines: those are kept by their own escape.
std::string on_one_line(const std::string& path) {
    std::string line;
    for (const char c : path) line += c == '\\' ? "\\\\" : c == '\n' ? "\\n" : std::string(1, c);
    return line;
}

std::string from_one_line(const std::string& line) {
    std::string path;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool escaped = line[i] == '\\' && i + 1 < line.size();
        if (escaped) ++i;
        path += escaped && line[i] == 'n' ? '\n' : line[i];
    }
    return path;
}

std::string seconds(Timestamp time) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

std::string path_of(const std::string& folder, const Uuid& luks) {
    return folder + "/" + to_string(luks);
}

bool has_recovery_key(const LocalState& state, const luks::Header& header) {
    const auto slots = luks::keyslots(header);
    return std::ranges::any_of(slots, [&](const luks::Keyslot& slot) {
        return slot.state == luks::KeyslotState::active &&
               (std::ranges::find(slot.tokens, luks::kRecoveryToken) != slot.tokens.end() ||
                (state.recovery_key && state.recovery_key->keyslot == slot.number));
    });
}

}  // namespace

std::string serialize(const LocalState& state) {
    std::string text;
    const auto put = [&](const char* key, const std::string& value) {
        text.append(key).append(" ").append(value + "\n");
    };
    if (state.pin) {
        put("cipher", state.pin->cipher);
        put("sector-size", std::to_string(state.pin->sector_size));
        put("key-size", std::to_string(state.pin->key_size));
        put("data-offset", std::to_string(state.pin->data_offset));
        put("key-digest", state.pin->key_digest);
    }
    if (state.header_backup) {
        put("header-backup", on_one_line(state.header_backup->path));
        put("header-backup-time", seconds(state.header_backup->time));
        put("header-backup-fingerprint", to_hex(state.header_backup->fingerprint));
    }
    if (state.recovery_key) {
        put("recovery-key-slot", std::to_string(state.recovery_key->keyslot));
        put("recovery-key-confirmed", seconds(state.recovery_key->confirmed));
    }
    return text;
}

std::optional<LocalState> parse_local_state(std::string_view text) {
    const auto lines = lines_of(text);
    LocalState state;
    if (lines.contains("cipher")) {
        luks::HeaderPin pin;
        if (!get(lines, "cipher", pin.cipher) || !get(lines, "sector-size", pin.sector_size) ||
            !get(lines, "key-size", pin.key_size) || !get(lines, "data-offset", pin.data_offset) ||
            !get(lines, "key-digest", pin.key_digest))
            return std::nullopt;
        state.pin = std::move(pin);
    }
    if (lines.contains("header-backup")) {
        HeaderBackup backup;
        if (!get(lines, "header-backup", backup.path) || !get(lines, "header-backup-time", backup.time) ||
            !get(lines, "header-backup-fingerprint", backup.fingerprint))
            return std::nullopt;
        backup.path = from_one_line(backup.path);
        state.header_backup = std::move(backup);
    }
    if (lines.contains("recovery-key-slot")) {
        RecoveryKey key;
        if (!get(lines, "recovery-key-slot", key.keyslot) || !get(lines, "recovery-key-confirmed", key.confirmed))
            return std::nullopt;
        state.recovery_key = key;
    }
    // A file cut short or filled with something else must not pass for one that remembers nothing.
    if (!text.empty() && state == LocalState{}) return std::nullopt;
    return state;
}

std::string local_state_folder() {
    if (geteuid() == 0) return "/var/lib/kist/volumes";
    const auto* const state_home = std::getenv("XDG_STATE_HOME");  // NOLINT(concurrency-mt-unsafe)
    if (state_home != nullptr && state_home[0] == '/') return std::string(state_home) + "/kist/volumes";
    const auto* const home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe)
    if (home == nullptr || home[0] != '/')
        throw Error(ErrorCode::failed, "there is no folder to remember volumes in: HOME is not set");
    return std::string(home) + "/.local/state/kist/volumes";
}

LocalState read_local_state(const std::string& folder, const Uuid& luks) {
    const auto path = path_of(folder, luks);
    try {
        if (auto state = parse_local_state(os::read_small_file(path))) return std::move(*state);
    } catch (const Error& error) {
        if (error.error_number() != ENOENT && error.error_number() != ENOTDIR) throw;
        return {};
    }
    throw Error(ErrorCode::failed, "what is remembered of this volume cannot be understood: " + os::printable(path),
                "It says what the volume's header claimed before. Remove the file only if you are sure of the disk.");
}

void write_local_state(const std::string& folder, const Uuid& luks, const LocalState& state) {
    std::error_code error;
    const bool made = std::filesystem::create_directories(folder, error);
    if (error) throw Error::from_errno(error.value(), "cannot create " + os::printable(folder));
    if (made) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    os::replace_small_file(path_of(folder, luks), serialize(state), kFileMode);
}

void require_pinned(const LocalState& state, const luks::Header& header) {
    if (!state.pin) return;
    const auto changed = luks::difference(*state.pin, luks::pin_of(header));
    if (changed.empty()) return;
    const auto name = os::printable(header.path());
    throw Error(
        ErrorCode::damaged,
        "the LUKS header of " + name + " is not the one that this machine knows: " + changed +
            ". Somebody may have exchanged it to learn the passphrase",
        "If you changed it yourself (a header restored, the disk reencrypted): kist open --accept-header " + name);
}

std::vector<std::string> lockout_risks(const LocalState& state, const luks::Header& header, const std::string& name) {
    std::vector<std::string> risks;
    if (!has_recovery_key(state, header))
        risks.push_back("There is no recovery key: if the passphrase is lost, so are the backups. kist --volume " +
                        name + " key recovery");
    if (!state.header_backup)
        risks.push_back("The LUKS header has no backup: a few damaged bytes would lock you out. kist --volume " + name +
                        " header save FILE");
    else if (state.header_backup->fingerprint != luks::metadata_fingerprint(header))
        risks.push_back("The keys have changed since the LUKS header was saved to " +
                        os::printable(state.header_backup->path) + ". kist --volume " + name + " header save FILE");
    return risks;
}

}  // namespace kist::volume
