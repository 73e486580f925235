#include "volume/running_systemd.hpp"

#include "kist/base/error.hpp"
#include "kist/os/process.hpp"

#include <unistd.h>

namespace kist::volume {
namespace {

bool exists(const std::string& path) {
    return access(path.c_str(), F_OK) == 0;
}

bool systemd_is_running() {
    return exists("/run/systemd/system");
}

}  // namespace

void reload_systemd() {
    if (!systemd_is_running()) return;
    const auto result = os::run({"systemctl", "daemon-reload"});
    if (result.status != 0)
        throw Error(ErrorCode::failed, "the tables are written, but systemd does not read them: " + result.output,
                    "systemctl daemon-reload shows why.");
}

void stop_generated_unit(const std::string& unit) {
    if (systemd_is_running() && exists("/run/systemd/generator/" + unit)) os::run({"systemctl", "stop", unit});
}

}  // namespace kist::volume
