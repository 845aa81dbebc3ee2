#include "testing/bigquery_server/jobs/query_cost.h"

#include <algorithm>

namespace salvor::testing::bigquery {

namespace {

constexpr int64_t kMegabyte = 1024 * 1024;
constexpr int64_t kLeast = 10 * kMegabyte;

}  // namespace

Result<QueryCost> CostOf(const Statement& statement, QueryCatalog& catalog, const World& world) {
  QueryCost cost;
  for (const Statement::Read& read : statement.reads) {
    SALVOR_TRY(const int64_t bytes, catalog.BytesOf(read));
    cost.processed += bytes;
    if (bytes == 0) continue;
    cost.billed += std::max(kLeast, (bytes + kMegabyte - 1) / kMegabyte * kMegabyte);
  }
  if (statement.kind == StatementKind::kCreateTableClone &&
      world.silences.Is("clone-statement-bills", "minimum")) {
    cost.processed += kLeast;
    cost.billed += kLeast;
  }
  return cost;
}

}  // namespace salvor::testing::bigquery
