#include "cli/volume_header.hpp"

#include "kist/base/error.hpp"
#include "kist/luks/tokens.hpp"
#include "kist/os/directory.hpp"

#include "cli/table.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {
namespace {

const char* priority_text(luks::KeyslotPriority priority) {
    switch (priority) {
        case luks::KeyslotPriority::ignored:
            return "ignored";
        case luks::KeyslotPriority::preferred:
            return "preferred";
        case luks::KeyslotPriority::normal:
            break;
    }
    return "normal";
}

bool is_recovery(const luks::Keyslot& slot) {
    return std::ranges::find(slot.tokens, luks::kRecoveryToken) != slot.tokens.end();
}

std::string kind_text(const luks::Keyslot& slot) {
    if (slot.state == luks::KeyslotState::unbound) return "does not open this volume";
    if (is_recovery(slot)) return "recovery key";
    if (slot.tokens.empty()) return "passphrase or key file";
    return os::printable(fmt::format("{}", fmt::join(slot.tokens, ", ")));
}

std::string cost_text(const luks::Kdf& kdf) {
    if (kdf.memory.value == 0) return fmt::format("{} passes", kdf.passes);
    return fmt::format("{}, {} passes, {} threads", to_string(kdf.memory), kdf.passes, kdf.threads);
}

}  // namespace

std::string container_of(const Place& place) {
    if (!place.directory.empty())
        throw Error(ErrorCode::usage, os::printable(place.directory) + " is a folder: it has no LUKS header",
                    "Name the volume's container file or device.");
    if (!place.open) return place.container;
    return place.open->state == volume::VolumeState::open ? place.open->container : container_of(*place.open);
}

VolumeHeader load_header(const GlobalOptions& options) {
    auto place = find_place(options);
    auto container = container_of(place);
    auto header = luks::Header::load(container);
    return {std::move(place), container, os::printable(container), std::move(header)};
}

Json json_of(const luks::Keyslot& slot) {
    Json tokens = Json::array();
    for (const auto& token : slot.tokens) tokens.push_back(os::printable(token));
    return {{"type", "keyslot"},
            {"slot", slot.number},
            {"opens", slot.state == luks::KeyslotState::active},
            {"recovery", is_recovery(slot)},
            {"priority", priority_text(slot.priority)},
            {"kdf", slot.kdf.name},
            {"passes", slot.kdf.passes},
            {"memory", slot.kdf.memory.value},
            {"threads", slot.kdf.threads},
            {"tokens", std::move(tokens)}};
}

void print_keyslots(Context& context, const luks::Header& header) {
    Table table({{"SLOT", Align::right}, {"KEY"}, {"KDF"}, {"COST"}, {"PRIORITY"}});
    for (const auto& slot : luks::keyslots(header)) {
        if (context.json())
            context.output.json(json_of(slot));
        else
            table.add({std::to_string(slot.number), kind_text(slot), slot.kdf.name, cost_text(slot.kdf),
                       priority_text(slot.priority)});
    }
    if (context.json()) return;
    for (const auto& line : table.lines()) context.output.line(line);
}

}  // namespace kist::cli
