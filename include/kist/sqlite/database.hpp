#pragma once
// SQLite: a connection, its statements and its transactions. One thread at a time uses a Database and what was made
// from it; several connections to one file may be used in parallel. SQLITE_BUSY becomes a busy Error, SQLITE_CORRUPT
// and SQLITE_NOTADB a damaged one, SQLITE_FULL no_space.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace kist::sqlite {

enum class OpenMode {
    read_only,
    read_write,
    create,
    immutable,  // read only, without locks: of a file that nobody can change meanwhile
};

class Statement;

class Database {
  public:
    static Database open(const std::string& path, OpenMode mode);

    Statement prepare(std::string_view sql);
    void execute(const std::string& sql);  // one or many statements, no results
    std::int64_t last_insert_id() const;
    std::int64_t changes() const;  // rows that the last statement changed
    bool in_transaction() const;

  private:
    friend class Statement;
    struct Close {
        void operator()(sqlite3* connection) const noexcept;
    };
    explicit Database(sqlite3* connection) : connection_(connection) {}
    std::unique_ptr<sqlite3, Close> connection_;
};

// A prepared statement. Parameters are numbered from 1, columns from 0. Text and blobs that are bound must live until
// the next step() or reset(); those that are read live until the next step(), reset() or bind().
class Statement {
  public:
    Statement& bind(int parameter, std::int64_t value);
    Statement& bind(int parameter, std::optional<std::int64_t> value);
    Statement& bind_text(int parameter, std::string_view text);
    Statement& bind_blob(int parameter, std::span<const std::byte> bytes);
    Statement& bind_blob(int parameter, std::string_view bytes);
    Statement& bind_null(int parameter);

    bool step();  // true: there is a row
    void reset();
    void run();  // step() to the end, then reset(): for statements without rows

    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    std::optional<std::int64_t> optional_integer(int column) const;
    std::string_view text(int column) const;  // also for blobs: the raw bytes
    std::span<const std::byte> blob(int column) const;

  private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Rolls back unless commit() was reached.
class Transaction {
  public:
    enum class Kind { deferred, immediate };
    explicit Transaction(Database& database, Kind kind = Kind::immediate);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    void commit();

  private:
    Database& database_;
    bool open_ = true;
};

}  // namespace kist::sqlite
