#pragma once
// SQLite's result codes as Errors: the one place of this folder that turns them.

#include "kist/base/error.hpp"

struct sqlite3;

namespace kist::sqlite {

// connection: whose message is taken; nullptr: the code's own.
Error error_for(sqlite3* connection, int result);
[[noreturn]] void throw_for(sqlite3* connection, int result);

}  // namespace kist::sqlite
