#include "cli/occurrence_report.hpp"

namespace kist::cli {

Json json_of(const repository::Occurrence& occurrence) {
    Json place{{"first_snapshot", occurrence.first}, {"last_snapshot", occurrence.last}};
    put_path(place, "path", occurrence.path);
    return place;
}

}  // namespace kist::cli
