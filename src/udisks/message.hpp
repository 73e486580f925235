#pragma once
// sd-bus messages and the one place that turns its errors, and those that udisks answers, into Error.

#include "kist/base/error.hpp"

#include <memory>
#include <string>

#include <systemd/sd-bus.h>

namespace kist::udisks {

struct UnrefMessage {
    void operator()(sd_bus_message* message) const noexcept { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, UnrefMessage>;

// A negative errno of a call that only fails for want of memory or connection.
void require(int result, const std::string& doing);

// What udisks answered: `name` is the D-Bus error's name, `text` what it says for people.
Error error_of(const std::string& name, const std::string& text, const std::string& doing);

// Sends it, with leave to polkit to ask the user, and waits: unlocking takes its time on purpose.
Message call(sd_bus* bus, Message request, const std::string& doing);

}  // namespace kist::udisks
