// What the program does for BigQuery tables beyond the seam: the row of cli/engines.h calls it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "warehouse/diagnosis.h"
#include "workspace/bigquery_service.h"
#include "workspace/engines.h"

namespace salvor::workspace {

// Of one workspace, whose way to BigQuery it makes when that is first needed.
class BigQueryTables {
 public:
  // As the flags, salvor.yaml and, of a plan that is carried out, its pins say. kRefused if the
  // plan pins another service or project than the environment and the flags name.
  Result<std::unique_ptr<warehouse::Engine>> Open(Workspace& workspace, const std::string& address,
                                                  const EngineFlags& flags);
  // As its answers told it.
  Result<Instant> Now(Workspace& workspace);
  Result<std::string> Principal(Workspace& workspace);
  Result<std::vector<warehouse::Diagnosis>> Diagnose(Workspace& workspace,
                                                     const std::string& address);

 private:
  Result<BigQueryService*> Service(const Workspace& workspace);

  std::unique_ptr<BigQueryService> service_;
};

// kInvalidArgument where no dataset is named: who can read the copy is for a person to decide.
Result<std::string> StagingDataset(const StagingChoice& choice);

// A warehouse that salvor.yaml says is elsewhere is not the one that was meant.
Status CheckLocation(Workspace& workspace, const model::Plan& plan);

}  // namespace salvor::workspace
