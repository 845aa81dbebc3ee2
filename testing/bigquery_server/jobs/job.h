// Jobs: ids that stay taken, per project and location, and how far each one is.
// Source: rest/v2/Job, bigquery/docs/running-jobs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "testing/bigquery_server/googlesql.h"
#include "testing/bigquery_server/json_value.h"

namespace salvor::testing::bigquery {

// What a SELECT gave: rows as REST writes them ({"f": [{"v": ...}]}), timestamps in microseconds.
struct ResultSet {
  std::vector<Field> fields;
  std::vector<Json> rows;
};

struct Job {
  std::string project;
  std::string location;
  std::string id;
  std::string principal;
  Json configuration = Json::object();
  std::string kind;        // "query", "copy", "load"
  std::string load_bytes;  // what was uploaded
  int64_t created_ms = 0;
  int64_t ends_ms = 0;   // when its effect happens
  int64_t sequence = 0;  // in the order of insertion
  bool done = false;
  std::optional<Error> error = {};
  Json statistics = Json::object();  // of its kind and in common, but for the times
  std::shared_ptr<const ResultSet> result = {};
  std::string parent_id = {};
  int64_t child_count = 0;

  [[nodiscard]] std::string Text() const { return project + ":" + location + "." + id; }
  [[nodiscard]] Json Reference() const {
    return {{"projectId", project}, {"jobId", id}, {"location", location}};
  }
  // PENDING, RUNNING, DONE.
  [[nodiscard]] std::string StateAt(int64_t now_ms) const;
  // What an error of this job is called that has no reason of its own.
  [[nodiscard]] std::string OtherReason() const;
  // The REST resource; `full` with the configuration.
  [[nodiscard]] Json Resource(int64_t now_ms) const;
};

class JobLedger {
 public:
  // duplicate (409) for an id that is taken. The pointer stays good.
  Result<Job*> Add(Job job);
  // Without a location only the multi-regions US and EU are looked through. notFound (404).
  Result<Job*> Find(const std::string& project, const std::string& location, const std::string& id);
  // Takes the job whose effect is due first, at or before `now_ms`, off the list of what is to be
  // done; nullptr if there is none.
  Job* TakeDue(int64_t now_ms);
  [[nodiscard]] bool Empty() const { return jobs_.empty(); }
  // Newest first.
  std::vector<const Job*> Of(const std::string& project) const;
  // Makes the id of a failed job free again (a silence).
  void Forget(const Job& job);

 private:
  using Key = std::tuple<std::string, std::string, std::string>;
  std::map<Key, Job> jobs_;
  std::map<std::pair<int64_t, int64_t>, Job*> pending_;  // by end, then sequence
  int64_t next_sequence_ = 1;
};

// "us" -> "US", "Europe-West1" -> "europe-west1".
std::string CanonicalLocation(const std::string& location);
// 400 unless it is [A-Za-z0-9_-]{1,1024}.
Status CheckJobId(const std::string& id);

}  // namespace salvor::testing::bigquery
