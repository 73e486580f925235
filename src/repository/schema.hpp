#pragma once
// schema.sql and plan.sql, as text.

namespace kist::repository {

extern const char* const kCatalogSchema;
extern const char* const kPlanSchema;

}  // namespace kist::repository
