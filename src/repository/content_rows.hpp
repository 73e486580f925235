#pragma once
// Where contents are from a commit on, in its transaction.

#include "kist/sqlite/database.hpp"

namespace kist::repository {

// A content that stands in latest/ again, by the changes that are stored or moved, loses its history record, so that
// chains can never form a cycle. Fills plan.returned, and plan.freed with the bases of such records.
void bring_back_contents(sqlite::Database& catalog);
// What plan.leaving says of the others.
void send_contents_to_history(sqlite::Database& catalog);

}  // namespace kist::repository
