// Whether salvor can work on a table from here: asked before anything is lost.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/rest/client.h"
#include "io/clock.h"
#include "warehouse/diagnosis.h"

namespace salvor::bigquery {

using warehouse::Diagnosis;

struct DoctorRequest {
  std::string table;                       // "bigquery:project.dataset.table"
  std::string job_project;                 // empty: the table's project
  std::vector<std::string> jobs_projects;  // --jobs-project
};

// Nothing is billed and nothing is changed: queries are asked for in dry runs only. Only a request
// that makes no sense, or a service that cannot be reached at all, is an error.
Result<std::vector<Diagnosis>> Diagnose(Api& api, const io::Clock& clock,
                                        const DoctorRequest& request);

}  // namespace salvor::bigquery
