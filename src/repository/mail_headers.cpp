#include "kist/repository/mail_headers.hpp"

#include "repository/catalog_file.hpp"
#include "repository/catalog_statements.hpp"

namespace kist::repository {
namespace {

// Not in schema.sql: volumes without mail have no use for it, and catalogs that older versions made get it, too.
constexpr const char* kIndex =
    "CREATE TABLE IF NOT EXISTS mail_header ("
    "content INTEGER PRIMARY KEY, sender TEXT NOT NULL, recipients TEXT NOT NULL, subject TEXT NOT NULL, "
    "message_id TEXT NOT NULL);"
    "CREATE TRIGGER IF NOT EXISTS mail_header_goes AFTER DELETE ON content BEGIN "
    "DELETE FROM mail_header WHERE content = old.id; END";

}  // namespace

bool MailHeaders::is_there() {
    if (!is_there_) {
        auto table =
            catalog_.statements_->query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'mail_header'");
        is_there_ = table->step();
    }
    return *is_there_;
}

std::optional<MailHeader> MailHeaders::find(ContentId content) {
    if (!is_there()) return std::nullopt;
    auto row = catalog_.statements_->query(
        "SELECT sender, recipients, subject, message_id FROM mail_header WHERE content = ?");
    row->bind(1, content);
    if (!row->step()) return std::nullopt;
    return MailHeader{std::string(row->text(0)), std::string(row->text(1)), std::string(row->text(2)),
                      std::string(row->text(3))};
}

struct MailHeaderWriter::Connection {
    explicit Connection(const std::string& path) : database(open_catalog_for_writing(path)) {}

    sqlite::Database database;
    std::optional<sqlite::Transaction> transaction;
    std::optional<sqlite::Statement> insert;
};

MailHeaderWriter::MailHeaderWriter(const Repository& repository)
    : connection_(std::make_unique<Connection>(repository.catalog_path())) {
    connection_->database.execute(kIndex);
    connection_->insert = connection_->database.prepare("INSERT OR REPLACE INTO mail_header VALUES (?, ?, ?, ?, ?)");
}

MailHeaderWriter::~MailHeaderWriter() = default;

std::vector<ContentId> MailHeaderWriter::missing(NodeId directory) {
    auto rows = connection_->database.prepare(
        "SELECT DISTINCT content FROM entry WHERE directory = ? AND last IS NULL AND content IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM mail_header WHERE mail_header.content = entry.content)");
    rows.bind(1, directory);
    std::vector<ContentId> contents;
    while (rows.step()) contents.push_back(rows.integer(0));
    return contents;
}

void MailHeaderWriter::put(ContentId content, const MailHeader& header) {
    if (!connection_->transaction) connection_->transaction.emplace(connection_->database);
    connection_->insert->bind(1, content)
        .bind_text(2, header.from)
        .bind_text(3, header.recipients)
        .bind_text(4, header.subject)
        .bind_text(5, header.message_id)
        .run();
}

void MailHeaderWriter::commit() {
    if (!connection_->transaction) return;
    connection_->transaction->commit();
    connection_->transaction.reset();
}

}  // namespace kist::repository
