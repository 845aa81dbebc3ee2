// The past by a query over the partition column: for services that do not answer about a
// partition at an instant. Costs, and says so before.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/history/time_travel.h"
#include "bigquery/jobs/connection.h"

namespace salvor::bigquery {

class QueryPast final : public Past {
 public:
  // The borrowed arguments must outlive it.
  QueryPast(const Connection& connection, const Table& table)
      : connection_(connection), table_(table) {}

  Result<model::Tally> At(const std::string& id, int64_t at) override;
  std::vector<std::string> IdsAt(int64_t at) override;
  [[nodiscard]] bool Costs() const override { return true; }
  [[nodiscard]] int64_t Asked() const override;

 private:
  using Counts = std::map<std::string, model::Tally>;  // "" is the whole table
  Result<Counts> Count(int64_t at);

  const Connection& connection_;
  const Table& table_;
  mutable std::mutex mutex_;
  std::map<int64_t, Counts> known_;
};

// SELECT partition_id, row_count … FOR SYSTEM_TIME AS OF …: reads the partition column only.
Result<std::string> CountsAtStatement(const Table& table, Instant at);

}  // namespace salvor::bigquery
