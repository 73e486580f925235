#pragma once
// The index of messages' headers in the catalog: a cache, by content. A message that it lacks is read; a content that
// goes takes its row with it. Catalogs made anew, or by a Kist that knew no index, have none until mail is backed up
// again. Format: doc/format.md, "Catalog", mail_header.

#include "kist/repository/catalog.hpp"
#include "kist/repository/mail_header.hpp"
#include "kist/repository/repository.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace kist::repository {

class MailHeaders {
  public:
    explicit MailHeaders(Catalog& catalog) : catalog_(catalog) {}  // which outlives it

    // nullopt: it is not in the index, or there is none.
    std::optional<MailHeader> find(ContentId content);

  private:
    bool is_there();

    Catalog& catalog_;
    std::optional<bool> is_there_;
};

// Fills the index. The caller holds the repository's lock, or is alone with it otherwise.
class MailHeaderWriter {
  public:
    explicit MailHeaderWriter(const Repository& repository);  // makes the index where there is none
    MailHeaderWriter(const MailHeaderWriter&) = delete;
    MailHeaderWriter& operator=(const MailHeaderWriter&) = delete;
    ~MailHeaderWriter();

    // Contents of the files that now stand in a directory and are not in the index, each once.
    std::vector<ContentId> missing(NodeId directory);
    void put(ContentId content, const MailHeader& header);
    void commit();  // what was put; without it nothing is

  private:
    struct Connection;
    std::unique_ptr<Connection> connection_;
};

}  // namespace kist::repository
