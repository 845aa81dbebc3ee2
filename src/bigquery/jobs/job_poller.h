// Waits for many copy jobs of one project at once, with few requests: one list answers for all of
// them. Where jobs may not be listed, or the list does not show one, that job is asked for by its
// id, first when the jobs before it say that it should be done.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/jobs/job_list.h"
#include "bigquery/rest/client.h"
#include "io/clock.h"

namespace salvor::bigquery {

// Thread-safe: each job is awaited by a thread of its own, and one of these looks for all.
class JobWatch {
 public:
  // The borrowed arguments outlive the watch.
  JobWatch(Api& api, const io::Clock& clock, std::string project, std::string location);

  // Returns when the job is done; the caller reads `error`. `job` is as its insertion was answered,
  // with its whole reference. kOutcomeUnknown if the service can no longer be asked about it.
  Result<Job> Await(Job job);

 private:
  struct Waiting {
    JobRef ref;
    Instant created;   // by the service's clock
    Instant since;     // by this machine's
    int unlisted = 0;  // lists that did not show it, since it was due
    bool by_id = false;
    std::optional<Job> done = {};
  };

  // Sleeps until a job may be done, then reads the list. Without the lock.
  void Look();
  // With the lock, as all that follow.
  [[nodiscard]] Instant NextLook() const;
  [[nodiscard]] Instant DueOf(const Waiting& one) const;
  [[nodiscard]] JobSpan SpanOfAll() const;
  void Take(Result<ListedJobs> listed, const std::set<std::string>& asked);
  void Learn(const Job& job);

  // Without the lock.
  Result<Job> AskById(const Waiting& mine);
  Result<Job> Poll(const Waiting& mine, Millis first_wait);

  Api& api_;
  const io::Clock& clock_;
  const std::string project_;
  const std::string location_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Waiting> waiting_;
  bool looking_ = false;      // a thread is in Look
  bool scouting_ = false;     // a thread finds out how long a job takes
  bool list_answers_ = true;  // until it does not
  Instant last_look_{};
  std::optional<Millis> usual_;  // how long a job takes, by those that were done
};

}  // namespace salvor::bigquery
