#include "testing/bigquery_server/jobs/query_cost.h"

#include <algorithm>
#include <string>

namespace salvor::testing::bigquery {

namespace {

constexpr int64_t kMegabyte = 1024 * 1024;
constexpr int64_t kLeast = 10 * kMegabyte;

}  // namespace

Result<QueryCost> CostOf(const Statement& statement, QueryCatalog& catalog, const World& world) {
  QueryCost cost;
  std::string changed;
  if (statement.kind == StatementKind::kDelete || statement.kind == StatementKind::kUpdate ||
      statement.kind == StatementKind::kMerge) {
    SALVOR_TRY(const TableName target, catalog.NameOf(statement.target));
    changed = target.Text();
  }
  for (const Statement::Read& read : statement.reads) {
    SALVOR_TRY(int64_t bytes, catalog.BytesOf(read));
    if (read.identity == changed) {
      SALVOR_TRY(const int64_t rows, catalog.BytesOfRows(read));
      bytes += rows;
    }
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
