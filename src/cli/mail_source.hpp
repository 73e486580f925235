#pragma once
// A mailbox that has snapshots on the volume.

#include "kist/base/timestamp.hpp"
#include "kist/repository/catalog.hpp"

#include "cli/configured.hpp"

#include <optional>
#include <string>

namespace kist::cli {

// word: the account's URL, its name in the configuration, or its folder in latest/mail. Errors: not_found where the
// volume holds no snapshot of it, and those of find_mail_account().
repository::Source find_mail_source(repository::Catalog& catalog, const Configured& configured,
                                    const std::string& word);

// A snapshot of that mailbox. text: a number, "latest", "latest~2" or a date; a path is refused. Errors: those of
// choose_snapshot(), and usage for one of another source.
repository::Snapshot find_mail_snapshot(repository::Catalog& catalog, const repository::Source& source,
                                        const std::string& text, Timestamp now);

// The newest snapshot of it. Errors: not_found.
repository::Snapshot newest_snapshot(repository::Catalog& catalog, const repository::Source& source);

}  // namespace kist::cli
