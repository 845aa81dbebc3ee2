#include "bigquery/recovery/applied.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "base/strings.h"
#include "bigquery/jobs/job_id.h"
#include "bigquery/jobs/job_list.h"
#include "bigquery/jobs/job_runner.h"
#include "bigquery/jobs/query_budget.h"
#include "bigquery/recovery/apply_marker.h"
#include "bigquery/recovery/attempts.h"
#include "bigquery/recovery/staging_tables.h"
#include "bigquery/recovery/undone.h"
#include "bigquery/rest/parallel_for.h"
#include "bigquery/sql/select_statements.h"

namespace salvor::bigquery {
namespace {

// What two of the service's machines may differ by when they say when a job was made.
constexpr Millis kClocksApart{60'000};

Result<int64_t> CountOf(const std::optional<std::string>& cell) {
  const auto count = ParseInt64(cell.value_or(""));
  if (!count || *count < 0) {
    return Fail(Code::kCorrupt, "a count in a query's answer is no number: " + cell.value_or(""));
  }
  return *count;
}

// The partitions of one private copy against the table's.
Status CompareGroup(const OpenedPlan& opened, const Copy& copy, const std::vector<size_t>& which,
                    std::map<size_t, RowRelation>& found) {
  std::map<std::string, size_t> by_id;
  for (const size_t index : which) {
    by_id[opened.planned.ids[index]] = index;
    found[index] = {};
  }
  SALVOR_TRY(const Comparison comparison,
             ComparisonOf(opened.planned, opened.today, copy.table, which));
  SALVOR_TRY(const std::string sql, RelationStatement(comparison));
  SALVOR_TRY(const QueryAnswer answer,
             RunWithin(opened.connection, sql, opened.plan.pins.location, nlohmann::json::array(),
                       /*estimate=*/true, /*tables=*/2));
  for (const auto& row : answer.rows.rows) {
    const auto at = row.size() == 4 ? by_id.find(row[0].value_or("")) : by_id.end();
    if (at == by_id.end()) {
      return Fail(Code::kCorrupt, "a comparison answers for a partition that was not asked about");
    }
    RowRelation& relation = found[at->second];
    SALVOR_TRY(relation.staged, CountOf(row[1]));
    SALVOR_TRY(relation.present, CountOf(row[2]));
    SALVOR_TRY(relation.common, CountOf(row[3]));
  }
  return Done{};
}

// Thread-safe collection of what the lookups find.
class Finding {
 public:
  void Done(size_t index, const Job& job) {
    const std::lock_guard lock(mutex_);
    written_.jobs.emplace(index, job);
    const Instant ended = job.ended.value_or(job.created);
    written_.last = std::max(written_.last.value_or(ended), ended);
  }
  void Unreadable(size_t index) {
    const std::lock_guard lock(mutex_);
    unreadable_.push_back(index);
  }
  [[nodiscard]] std::vector<size_t> Unread() {
    std::sort(unreadable_.begin(), unreadable_.end());
    return unreadable_;
  }
  Written Take() { return std::move(written_); }

 private:
  std::mutex mutex_;
  Written written_;
  std::vector<size_t> unreadable_;
};

// One part of the step, which wrote the partitions in `indices`.
Status LookUp(const OpenedPlan& opened, const std::string& part, const std::vector<size_t>& indices,
              Finding& finding) {
  auto attempt = LastAttempt(opened.connection, opened.plan, opened.digest, "apply", part);
  if (!attempt) {
    if (attempt.error().code != Code::kPermission) return Fail(std::move(attempt).error());
    for (const size_t index : indices) finding.Unreadable(index);
    return Done{};
  }
  if (!attempt->Succeeded()) return Done{};
  for (const size_t index : indices) finding.Done(index, *attempt->job);
  return Done{};
}

// Notes the copies that the list of jobs shows; the others are to be looked up one by one.
std::vector<size_t> NotListed(const OpenedPlan& opened, const Job& marker,
                              const std::vector<size_t>& indices, Finding& finding) {
  std::map<std::string, size_t> by_job;
  std::set<std::string> ids;
  for (const size_t index : indices) {
    const JobRef ref = JobOf(opened.plan, opened.digest, "apply", opened.planned.ids[index], 1);
    by_job.emplace(ref.id, index);
    ids.insert(ref.id);
  }
  const auto listed =
      FindInList(opened.connection.api,
                 {opened.plan.pins.job_project, marker.created - kClocksApart, std::nullopt},
                 opened.plan.pins.location, ids);
  if (!listed) return indices;
  std::vector<size_t> rest;
  for (const auto& [id, index] : by_job) {
    const auto found = listed->copied.find(id);
    if (found == listed->copied.end()) {
      rest.push_back(index);
    } else {
      finding.Done(index, found->second);
    }
  }
  return rest;
}

// A person who copies by hand may leave the marker out, but not the first copy.
Result<bool> HasFirstCopy(const OpenedPlan& opened) {
  if (opened.planned.ids.empty()) return false;
  const std::string part = opened.planned.ByQuery(0) ? kRowsPart : opened.planned.ids.front();
  auto job = opened.connection.api.GetJob(JobOf(opened.plan, opened.digest, "apply", part, 1));
  if (!job && job.error().code == Code::kPermission) return true;
  if (!job) return Fail(std::move(job).error());
  return job->has_value();
}

Status JudgeUnread(const OpenedPlan& opened, const std::vector<size_t>& unread, Written& written) {
  if (unread.empty()) return Done{};
  SALVOR_TRY(const auto relations, CompareRows(opened, unread));
  for (size_t i = 0; i < unread.size(); ++i) {
    const RowRelation& one = relations[i];
    if (one.staged != one.present || one.common != one.staged) {
      return Fail(Code::kOutcomeUnknown,
                  fmt::format("the job that was to restore partition {} is somebody else's and "
                              "cannot be read, and the partition differs from the private copy",
                              opened.planned.ids[unread[i]]),
                  opened.plan.table.uri,
                  "Run the same command as the person who ran it first, or with bigquery.jobs.get");
    }
    written.done.push_back(unread[i]);
  }
  return Done{};
}

// What is known of each partition, put together.
Result<Written> Judge(const OpenedPlan& opened, Finding& finding) {
  SALVOR_TRY(Undone undone, FindUndone(opened));
  std::vector<size_t> unread = finding.Unread();
  Written written = finding.Take();
  for (const auto& [index, job] : written.jobs) written.done.push_back(index);
  // What undo took back was there: it asserted that.
  std::erase_if(unread, [&](size_t index) {
    const bool taken = std::binary_search(undone.taken.begin(), undone.taken.end(), index);
    if (taken) written.done.push_back(index);
    return taken;
  });
  SALVOR_OK(JudgeUnread(opened, unread, written));
  std::sort(written.done.begin(), written.done.end());
  written.left = NotTaken(written.done, undone.taken);
  written.next_undo = undone.next;
  written.undone = std::move(undone.job);
  return written;
}

}  // namespace

Result<Written> FindWritten(const OpenedPlan& opened) {
  auto marker = FindMarker(opened);
  if (!marker && marker.error().code != Code::kPermission) {
    return Fail(std::move(marker).error());
  }
  if (marker && !*marker) {
    SALVOR_TRY(const bool begun, HasFirstCopy(opened));
    if (!begun) return Written{};
  }
  Finding finding;
  std::vector<size_t> by_query;
  std::vector<size_t> by_copy;
  for (size_t i = 0; i < opened.planned.ids.size(); ++i) {
    (opened.planned.ByQuery(i) ? by_query : by_copy).push_back(i);
  }
  if (!by_query.empty()) {
    SALVOR_OK(LookUp(opened, kRowsPart, by_query, finding));
  }
  if (marker && *marker) {
    by_copy = NotListed(opened, **marker, by_copy, finding);
  }
  SALVOR_OK(ForEach(by_copy.size(), kRequestsInFlight, [&](size_t i) {
    return LookUp(opened, opened.planned.ids[by_copy[i]], {by_copy[i]}, finding);
  }));
  return Judge(opened, finding);
}

Result<Comparison> ComparisonOf(const Planned& planned, const Table& today, const Table& copy,
                                const std::vector<size_t>& which) {
  SALVOR_TRY(PartitionFilter filter, FilterOf(planned, today));
  Comparison comparison{{RowsOf(copy)}, RowsOf(today), std::move(filter), {}};
  for (const size_t index : which) comparison.ids.push_back(planned.ids[index]);
  return comparison;
}

Result<std::vector<RowRelation>> CompareRows(const OpenedPlan& opened,
                                             const std::vector<size_t>& which) {
  SALVOR_TRY(const auto copies, NeedCopies(opened));
  std::map<TableName, std::vector<size_t>> groups;
  for (const size_t index : which) groups[opened.planned.CopyOf(index)].push_back(index);
  std::map<size_t, RowRelation> found;
  for (const auto& [name, indices] : groups) {
    SALVOR_OK(CompareGroup(opened, CopyAt(copies, name), indices, found));
  }
  std::vector<RowRelation> relations;
  relations.reserve(which.size());
  for (const size_t index : which) relations.push_back(found[index]);
  return relations;
}

}  // namespace salvor::bigquery
