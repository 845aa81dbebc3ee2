#include "bigquery/history/overwrites.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "bigquery/history/write_dispositions.h"
#include "bigquery/rest/partition_id.h"

namespace salvor::bigquery {
namespace {

// A table that is written by many jobs a day is not asked about all of them.
constexpr size_t kMostAsked = 50;
constexpr size_t kMostNamed = 3;

int64_t RowsAt(const Timeline& timeline, int64_t at) {
  const auto after = timeline.upper_bound(at);
  return after == timeline.begin() ? 0 : std::prev(after)->second.rows;
}

class Overwrites {
 public:
  Overwrites(const Table& table, const Timelines& timelines, const std::vector<Drop>& drops)
      : table_(table), timelines_(timelines), drops_(drops) {}

  // There were rows that it may have replaced, there are rows now, and none was missed meanwhile.
  [[nodiscard]] bool MayBe(const TableJob& job) const {
    if (job.BySalvor() || !job.PutsRows() || job.writes == Writes::kAdds) return false;
    if (job.writes == Writes::kByItsName) return false;
    return std::any_of(timelines_.begin(), timelines_.end(), [&](const auto& one) {
      const auto& [id, timeline] = one;
      if (!job.partition.empty() && job.partition != id) return false;
      return RowsAt(timeline, MillisOf(job.started) - 1) > 0 &&
             timeline.rbegin()->second.rows > 0 && !LostRowsTo(job, id);
    });
  }

  [[nodiscard]] std::string Name(const TableJob& job) const {
    std::string where = job.partition;
    if (const auto key = KeyOfPartition(table_, job.partition); key && !where.empty()) {
      where = model::FormatKey(PartitionColumnsOf(table_), *key);
    }
    return fmt::format("{} by {} over {} at {}", job.operation,
                       job.user.empty() ? "somebody" : job.user,
                       where.empty() ? "the whole table" : where, FormatInstant(job.ended));
  }

 private:
  [[nodiscard]] bool LostRowsTo(const TableJob& job, const std::string& id) const {
    return std::any_of(drops_.begin(), drops_.end(), [&](const Drop& drop) {
      return drop.id == id && drop.end >= MillisOf(job.started) &&
             drop.begin <= MillisOf(job.ended);
    });
  }

  const Table& table_;
  const Timelines& timelines_;
  const std::vector<Drop>& drops_;
};

}  // namespace

Result<std::string> NoteOfOverwrites(const Connection& connection, const Table& table,
                                     const Timelines& timelines, const std::vector<Drop>& drops,
                                     TableJobs& jobs, int64_t& requests) {
  const Overwrites overwrites(table, timelines, drops);
  std::vector<TableJob*> doubtful;
  for (auto job = jobs.jobs.rbegin(); job != jobs.jobs.rend(); ++job) {
    if (job->writes != Writes::kUntold || !overwrites.MayBe(*job)) continue;
    if (doubtful.size() < kMostAsked) doubtful.push_back(&*job);
  }
  SALVOR_OK(AskHowTheyWrote(connection, table.location, doubtful));
  requests += static_cast<int64_t>(doubtful.size());
  std::vector<const TableJob*> found;
  for (const TableJob& job : jobs.jobs) {
    if (job.writes == Writes::kReplaces && overwrites.MayBe(job)) found.push_back(&job);
  }
  if (found.empty()) return std::string();
  std::string names;
  for (size_t i = 0; i < std::min(found.size(), kMostNamed); ++i) {
    names += (names.empty() ? "" : "; ") + overwrites.Name(*found[found.size() - 1 - i]);
  }
  if (found.size() > kMostNamed) names += fmt::format("; and {} more", found.size() - kMostNamed);
  return fmt::format(
      "{} overwrote rows and left no fewer ({}): whether they are the same rows, counts do not "
      "tell. To bring back what was there, delete what is wrong, then salvor plan --as-of {} "
      "--partitions ...",
      Plural(static_cast<int64_t>(found.size()), "job"), names,
      FormatInstant(found.back()->started - Millis(1)));
}

}  // namespace salvor::bigquery
