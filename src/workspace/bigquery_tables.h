// What the program does for BigQuery tables beyond the seam: the row of cli/engines.h calls it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/bigquery_service.h"
#include "cli/engines.h"
#include "warehouse/diagnosis.h"

namespace salvor::cli {

// Of one session, whose way to BigQuery it makes when that is first needed.
class BigQueryTables {
 public:
  // As the flags, salvor.yaml and, of a plan that is carried out, its pins say. kRefused if the
  // plan pins another service or project than the environment and the flags name.
  Result<std::unique_ptr<warehouse::Engine>> Open(Session& session, const std::string& address,
                                                  const TableWishes& wishes);
  // As its answers told it.
  Result<Instant> Now(Session& session);
  Result<std::string> Principal(Session& session);
  Result<std::vector<warehouse::Diagnosis>> Diagnose(Session& session, const std::string& address);

 private:
  Result<BigQueryService*> Service(const Session& session);

  std::unique_ptr<BigQueryService> service_;
};

// kInvalidArgument where no dataset is named: who can read the copy is for a person to decide.
Result<std::string> StagingDataset(const StagingWish& wish);

// A warehouse that salvor.yaml says is elsewhere is not the one that was meant.
Status CheckLocation(Session& session, const model::Plan& plan);

}  // namespace salvor::cli
