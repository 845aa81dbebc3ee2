// Runbook step 2 on BigQuery: partition by partition, each atomic by itself. A whole empty
// partition comes back by a copy job staging$P -> table$P that the service refuses if the partition
// has data; everything else by one query job with a transaction (apply_transaction.h). All job ids
// follow from the plan, so that whatever was started is found again and never started twice.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "warehouse/table_writer.h"

namespace salvor::bigquery {

// The borrowed connection must outlive the writer.
class BigQueryWriter final : public warehouse::TableWriter {
 public:
  explicit BigQueryWriter(const Connection& connection) : connection_(connection) {}

  Result<std::vector<std::string>> Forecast(const model::Plan& plan,
                                            const std::string& plan_digest) override;
  Result<warehouse::RestoreOutcome> Restore(
      const model::Plan& plan, const std::string& plan_digest,
      const std::vector<warehouse::RestoreStep>& steps) override;

 private:
  const Connection& connection_;
};

}  // namespace salvor::bigquery
