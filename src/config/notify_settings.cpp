#include "config/notify_settings.hpp"

#include "kist/base/nearest_name.hpp"
#include "kist/os/directory.hpp"

#include "config/mailbox_settings.hpp"

#include <fmt/format.h>

namespace kist::config {
namespace {

constexpr std::int64_t kMostDays = 3650;

void read_occasions(TableReader& reader, Notify& notify) {
    const auto occasions = reader.texts("on");
    if (occasions.empty()) return;
    notify.on_failure = false;
    for (const auto& [word, origin] : occasions) {
        if (word == "failure")
            notify.on_failure = true;
        else if (word == "skipped")
            notify.on_skipped = true;
        else if (word == "success")
            notify.on_success = true;
        else
            reader.complain(origin, fmt::format("on cannot be {}", os::printable(word)),
                            "It is a list of \"failure\", \"skipped\" and \"success\".");
    }
}

}  // namespace

Notify read_notify(TableReader& reader, const PathBase& base, const Origin& origin) {
    Notify notify;
    notify.origin = origin;
    if (auto server = read_mail_server("server", reader, base))
        notify.server = std::move(*server);
    else
        reader.complain(origin, "[notify] does not say which server takes the mail",
                        "Like: server = \"smtps://you@mail.example.org\"");
    for (auto& address : reader.texts("to")) notify.to.push_back(std::move(address.text));
    if (notify.to.empty())
        reader.complain(origin, "[notify] does not say whom to notify", "Like: to = \"you@example.org\"");
    if (const auto from = reader.text("from")) notify.from = from->text;
    read_occasions(reader, notify);
    if (const auto days = reader.number("overdue-days")) {
        if (*days > kMostDays)
            reader.complain(reader.origin_of("overdue-days"), fmt::format("overdue-days is 1 to {}", kMostDays));
        else
            notify.overdue = std::chrono::days(*days);
    }
    return notify;
}

}  // namespace kist::config
