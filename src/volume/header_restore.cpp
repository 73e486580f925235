#include "kist/volume/header_restore.hpp"

#include "kist/luks/header_backup.hpp"

#include "volume/container.hpp"
#include "volume/opening.hpp"

namespace kist::volume {

void restore_header(const std::string& container, const std::string& file, const std::string& undo) {
    auto target = Container::open(container, os::Access::read_write);
    make_way_for(target.id());
    target.lock();
    luks::save_raw_header(target.path(), file, undo);
    luks::restore_header(target.path(), file);
}

}  // namespace kist::volume
