#include "sqlite/result_code.hpp"

#include <sqlite3.h>

namespace kist::sqlite {
namespace {

ErrorCode code_of(int result) {
    switch (result & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return ErrorCode::busy;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorCode::damaged;
        case SQLITE_FULL:
            return ErrorCode::no_space;
        default:
            return ErrorCode::failed;
    }
}

}  // namespace

Error error_for(sqlite3* connection, int result) {
    const char* text = connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(result);
    return {code_of(result), std::string("database: ") + text};
}

void throw_for(sqlite3* connection, int result) {
    throw error_for(connection, result);
}

}  // namespace kist::sqlite
