#pragma once
// Mail accounts that commands write into the configuration: each a file of its own, conf.d/NAME.toml beside the main
// one, and the password, where it is to be kept, in conf.d/NAME.password. What a person has written is never changed.

#include "kist/base/secret.hpp"
#include "kist/config/configuration.hpp"
#include "kist/mailproto/mail_url.hpp"

#include "cli/configured.hpp"

#include <string>
#include <vector>

namespace kist::cli {

struct NewAccount {
    std::string name;
    config::Mailbox mailbox;
    const Secret* password = nullptr;  // to be kept in a file
};

struct WrittenAccount {
    std::string path;
    std::string password_path;  // empty: none was written
    std::string main_path;
    bool is_main_new = false;  // there was no configuration before
    bool is_included = false;  // the main file takes it in; else include_line() has to be put there
};

// What makes the main file take in conf.d: to stand before its first table.
std::string include_line();

// A name for it that is not `taken`: its user's, else with its host, else with a number. Errors: usage where no name
// can be made of it.
std::string name_for(const mailproto::MailUrl& url, const config::Configuration& configuration,
                     const std::vector<std::string>& taken);

// Errors: usage for what cannot be a name; where there is a source of this name, or of this account; and where there is
// no place for the configuration.
void require_new(const Configured& configured, const NewAccount& account);

// As it is written.
std::string account_text(const NewAccount& account);

// Errors: those of require_new(); usage where one of the files is there already; failed where they cannot be written:
// then nothing is left of them.
WrittenAccount write_account(const Configured& configured, const NewAccount& account);

}  // namespace kist::cli
