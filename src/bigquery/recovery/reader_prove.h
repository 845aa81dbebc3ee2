// What became of a plan, and rows against rows. Changes nothing; each may be called again.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "model/plan.h"
#include "model/proof.h"
#include "warehouse/table_reader.h"

namespace salvor::bigquery {

// Each as the method of TableReader with its name. kRefused as CheckPins and ReadPlan say.
Result<std::vector<warehouse::Relation>> Relate(const Connection& connection,
                                                const model::Plan& plan,
                                                const std::string& plan_digest,
                                                const std::vector<size_t>& which);
Result<std::optional<warehouse::AppliedState>> FindOperation(const Connection& connection,
                                                             const model::Plan& plan,
                                                             const std::string& plan_digest,
                                                             const std::string& step);
Result<std::optional<warehouse::Applied>> FindApplied(const Connection& connection,
                                                      const model::Plan& plan,
                                                      const std::string& plan_digest);
Result<std::vector<model::PartitionProof>> Prove(const Connection& connection,
                                                 const model::Plan& plan,
                                                 const std::string& plan_digest);
Result<std::vector<std::string>> ChangesSince(const Connection& connection, const model::Plan& plan,
                                              int64_t version);

}  // namespace salvor::bigquery
