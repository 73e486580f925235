#include "browse/tree_number.hpp"

namespace kist::browse {
namespace {

// The snapshot in 24 bits, or 0; then 39 bits of the row, or 3 of the kind and 36 of the source.
constexpr unsigned kIdBits = 39;
constexpr unsigned kSourceBits = 36;
constexpr std::int64_t kIdLimit = std::int64_t{1} << kIdBits;
constexpr std::int64_t kSourceLimit = std::int64_t{1} << kSourceBits;
constexpr std::int64_t kSnapshotLimit = std::int64_t{1} << 24;

bool is_of_snapshot(PlaceKind kind) {
    return kind == PlaceKind::wrapping || kind == PlaceKind::entry;
}

}  // namespace

std::optional<fuse::NodeNumber> number_of(const Place& place) {
    const bool is_root = place.kind == PlaceKind::top || (place.kind == PlaceKind::wrapping && place.id != 0);
    if (is_root) return fuse::kRootNode;
    if (is_of_snapshot(place.kind)) {
        const bool is_row = place.kind == PlaceKind::entry;
        if (place.snapshot <= 0 || place.snapshot >= kSnapshotLimit || place.id < (is_row ? 1 : 0) ||
            place.id >= kIdLimit)
            return std::nullopt;
        return static_cast<fuse::NodeNumber>(place.snapshot << kIdBits | place.id);
    }
    if (place.id <= 0 || place.id >= kSourceLimit) return std::nullopt;
    return static_cast<fuse::NodeNumber>(static_cast<std::int64_t>(place.kind) << kSourceBits | place.id);
}

std::optional<Place> place_of(fuse::NodeNumber number) {
    const auto snapshot = static_cast<repository::SnapshotNumber>(number >> kIdBits);
    const auto id = static_cast<std::int64_t>(number & (kIdLimit - 1));
    if (snapshot >= kSnapshotLimit) return std::nullopt;
    if (snapshot > 0) return Place{id == 0 ? PlaceKind::wrapping : PlaceKind::entry, snapshot, id};
    if (number == fuse::kRootNode) return Place{};
    const auto kind = static_cast<PlaceKind>(id >> kSourceBits);
    const auto source = id & (kSourceLimit - 1);
    if (kind < PlaceKind::host || kind > PlaceKind::latest || source == 0) return std::nullopt;
    return Place{kind, 0, source};
}

}  // namespace kist::browse
