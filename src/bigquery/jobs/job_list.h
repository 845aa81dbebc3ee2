// Many jobs by few requests: what the service's list of the caller's own jobs tells of them. Only
// good news is believed: of a job that the list does not show as done and well, or not at all, the
// caller asks by its id.
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/result.h"
#include "bigquery/rest/client.h"

namespace salvor::bigquery {

// By job id. An id that is in none of these was not shown.
struct ListedJobs {
  std::map<std::string, Job> copied;  // done without an error, and rows were copied
  std::set<std::string> running;
  std::set<std::string> doubtful;  // done in another way, or the list tells too little
};

// Of `ids` (in one project and location), those that the list shows. Reads page by page until all
// are seen, and no more than a few pages. Errors as Api::ListJobs; kPermission where the caller may
// not list jobs.
Result<ListedJobs> FindInList(Api& api, const JobSpan& span, const std::string& location,
                              const std::set<std::string>& ids);

}  // namespace salvor::bigquery
