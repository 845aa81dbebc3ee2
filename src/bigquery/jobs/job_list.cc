#include "bigquery/jobs/job_list.h"

#include <utility>

namespace salvor::bigquery {
namespace {

// A thousand jobs each. Beside somebody who runs more than that, asking by id is cheaper.
constexpr int kMostPages = 5;

void Note(Job job, ListedJobs& listed) {
  const std::string id = job.ref.id;
  if (job.state != Job::State::kDone) {
    listed.running.insert(id);
  } else if (!job.error && job.copied_rows > 0) {
    listed.copied.insert_or_assign(id, std::move(job));
  } else {
    listed.doubtful.insert(id);
  }
}

}  // namespace

Result<ListedJobs> FindInList(Api& api, const JobSpan& span, const std::string& location,
                              const std::set<std::string>& ids) {
  ListedJobs listed;
  std::set<std::string> unseen = ids;
  std::string page_token;
  for (int page = 0; page < kMostPages && !unseen.empty(); ++page) {
    SALVOR_TRY(JobPage found, api.ListJobs(span, page_token));
    for (Job& job : found.jobs) {
      const bool ours = job.ref.project == span.project && job.ref.location == location;
      if (ours && unseen.erase(job.ref.id) == 1) Note(std::move(job), listed);
    }
    page_token = std::move(found.next);
    if (page_token.empty()) break;
  }
  return listed;
}

}  // namespace salvor::bigquery
