// The statement that makes a deleted table again, as a definition describes it. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/rest/client.h"

namespace salvor::bigquery {

struct CreateStatement {
  std::string sql;
  // What the definition has and the statement leaves out, a line each, for a person to set: parts
  // that are GoogleSQL themselves (defaults), and parts that salvor knows no clause for.
  std::vector<std::string> left_out;
};

// CREATE TABLE IF NOT EXISTS with columns, partitions, clusters and options of `defined`, without
// its expirations
// ("CREATE TABLE statement", "column_schema", "table_option_list"). kUnsupported for a column of a
// type that salvor cannot name.
Result<CreateStatement> CreateTableStatement(const Table& defined);

// Lifts what a dataset's defaults gave a new table, so that nothing expires in it.
std::string LiftExpirationsStatement(const Table& defined);

}  // namespace salvor::bigquery
