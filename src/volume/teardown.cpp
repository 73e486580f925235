#include "volume/teardown.hpp"

#include "kist/mount/holders.hpp"
#include "kist/mount/mount_table.hpp"

#include <unistd.h>

namespace kist::volume {
namespace {

void forget(const Record& record) {
    if (record.made_mount_point) rmdir(record.mount_point.c_str());
    erase_record(record.identity.luks);
}

}  // namespace

void take_down(const Record& record, const Judgement& judgement) {
    if (judgement.unplugged) {
        let_go(record, judgement);
        return;
    }
    if (judgement.mounted) mount::unmount(record.mount_point);
    make_engine(record.engine)->unmap(record.identity.luks, record.mapping);
    forget(record);
}

std::string let_go(const Record& record, const Judgement& judgement) {
    std::string users;
    if (judgement.mounted) {
        users = mount::describe(mount::holders_of_mount(record.mount_point));
        mount::detach_mount(record.mount_point);
    }
    make_engine(record.engine)->let_go(record.identity.luks, record.mapping);
    forget(record);
    return users;
}

}  // namespace kist::volume
