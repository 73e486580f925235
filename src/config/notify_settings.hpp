#pragma once
// The table [notify].

#include "config/settings.hpp"
#include "config/table_reader.hpp"

namespace kist::config {

// What is wrong with it is the reader's. Its addresses and URL are looked at where they are used.
Notify read_notify(TableReader& reader, const PathBase& base, const Origin& origin);

}  // namespace kist::config
