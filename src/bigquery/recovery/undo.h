// undo on BigQuery: one query job, a transaction that asserts that the restored partitions hold
// exactly what apply left there, and takes it out again.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "warehouse/table_writer.h"

namespace salvor::bigquery {

// The borrowed connection must outlive the undoer.
class BigQueryUndoer final : public warehouse::TableUndoer {
 public:
  explicit BigQueryUndoer(const Connection& connection) : connection_(connection) {}

  Result<std::vector<std::string>> Forecast(const model::Plan& plan,
                                            const std::string& plan_digest) override;
  Result<warehouse::RestoreOutcome> TakeBack(const model::Plan& plan,
                                             const std::string& plan_digest) override;

 private:
  const Connection& connection_;
};

}  // namespace salvor::bigquery
