#include "kist/sqlite/database.hpp"

#include "kist/base/error.hpp"

#include "sqlite/result_code.hpp"

#include <sqlite3.h>

namespace kist::sqlite {
namespace {

// SQLITE_TRANSIENT and SQLITE_STATIC are C casts in a macro.
const sqlite3_destructor_type kCallerKeeps = nullptr;

void require(sqlite3_stmt* statement, int result) {
    if (result != SQLITE_OK) throw_for(sqlite3_db_handle(statement), result);
}

int flags_of(OpenMode mode) {
    switch (mode) {
        case OpenMode::read_only:
            return SQLITE_OPEN_READONLY;
        case OpenMode::read_write:
            return SQLITE_OPEN_READWRITE;
        case OpenMode::create:
            return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        case OpenMode::immutable:
            return SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    }
    return 0;
}

// SQLite's URIs (sqlite.org/uri.html): everything but letters, digits and '/' escaped.
std::string immutable_uri(const std::string& path) {
    std::string uri = "file:";
    for (const char character : path) {
        const auto byte = static_cast<unsigned char>(character);
        const bool plain =
            (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '/';
        constexpr const char* kDigits = "0123456789abcdef";
        if (plain)
            uri += character;
        else
            uri.append("%").append(1, kDigits[byte >> 4U]).append(1, kDigits[byte & 15U]);
    }
    return uri + "?immutable=1";
}

}  // namespace

void Database::Close::operator()(sqlite3* connection) const noexcept {
    sqlite3_close_v2(connection);
}

Database Database::open(const std::string& path, OpenMode mode) {
    sqlite3* connection = nullptr;
    constexpr int kCommon = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
    const auto name = mode == OpenMode::immutable ? immutable_uri(path) : path;
    const int result = sqlite3_open_v2(name.c_str(), &connection, flags_of(mode) | kCommon, nullptr);
    Database database(connection);
    if (result != SQLITE_OK) throw_for(connection, result);
    // Whatever a hostile file holds in its schema, it cannot call functions or write to the schema tables.
    sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    return database;
}

Statement Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int result = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (result != SQLITE_OK) throw_for(connection_.get(), result);
    return Statement(statement);
}

void Database::execute(const std::string& sql) {
    const int result = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) throw_for(connection_.get(), result);
}

std::int64_t Database::last_insert_id() const {
    return sqlite3_last_insert_rowid(connection_.get());
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(connection_.get());
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(connection_.get()) == 0;
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
    require(statement_.get(), sqlite3_bind_int64(statement_.get(), parameter, value));
    return *this;
}

Statement& Statement::bind(int parameter, std::optional<std::int64_t> value) {
    return value ? bind(parameter, *value) : bind_null(parameter);
}

Statement& Statement::bind_text(int parameter, std::string_view text) {
    const char* data = text.data() != nullptr ? text.data() : "";
    require(statement_.get(),
            sqlite3_bind_text(statement_.get(), parameter, data, static_cast<int>(text.size()), kCallerKeeps));
    return *this;
}

Statement& Statement::bind_blob(int parameter, std::span<const std::byte> bytes) {
    const void* data = bytes.data() != nullptr ? static_cast<const void*>(bytes.data()) : "";
    require(statement_.get(), sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), kCallerKeeps));
    return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
    return bind_blob(parameter, std::as_bytes(std::span(bytes.data(), bytes.size())));
}

Statement& Statement::bind_null(int parameter) {
    require(statement_.get(), sqlite3_bind_null(statement_.get(), parameter));
    return *this;
}

bool Statement::step() {
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    const auto error = error_for(sqlite3_db_handle(statement_.get()), result);
    sqlite3_reset(statement_.get());
    throw Error(error);
}

void Statement::reset() {
    sqlite3_reset(statement_.get());  // repeats the error that step() has thrown already
}

void Statement::run() {
    while (step()) {
    }
    reset();
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

std::string_view Statement::text(int column) const {
    const auto bytes = blob(column);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> Statement::blob(int column) const {
    const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
    const auto size = sqlite3_column_bytes(statement_.get(), column);
    return {data, data == nullptr ? 0 : static_cast<std::size_t>(size)};
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
    database_.execute(kind == Kind::immediate ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
    if (!open_) return;
    try {
        if (database_.in_transaction()) database_.execute("ROLLBACK");
    } catch (const Error&) {  // the connection is broken: closing it rolls back
    }
}

void Transaction::commit() {
    database_.execute("COMMIT");
    open_ = false;
}

}  // namespace kist::sqlite
