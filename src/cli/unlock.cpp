#include "cli/unlock.hpp"

#include "kist/base/error.hpp"
#include "kist/luks/recovery_key.hpp"
#include "kist/luks/tokens.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/local_state.hpp"

#include "cli/prompt.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {
namespace {

constexpr int kTries = 3;
constexpr ByteCount kMostUnattendedMemory = 1 * kGiB;

bool is_given(const KeyOptions& key) {
    return !key.file.empty() || !key.command.empty() || !key.command_words.empty();
}

bool is_about(const config::Volume& volume, const luks::Header& header) {
    if (!volume.uuid.empty()) return parse_uuid(volume.uuid) == header.uuid();
    if (!volume.label.empty()) return volume.label == header.label();
    std::error_code ignored;
    return std::filesystem::equivalent(volume.path, header.path(), ignored);
}

KeyOptions configured_key(const config::Volume& volume, const Configured& configured) {
    KeyOptions key;
    if (!volume.key_file.empty()) key.file = trusted_file(volume.key_file);
    if (volume.passphrase_command.empty() || configured.are_programs_held_back()) return key;
    require_trusted_program(volume.passphrase_command);
    key.command_words = volume.passphrase_command;
    return key;
}

// The request's, else that of the options, else the configuration's.
KeyOptions key_of(const Context& context, const luks::Header& header, const UnlockRequest& request) {
    if (request.key) return *request.key;
    if (is_given(context.options.key)) return context.options.key;
    for (const auto& volume : context.options.configured.get().volumes)
        if (is_about(volume, header)) return configured_key(volume, context.options.configured);
    return {};
}

bool somebody_types(const KeyOptions& key) {
    return !is_given(key) && can_ask();
}

ByteCount half_of_memory() {
    const auto pages = static_cast<std::uint64_t>(std::max(sysconf(_SC_PHYS_PAGES), 0L));
    return ByteCount{pages / 2 * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))};
}

std::string name_of(const luks::Header& header, const UnlockRequest& request) {
    return request.name.empty() ? os::printable(header.path()) : request.name;
}

void accept_header(Context& context, const volume::LocalState& state, const luks::Header& header) {
    if (!somebody_types(context.options.key))
        throw Error(ErrorCode::usage, "--accept-header needs a terminal and a passphrase that is typed",
                    "Whether a changed header is the right one is not for a script to say.");
    const auto changed = luks::difference(*state.pin, luks::pin_of(header));
    if (changed.empty()) return;
    context.console.note(fmt::format("The LUKS header of {} has changed: {}.", os::printable(header.path()), changed));
    if (!confirm("Did you change it yourself, and may the passphrase be given to it?"))
        throw Error(ErrorCode::damaged, "the changed header was not accepted", "Nothing was changed.");
}

// False: it has to be remembered.
bool check_header(Context& context, const luks::Header& header, HeaderChange change) {
    const auto state = volume::read_local_state(volume::local_state_folder(), header.uuid());
    if (!state.pin) return false;
    if (change == HeaderChange::refuse)
        volume::require_pinned(state, header);
    else
        accept_header(context, state, header);
    return *state.pin == luks::pin_of(header);
}

Secret ask_pin() {
    return read_key({}, KeyPurpose::unlock, "the security token (its PIN)");
}

std::optional<luks::Unlocked> try_tokens(Context& context, const luks::Header& header) {
    if (!luks::has_unlocking_token(header)) return std::nullopt;
    context.console.detail("Trying the header's tokens; touch the security token if it blinks.");
    auto attempt = luks::unlock_by_token(header);
    if (attempt.needs_pin && can_ask()) attempt = luks::unlock_by_token(header, ask_pin());
    if (!attempt.unlocked)
        context.console.note(fmt::format("The volume's token does not open it: {}.", attempt.trouble));
    return std::move(attempt.unlocked);
}

// A recovery key may be typed in many ways, and one of them is the passphrase.
std::optional<luks::Unlocked> try_both_forms(Context& context, const luks::Header& header, const Secret& key,
                                             const luks::KeyslotChoice& choice) {
    if (auto unlocked = luks::try_key(header, key, choice)) return unlocked;
    const auto recovery_key = luks::normalize_recovery_key(key);
    if (!recovery_key) return std::nullopt;
    auto unlocked = luks::try_key(header, *recovery_key, choice);
    const auto wrong = luks::wrong_groups(*recovery_key);
    if (!unlocked && !wrong.empty())
        context.console.note(fmt::format("Of this recovery key, group {} is mistyped.", fmt::join(wrong, ", ")));
    return unlocked;
}

Error no_key_fits(const luks::Header& header, const UnlockRequest& request, const Secret& key) {
    const auto name = name_of(header, request);
    if (request.except_keyslot && luks::try_key(header, key))
        return {ErrorCode::no_key,
                fmt::format("this key opens only slot {} of {}, which is to be removed", *request.except_keyslot, name),
                "Give a key that stays: it proves that you hold one."};
    return {ErrorCode::no_key, fmt::format("this key does not open {}", name), "Is it the right passphrase?"};
}

luks::Unlocked try_keys(Context& context, const luks::Header& header, const UnlockRequest& request,
                        const KeyOptions& options) {
    const bool typed = somebody_types(options);
    luks::KeyslotChoice choice{.except = request.except_keyslot};
    if (!typed) choice.most_memory = std::min(kMostUnattendedMemory, half_of_memory());
    for (int left = typed ? kTries : 1;; --left) {
        const auto key = read_key(options, KeyPurpose::unlock, name_of(header, request), request.question);
        if (auto unlocked = try_both_forms(context, header, key, choice)) return std::move(*unlocked);
        const auto error = no_key_fits(header, request, key);
        if (left <= 1) throw Error(error);
        context.console.error(fmt::format("{}; try again", error.message()));
    }
}

}  // namespace

luks::Unlocked unlock(Context& context, const luks::Header& header, const UnlockRequest& request) {
    const bool known = check_header(context, header, request.header_change);
    const auto key = key_of(context, header, request);
    const bool by_token = request.tokens == Tokens::use && !is_given(key);
    auto unlocked = by_token ? try_tokens(context, header) : std::nullopt;
    if (!unlocked) unlocked = try_keys(context, header, request, key);
    if (!known) remember_header(context, header);
    return std::move(*unlocked);
}

KeyOptions key_of_volume(const GlobalOptions& options, const std::string& name) {
    if (is_given(options.key)) return options.key;
    const auto* volume = options.configured.find_volume(name);
    return volume == nullptr ? KeyOptions() : configured_key(*volume, options.configured);
}

luks::Unlock unlock_with(Context& context, HeaderChange header_change) {
    return [&context, header_change](const luks::Header& header) {
        return unlock(context, header, {.header_change = header_change}).volume_key;
    };
}

void remember_header(Context& context, const luks::Header& header) {
    try {
        const auto folder = volume::local_state_folder();
        auto state = volume::read_local_state(folder, header.uuid());
        state.pin = luks::pin_of(header);
        volume::write_local_state(folder, header.uuid(), state);
    } catch (const Error& error) {
        context.console.note("This volume's header cannot be remembered: " + error.message());
    }
}

}  // namespace kist::cli
