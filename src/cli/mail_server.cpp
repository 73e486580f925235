#include "cli/mail_server.hpp"

#include "kist/base/error.hpp"
#include "kist/base/nearest_name.hpp"
#include "kist/os/directory.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::cli {

MailServer::MailServer(const Context& context, const std::string& word, const ServerAccess& access)
    : account_(find_mail_account(context.options.configured, word)),
      login_(account_, access, context.options.configured),
      session_(login_.connect()),
      naming_(mailproto::ImapNaming::of(*session_)),
      folders_(mailproto::list_folders(*session_)) {}

const mailproto::ImapFolder* MailServer::find(const std::string& name) const {
    const auto shown =
        std::ranges::find_if(folders_, [&](const auto& folder) { return mailproto::readable_name(folder) == name; });
    if (shown != folders_.end()) return &*shown;
    const auto meant = std::ranges::find(folders_, naming_.server_name(name), &mailproto::ImapFolder::raw);
    return meant == folders_.end() ? nullptr : &*meant;
}

const mailproto::ImapFolder& MailServer::folder(const std::string& name) const {
    if (const auto* found = find(name)) return *found;
    std::vector<std::string> names;
    for (const auto& folder : folders_) names.push_back(mailproto::readable_name(folder));
    const auto nearest = nearest_name(name, names);
    throw Error(ErrorCode::not_found, fmt::format("the server has no folder {}", os::printable(name)),
                nearest ? fmt::format("Did you mean {}?", os::printable(*nearest))
                        : "`kist mail folders ACCOUNT` shows which it has.");
}

std::string MailServer::new_name(const std::string& name) const {
    if (find(name) != nullptr)
        throw Error(ErrorCode::usage, fmt::format("there is a folder {} already", os::printable(name)));
    return naming_.server_name(name);
}

}  // namespace kist::cli
